"""The widget's transport in Chromium with a server that is cut at every step: each message exactly once, in order, on both sides.

The server is ours, inside the page (``cuts/server.js``), so that a cut happens at exactly the named step; time runs forty times
faster for the code under test. The real product is cut in ``tests/e2e`` and by ``make soak``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, sync_playwright

from tests.e2e.browser import ARGUMENTS, chromium

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
LINES = ["1", "2", "3", "4", "5", "6"]
STORY = ["welcome", *(part for line in LINES for part in (line, f"{line}-a", f"{line}-b"))]

# Where the line is cut, and how often: before and after the server has stored, and in every state of socket and poll.
CUTS: list[dict[str, int]] = [
    {},
    {"open.before": 2},
    {"open.500": 2},
    {"open.portal": 1},
    {"send.before": 1},
    {"send.before": 3},
    {"send.after": 1},
    {"send.after": 3},
    {"send.hang": 1},
    {"send.500": 3},
    {"send.busy": 2},
    {"send.portal": 2},
    {"send.notfound": 2},
    {"send.before": 2, "send.after": 2},
    {"socket.connect": 4},
    {"socket.stuck": 1},
    {"socket.hello": 3},
    {"ready.before": 3},
    {"push.own": 3},
    {"push.never": 2},
    {"push.twice": 3},
    {"push.late": 1},
    {"push.swallowed": 1},
    {"reply.middle": 3},
    {"reply.middle": 3, "poll.before": 6, "catchup": 2},
    {"reply.middle": 2, "poll.before": 6, "catchup": 1, "send.after": 2},
    {"reply.restart": 1},
    {"receipt": 3},
    {"push.late": 4, "fill.before": 1},
    {"push.late": 4, "fill.after": 1},
    {"push.late": 4, "fill.portal": 1},
    {"no socket": 1},
    {"no socket": 1, "poll.before": 3},
    {"no socket": 1, "poll.after": 3},
    {"no socket": 1, "poll.500": 2},
    {"no socket": 1, "poll.portal": 2},
    {"no socket": 1, "poll.busy": 2},
    {"no socket": 1, "poll.after": 2, "send.after": 2},
    {"no socket": 1, "reply.restart": 1},
    {"reply.restart": 1, "socket.connect": 2, "poll.before": 1},
]


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    """An empty page of a shop with the transport loaded; nothing leaves the machine."""

    def serve(route: Route) -> None:
        path = route.request.url.removeprefix("http://shop.test").partition("?")[0]
        folder = ROOT / "gateway" if path.startswith("/static/") else ROOT / "tests" / "gateway" / "cuts"
        file = folder / path.lstrip("/")
        if path == "/":
            route.fulfill(body="<!doctype html><title>shop</title>", content_type="text/html")
        elif file.is_file():
            route.fulfill(body=file.read_text("utf-8"), content_type="text/javascript")
        else:
            route.fulfill(status=404)

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        opened = browser.new_page()
        opened.route("**/*", serve)
        opened.goto("http://shop.test/")
        opened.evaluate("async () => { globalThis.cases = await import('/cases.js'); }")
        yield opened
        browser.close()


def run(page: Page, case: str, *arguments: Any) -> dict[str, Any]:
    page.evaluate("localStorage.clear()")
    told: dict[str, Any] = page.evaluate("([name, given]) => globalThis.cases[name](...given)", [case, list(arguments)])
    return told


def whole(told: dict[str, Any], story: list[str] | None = None) -> None:
    """Both sides have the same messages, once, in order, and each was told of once; nothing is left to send."""
    story = STORY if story is None else story
    assert sorted(told["server"]) == sorted(story)
    asked = [text for text in told["server"] if "-" not in text]
    assert asked == [text for text in story if "-" not in text], "what was said first is first"
    for client in told["clients"]:
        assert client["shown"] == told["server"]
        assert client["told"] == list(range(1, len(story) + 1))
        assert client["waiting"] == []


@pytest.mark.parametrize("cuts", CUTS, ids=lambda cuts: " ".join(f"{step}×{times}" for step, times in cuts.items()) or "nothing")
def test_a_line_that_is_cut_loses_doubles_and_disorders_nothing(page: Page, cuts: dict[str, int]) -> None:
    told = run(page, "talk", cuts, {"wake": "send.busy" in cuts})
    whole(told)
    steps = set(cuts) - {"no socket"}
    assert {step for step in steps if told["done"].get(step)} == steps, "the line was cut where it should be"
    # A lost answer to the very first request leaves an empty talk behind, which nobody sees.
    assert told["talks"] == 1


@pytest.mark.parametrize(
    "cuts", [{}, {"send.after": 3}, {"reply.middle": 3}, {"send.before": 4}, {"no socket": 1, "poll.after": 2}], ids=str
)
def test_two_tabs_show_the_same_once_and_in_order(page: Page, cuts: dict[str, int]) -> None:
    whole(run(page, "tabs", cuts))


@pytest.mark.parametrize(
    "cuts", [{}, {"send.after": 1}, {"send.before": 2}, {"history.before": 2}, {"history.after": 1, "send.after": 2}], ids=str
)
@pytest.mark.parametrize("offline", [False, True], ids=["online", "offline"])
def test_a_reload_with_a_full_outbox_loses_nothing(page: Page, cuts: dict[str, int], offline: bool) -> None:
    whole(run(page, "reload", cuts, {"offline": offline}))


def test_what_is_said_before_there_is_a_talk_and_a_network_is_said_when_there_is(page: Page) -> None:
    told = run(page, "offlineFirst")
    assert set(told["states"]) == {"sending"}
    whole(told)


@pytest.mark.parametrize("wake", [True, False], ids=["page seen", "heart beat alone"])
def test_a_line_that_died_in_the_sleep_is_noticed(page: Page, wake: bool) -> None:
    told = run(page, "asleep", wake)
    whole(told, ["welcome", *STORY[1:7]])
    # Real seconds are forty times as many: 5 s with a sign, 25 s with none.
    assert told["took"] < (600 if wake else 1800)


def test_a_clock_that_jumps_changes_no_order(page: Page) -> None:
    whole(run(page, "clock"))


@pytest.mark.parametrize("how", ["socket", "request"])
def test_another_protocol_stops_the_line_and_keeps_draft_and_outbox(page: Page, how: str) -> None:
    told = run(page, "upgrade", how)
    assert told["told"] == 1
    assert told["outdated"] is True
    assert told["later"] == 0
    assert told["draft"] == "half a line"
    assert told["online"] is False
    assert told["waiting"][-1] == "unsent too"


def test_unsent_lines_and_the_draft_go_on_in_the_next_talk(page: Page) -> None:
    told = run(page, "gone")
    assert sorted(told["server"]) == sorted(["welcome", "1", "1-a", "1-b", "a button", "a button-a", "a button-b"])
    assert told["server"].index("1") < told["server"].index("a button")
    assert told["draft"] == "half a line"
    # A photo belongs to the talk it was uploaded to: it stays and says so.
    assert told["clients"][0]["waiting"] == [[None, "failed", True]]


def test_a_refused_line_stops_no_other_and_is_a_new_line_when_asked_again(page: Page) -> None:
    told = run(page, "refused")
    assert [text for text in told["server"] if "-" not in text] == ["welcome", "1", "2"]
    assert told["clients"][0]["waiting"] == [["refuse me", "failed", True]]
    assert told["state"] == ["failed", True, 1]
    assert told["left"] == 0


@pytest.mark.parametrize("by_hand", [True, False], ids=["by hand", "by itself"])
def test_a_line_that_fails_often_is_shown_as_failed_and_still_delivered_once(page: Page, by_hand: bool) -> None:
    told = run(page, "failing", by_hand)
    assert told["shown"] == ["failed", False, "failed"]
    whole(told, ["welcome", "1", "1-a", "1-b"])


@pytest.mark.parametrize("how", ["forbidden", "emptied"])
def test_storage_that_keeps_nothing_costs_nothing_while_the_page_lives(page: Page, how: str) -> None:
    whole(run(page, "storage", how))


def test_a_cut_upload_can_be_tried_again_and_keeps_its_place(page: Page) -> None:
    told = run(page, "upload")
    assert told["failures"] == 2
    whole(told, ["welcome", *(part for line in ("1", "2", "photo") for part in (line, f"{line}-a", f"{line}-b"))])


def test_a_line_is_being_sent_then_sent_then_read_and_so_are_the_answers(page: Page) -> None:
    told = run(page, "receipts")
    assert set(told["seen"]) == {"sending", "sent", "read"}
    assert told["shopper"] == 4
    assert told["unread"] == 0


def test_a_poll_that_a_socket_has_overtaken_tells_no_older_owner(page: Page) -> None:
    told = run(page, "overtaken", {"socket.connect": 1, "poll.slow": 1})
    assert told["done"] == {"socket.connect": 1, "poll.slow": 1}
    assert told["owner"] == "agent"


def test_the_end_of_a_turn_is_known_though_its_message_is_still_being_fetched(page: Page) -> None:
    told = run(page, "overtaken", {"fill.slow": 1})
    assert told["done"] == {"fill.slow": 1}
    assert told["states"] == [None, None, "answered", None, None]
