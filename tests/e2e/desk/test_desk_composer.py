"""The composer: drafts that outlive everything, a wording check with better words one key away, gaps, and honest failure to send."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.desk.conftest import Desk
from tests.e2e.desk.steps import digit, draft, offers, open_talk, said, say, suggest_by_question
from tests.e2e.test_widget_accessible import serious

pytestmark = pytest.mark.browser

MATCHES = {
    "yf": {
        "id": "x1",
        "title": "运费",
        "folder": None,
        "code": "yf",
        "text": "这单不收运费。",
        "missing": [],
        "image": None,
        "why": "code",
    },
    "wl": {
        "id": "x2",
        "title": "物流",
        "folder": None,
        "code": None,
        "text": "快递单号是{运单号}，{时间}前送到。",
        "missing": ["运单号", "时间"],
        "image": None,
    },
}


def library(page: Page) -> None:
    """A library of two scripts: by code or initials, else by content."""

    def match(route: Route) -> None:
        typed = route.request.url.partition("q=")[2].partition("&")[0].replace("%2F", "")
        found: list[Any] = [one for key, one in MATCHES.items() if typed and key.startswith(typed)] or (
            [MATCHES["yf"]] if "%E8%BF%90%E8%B4%B9" in typed else []
        )
        route.fulfill(status=200, content_type="application/json", body=json.dumps({"matches": found}))

    page.route("**/scripts/match*", match)
    page.route("**/scripts/*/uses", lambda route: route.fulfill(status=204))


def at_work(desk: Desk, question: str = "M码有货吗") -> tuple[Page, Any]:
    """An agent with one talk of theirs open, and its shopper."""
    suggest_by_question(desk)
    shopper = desk.waiting("c05", question)
    page = desk.agent()
    library(page)
    open_talk(page, shopper.id)
    say(page, "您好，我是客服。")
    said(shopper, "您好，我是客服。")
    return page, shopper


def unsent(page: Page) -> Any:
    return page.locator("#composer .unsent")


class TestDrafts:
    def test_each_talk_has_its_own_over_a_change_and_a_reload(self, desk: Desk) -> None:
        suggest_by_question(desk)
        first, second = desk.waiting("c05", "M码有货吗"), desk.waiting("c03", "发货了吗")
        page = desk.agent()
        open_talk(page, first.id)
        draft(page).fill("给第一位的话")
        open_talk(page, second.id)
        expect(draft(page)).to_have_value("")
        draft(page).fill("给第二位的话")
        open_talk(page, first.id)
        expect(draft(page)).to_have_value("给第一位的话")
        page.reload()
        expect(page.locator("body[data-ready=yes]")).to_be_attached(timeout=20_000)
        expect(draft(page)).to_have_value("给第一位的话", timeout=15_000)
        open_talk(page, second.id)
        expect(draft(page)).to_have_value("给第二位的话")
        assert "给第一位的话" not in first.texts()

    def test_what_is_sent_from_a_suggestion_counts_after_a_reload_too(self, desk: Desk) -> None:
        page, shopper = at_work(desk)
        shopper.ask("什么时候发货")
        expect(offers(page).first).to_contain_text("答：什么时候发货")
        page.keyboard.press("Alt+Shift+1")
        page.keyboard.type("，谢谢。")
        page.reload()
        expect(draft(page)).to_have_value("答：什么时候发货，谢谢。", timeout=20_000)
        expect(draft(page)).to_be_focused()
        with page.expect_response("**/messages") as answer:
            page.keyboard.press("Enter")
        assert answer.value.json()["outcome"] == "edited"
        said(shopper, "答：什么时候发货，谢谢。")


class TestTyping:
    def test_shift_enter_is_a_line_and_an_input_method_keeps_its_enter(self, desk: Desk) -> None:
        page, shopper = at_work(desk)
        draft(page).click()
        page.keyboard.type("您好")
        page.keyboard.press("Shift+Enter")
        page.keyboard.type("裙子有货")
        # The Enter that chooses a word of an input method, as Chromium and as Safari tell it.
        press = """([name, more]) => document.activeElement.dispatchEvent(
            new KeyboardEvent("keydown", {key: name, bubbles: true, cancelable: true, ...more}))"""
        for more in ({"isComposing": True, "keyCode": 13}, {"keyCode": 229}):
            page.evaluate(press, ["Enter", {"code": "Enter", **more}])
            page.evaluate(press, ["1", {"code": "Digit1", "altKey": True, **more, "isComposing": True}])
        expect(draft(page)).to_have_value("您好\n裙子有货")
        page.keyboard.press("Enter")
        said(shopper, "您好\n裙子有货")

    def test_scripts_come_by_code_initials_and_words_and_the_draft_stays(self, desk: Desk) -> None:
        page, _ = at_work(desk)
        options = page.locator("#matches [role=option]")
        draft(page).click()
        page.keyboard.type("您好！/yf")
        expect(options).to_have_count(1)
        expect(draft(page)).to_have_attribute("aria-activedescendant", "match-0")
        page.keyboard.press("Enter")
        expect(draft(page)).to_have_value("您好！\n\n这单不收运费。")
        page.keyboard.type("运费")
        expect(options.first).to_contain_text("这单不收运费。")
        page.keyboard.press("Tab")
        expect(draft(page)).to_have_value("您好！\n\n这单不收运费。运费\n\n这单不收运费。")
        page.keyboard.press("Control+z")
        expect(draft(page)).to_have_value("您好！\n\n这单不收运费。运费")
        # Escape closes the list first, then it leaves the field.
        expect(options).to_have_count(1)
        page.keyboard.press("Escape")
        expect(options).to_have_count(0)
        expect(draft(page)).to_be_focused()
        page.keyboard.press("Escape")
        expect(draft(page)).not_to_be_focused()

    def test_a_short_code_that_looks_for_a_script_is_no_draft_to_judge(self, desk: Desk) -> None:
        page, _ = at_work(desk)
        judged: list[str] = []
        page.on("request", lambda request: judged.append(str(request.post_data)) if request.url.endswith("/wording") else None)
        draft(page).click()
        page.keyboard.type("/")
        page.wait_for_timeout(600)
        page.keyboard.type("yf")
        expect(page.locator("#matches [role=option]")).to_have_count(1)
        page.wait_for_timeout(600)
        assert judged == []
        page.keyboard.press("Escape")
        page.keyboard.type(" 全网最低价")
        expect(page.locator("#composer .findings li").first).to_be_visible()

    def test_a_missing_value_is_a_gap_that_is_never_sent(self, desk: Desk) -> None:
        page, shopper = at_work(desk)
        before = len(shopper.texts())
        draft(page).click()
        page.keyboard.type("wl")
        expect(page.locator("#matches")).to_contain_text("缺 2 项")
        page.keyboard.press("Tab")
        expect(page.locator(".mirror .gap")).to_have_count(2)
        page.keyboard.press("Enter")
        expect(page.locator("#toasts")).to_contain_text("还缺 {运单号} {时间}")
        assert len(shopper.texts()) == before
        # The gap is selected: typing fills it, Alt+G goes to the next one.
        page.keyboard.type("SF100200300")
        page.keyboard.press("Alt+g")
        page.keyboard.type("明天18:00")
        expect(page.locator(".mirror .gap")).to_have_count(0)
        page.keyboard.press("Enter")
        said(shopper, "快递单号是SF100200300，明天18:00前送到。")
        send = """async (talk) => {
          const { csrf } = await (await fetch("/api/v1/staff/me")).json();
          const headers = { "Content-Type": "application/json", "X-CSRF-Token": csrf };
          const body = JSON.stringify({ client_id: crypto.randomUUID(), text: "单号{运单号}", confirmed: true });
          return (await fetch(`/api/v1/staff/talks/${talk}/messages`, { method: "POST", headers, body })).json();
        }"""
        answer = page.evaluate(send, shopper.id)
        assert (answer["type"], answer["missing"]) == ("urn:xiaoer:problem:gap", ["运单号"]), "the server sends none either"

    def test_another_tone_and_back(self, desk: Desk) -> None:
        page, _ = at_work(desk)
        draft(page).fill("亲，这款有货")
        page.keyboard.press("Alt+t")
        expect(draft(page)).to_have_value("您好，这款有货")
        page.keyboard.press("Alt+t")
        expect(draft(page)).to_have_value("亲，这款有货")


class TestGuard:
    def test_marks_and_better_words_one_key_away(self, desk: Desk) -> None:
        page, _ = at_work(desk)
        draft(page).click()
        page.keyboard.type("这是全网最低价。你看看")
        expect(page.locator(".mirror .block")).to_have_text(["这是全网最低"])
        expect(page.locator("#composer .findings li")).to_have_count(2)
        page.keyboard.press("Alt+r")
        expect(draft(page)).to_have_value("这是我权限内、当前活动下的全部优惠。你看看")
        expect(page.locator("#composer .findings li")).to_have_count(1)
        page.keyboard.press("Alt+r")
        expect(draft(page)).to_have_value("这是我权限内、当前活动下的全部优惠。您看看")
        expect(page.locator("#composer .findings li")).to_have_count(0)
        page.keyboard.press("Control+z")
        expect(draft(page)).to_have_value("这是我权限内、当前活动下的全部优惠。你看看")

    def test_a_serious_finding_asks_once_and_is_recorded(self, desk: Desk) -> None:
        page, shopper = at_work(desk)
        say(page, "这是全网最低价")
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("全网最低价")
        assert serious(page, "dialog") == []
        page.keyboard.press("Escape")
        expect(draft(page)).to_have_value("这是全网最低价")
        assert "这是全网最低价" not in shopper.texts()
        page.keyboard.press("Enter")
        expect(dialog).to_be_visible()
        # Enter takes the better words.
        page.keyboard.press("Enter")
        expect(draft(page)).to_have_value("这是我权限内、当前活动下的全部优惠。")
        draft(page).fill("这是全网最低价")
        page.keyboard.press("Enter")
        expect(dialog).to_be_visible()
        page.keyboard.press("s")
        said(shopper, "这是全网最低价")
        # The shopper has the words first; then it is written down.
        deeds = desk.shell.services.deeds
        desk.until(lambda: any(deed.kind == "wording_overruled" for deed in deeds.of_talk(shopper.id)))
        assert [deed.kind for deed in deeds.of_talk(shopper.id)].count("wording_overruled") == 1

    def test_what_was_suggested_covers_a_promise_and_goes_without_a_question(self, desk: Desk) -> None:
        page, shopper = at_work(desk)
        suggest_by_question(desk, "明天一定给您发出，你放心。")
        shopper.ask("什么时候发货")
        expect(offers(page).first).to_contain_text("明天一定给您发出")
        page.keyboard.press("Escape")
        digit(page, "1")
        said(shopper, "明天一定给您发出，你放心。")


class TestSending:
    def test_a_failure_stays_until_the_message_is_stored_and_nothing_is_said_twice(self, desk: Desk) -> None:
        page, shopper = at_work(desk)
        page.route("**/talks/*/messages", lambda route: route.abort())
        say(page, "第一句")
        expect(unsent(page)).to_contain_text("没有送出")
        expect(draft(page)).to_have_value("")
        say(page, "第二句")
        # The server has it and the answer is lost: trying again must not say it twice.
        lost: list[int] = []

        def lose(route: Route) -> None:
            if not lost:
                route.fetch()
                lost.append(1)
                route.abort()
            else:
                route.continue_()

        page.unroute("**/talks/*/messages")
        page.route("**/talks/*/messages", lose)
        page.get_by_role("button", name="重发").first.click()
        expect(page.locator("#composer .outbox li")).to_have_count(0, timeout=20_000)
        said(shopper, "第一句")
        said(shopper, "第二句")
        texts = shopper.texts()
        assert texts.index("第一句") < texts.index("第二句")

    def test_it_is_tried_again_by_itself_and_survives_a_reload(self, desk: Desk) -> None:
        page, shopper = at_work(desk)
        page.route("**/talks/*/messages", lambda route: route.fulfill(status=503, content_type="application/problem+json", body="{}"))
        say(page, "会自己再发")
        expect(unsent(page)).to_contain_text("会自动再试")
        page.unroute("**/talks/*/messages")
        expect(unsent(page)).to_have_count(0, timeout=20_000)
        said(shopper, "会自己再发")
        page.route("**/talks/*/messages", lambda route: route.abort())
        say(page, "刷新之前的话")
        expect(unsent(page)).to_contain_text("没有送出")
        page.reload()
        expect(unsent(page)).to_contain_text("刷新前没有送出", timeout=20_000)
        assert "刷新之前的话" not in shopper.texts()
        page.unroute("**/talks/*/messages")
        page.get_by_role("button", name="放回输入框").click()
        expect(draft(page)).to_have_value("刷新之前的话")
        page.keyboard.press("Enter")
        said(shopper, "刷新之前的话")

    def test_words_for_a_talk_that_somebody_else_has_are_not_lost(self, desk: Desk) -> None:
        page, shopper = at_work(desk)
        lead = desk.agent("lead", "supervisor")
        draft(page).fill("还没有发出的话")
        open_from_agents(lead, shopper.id)
        say(lead, "主管来接待您。")
        lead.keyboard.press("Enter")
        said(shopper, "主管来接待您。")
        expect(page.locator("#composer-hint")).to_contain_text("同事正在接待", timeout=15_000)
        draft(page).focus()
        page.keyboard.press("Enter")
        expect(page.locator("#toasts")).to_contain_text("同事正在接待")
        expect(draft(page)).to_have_value("还没有发出的话")
        assert "还没有发出的话" not in shopper.texts()


def open_from_agents(page: Page, talk: str) -> None:
    """Open a colleague's talk."""
    page.locator("#inbox [data-box=agents]").click()
    open_talk(page, talk)


@pytest.mark.parametrize("look", ["light", "dark", "phone"])
def test_the_audit_finds_nothing_serious(desk: Desk, look: str) -> None:
    suggest_by_question(desk)
    shopper = desk.waiting("c05", "气死我了，还没发货")
    shopper.ask("到底什么时候发")
    page = desk.agent(phone=look == "phone", color_scheme="dark" if look == "dark" else "light", reduced_motion="reduce")
    library(page)
    open_talk(page, shopper.id)
    expect(page.locator("#suggestions .tones")).to_be_visible()
    draft(page).focus()
    page.keyboard.type("这是全网最低价，{运单号} /wl")
    expect(page.locator("#composer .findings li").first).to_be_visible()
    expect(page.locator("#matches")).to_be_visible()
    for part in ("#suggestions", "#composer"):
        assert serious(page, part) == []
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
