"""A trainer's day in the browser, from the inbox to a promotion under load and back.

The engine is a stand-in here (tests/launch/test_promotion.py switches real ones under load; `engine.train` has tests of its own):
what is proved is that the pages lead through the whole day, and that every step leaves in the files what the next one needs.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import Page, expect

from gateway.inbox_filling import InboxFilling
from studio.labels import HELD_OUT
from studio.releases import Releases
from tests.e2e.conftest import Open
from tests.e2e.shell import Shell, running
from tests.e2e.studio.conftest import Studio
from tests.gateway.support import FakeEngine, bubble, turn
from tests.studio.support import make_checkout

WAIT = 20_000
WORDS, POSTAGE, STORIES = "data/responses/smalltalk.yml", "policy/tables/postage.yml", "data/stories/bargaining.yml"
OPENING = "utter_smalltalk_opening"
LABELLED = 10
SHOPPERS = 4
LATE = 2.0  # seconds a turn may take while the release is switched


@pytest.fixture(scope="module")
def speaking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """A shop that speaks from a release, with a stand-in for the launcher."""
    home = tmp_path_factory.mktemp("day")
    checkout = make_checkout(home / "checkout")
    releases = Releases(home)
    first = releases.make(checkout, "HEAD", "launcher")
    model = home / "first.tar.gz"
    model.write_bytes(b"the first model")
    releases.give_model(first, model)
    releases.go_live(first, "http://127.0.0.1:5005", "http://127.0.0.1:5055/webhook")
    live = home / "releases" / "live"
    env = {"XIAOER_CHECKOUT": str(checkout), "XIAOER_LIVE": str(home / "releases" / "live.json"), "XIAOER_CONTENT": str(live)}
    with running(home, XIAOER_RESPONSES=str(live / "data" / "responses"), **env) as shell:
        shell.services.studio.jobs.command = (sys.executable, str(Path(__file__).with_name("day_job.py")))
        over = threading.Event()
        launcher = threading.Thread(target=_tend, args=(releases, over), name="launcher")
        launcher.start()
        yield shell
        over.set()
        launcher.join()


def _tend(releases: Releases, over: threading.Event) -> None:
    """What the launcher does with requests, but for the processes."""
    port = 6000
    while not over.wait(0.1):
        for request in releases.pending():
            port += 2
            releases.reply(request["id"], "warming")
            releases.go_live(releases.get(request["release"]), f"http://127.0.0.1:{port}", f"http://127.0.0.1:{port + 1}/webhook")
            releases.reply(request["id"], "done")


@pytest.fixture
def day(speaking: Shell, visit: Open) -> Iterator[Studio]:
    made = Studio(speaking, visit)
    yield made
    speaking.engine.answer = FakeEngine().answer
    for one in made._shoppers:
        one.close()


@pytest.fixture
def shell(speaking: Shell) -> Shell:
    """The shop of the day takes the place of the folder's, for the browser's watch over requests."""
    return speaking


class Load:
    """Shoppers who ask again and again until told to end; what they were answered."""

    def __init__(self, shell: Shell) -> None:
        self.shell = shell
        self.over = threading.Event()
        self.turns: list[tuple[float, int, int]] = []
        self.threads = [threading.Thread(target=self._ask, name=f"shopper {number}") for number in range(SHOPPERS)]

    def __enter__(self) -> Load:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        for thread in self.threads:
            thread.join()

    def _ask(self) -> None:
        with httpx.Client(base_url=self.shell.address, timeout=20) as http:
            opened = http.post("/api/v1/conversations", json={}).json()
            headers = {"Authorization": f"Bearer {opened['token']}"}
            number = 0
            while not self.over.wait(0.2):
                number += 1
                body = {"client_id": str(uuid4()), "text": f"在吗 {number}"}
                begun = time.monotonic()
                answer = http.post(f"/api/v1/conversations/{opened['id']}/messages?wait=1", json=body, headers=headers)
                replies = answer.json().get("replies", []) if answer.status_code == 200 else []
                self.turns.append((time.monotonic() - begun, answer.status_code, sum(f"echo 在吗 {number}" in str(one) for one in replies)))


def kept(page: Page, reason: str, publish: bool = False) -> None:
    """The save dialog: give a reason, save, and publish when it is offered and wanted."""
    dialog = page.locator("dialog", has=page.get_by_label("为什么改"))
    expect(dialog).to_be_visible(timeout=WAIT)
    dialog.get_by_label("为什么改").fill(reason)
    dialog.locator("[data-name=save]").click()
    expect(dialog).to_have_count(0, timeout=WAIT)
    offered = page.get_by_role("dialog").filter(has_text="还没有上线")
    if publish:
        offered.get_by_role("button", name="现在发布").click()
        expect(page.locator(".toast", has_text="已发布")).to_be_visible(timeout=WAIT)


# A whole day of steps.
@pytest.mark.timeout(600)
def test_a_trainers_day(day: Studio) -> None:
    shell, studio = day.shell, day.shell.services.studio
    releases = studio.releases
    first = releases.live()
    assert first is not None

    # Ten messages of the inbox, two keys each.
    shell.engine.answer = lambda body: turn(bubble("没听懂"), intent="nlu_fallback")
    for number in range(LABELLED):
        day.shopper(None, f"第{number}批青柠{'甲乙丙丁戊己庚辛壬癸'[number]}色{number * 37}件几时砍到{number * 11 + 3}块")
    shell.engine.answer = FakeEngine().answer
    filling = InboxFilling(shell.services.database, "demo", shell.services.clock, settled=timedelta(0))
    while filling.piece():
        pass
    page = day.trainer("qing", path="/studio/inbox?sort=newest")
    station = page.locator(".station .words")
    for number in range(LABELLED):
        expect(station).to_contain_text("青柠", timeout=WAIT)
        shown = str(station.text_content())
        page.keyboard.press("2")
        expect(page.locator(".chosen")).to_contain_text("讲价")
        with page.expect_response("**/studio/inbox/label"):
            page.keyboard.press("Enter")
        if number + 1 < LABELLED:
            expect(station).not_to_have_text(shown, timeout=WAIT)
    expect(page.get_by_role("status").filter(has_text="收件箱空了")).to_be_visible(timeout=WAIT)
    page.keyboard.press("s")
    kept(page, "昨天没听懂的十句")
    day.until(lambda: studio.repository.history(limit=1)[0].reason == "昨天没听懂的十句")
    assert studio.workspace.text(HELD_OUT).count("青柠") == LABELLED

    # One intent split.
    page.goto(f"{shell.address}/studio/intents?intent=ask_return_address")
    page.get_by_role("button", name="拆分").click()
    dialog = page.get_by_role("dialog")
    dialog.locator(".groups details").last.get_by_role("button", name="选这一组").click(timeout=WAIT)
    dialog.get_by_label("中文名").fill("问青柠仓地址")
    dialog.get_by_label("标识").fill("ask_lime_address")
    dialog.get_by_role("button", name="下一步").click()
    kept(page, "两种地址分开教")
    expect(page.locator("#intent h2")).to_contain_text("问青柠仓地址", timeout=WAIT)

    # One response reworded, and live: the next shopper hears it.
    page.goto(f"{shell.address}/studio/responses")
    page.get_by_label("搜索", exact=True).fill(OPENING)
    page.locator(f"[data-name='{OPENING}']").click(timeout=WAIT)
    forms = page.locator("fieldset.variation")
    expect(forms.first).to_be_visible(timeout=WAIT)
    for place in range(forms.count()):
        field = forms.nth(place).get_by_label("要说的话")
        field.fill(f"{field.input_value()}\n\n青柠上市了。")
    page.get_by_role("button", name="保存…").click()
    begun = time.monotonic()
    kept(page, "青柠上市", publish=True)
    day.until(lambda: any("青柠上市了" in text for text in day.shopper().texts()))
    assert time.monotonic() - begun < 60

    # One story from a talk (by somebody who may read talks).
    def bargained(body: dict[str, object]) -> httpx.Response:
        said = turn(bubble("好的"), intent="bargain", active_loop=None, open_question="none").json()
        said["trace"]["actions"] = ["action_bargain"]
        return httpx.Response(200, json=said)

    shell.engine.answer = bargained
    talk = day.shopper(None, "青柠便宜点")
    shell.engine.answer = FakeEngine().answer
    lead = day.trainer("qing-lead", "supervisor", path=f"/studio/stories?talk={talk.id}")
    lead.get_by_label("名称（一句话").fill("青柠讲价")
    lead.get_by_label("放在文件").select_option("data/stories/bargaining.yml")
    lead.get_by_role("button", name="保存…").click()
    kept(lead, "昨天的讲价做成故事")
    day.until(lambda: studio.workspace.block("data/stories/bargaining.yml", "story:青柠讲价") is not None)
    lead.close()

    # One row of postage: its gap is found, and closed.
    page.goto(f"{shell.address}/studio/tables?table=postage")
    rows = page.locator("tbody tr")
    expect(rows.first).to_be_visible(timeout=WAIT)
    checks = page.get_by_role("region", name="检查", exact=True)
    page.locator('tr[data-key="row:pr_z_05"] [data-column="when:reason"]').click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="全选").click()
    dialog.locator("input[value=no_room]").uncheck()
    dialog.get_by_role("button", name="确定").click()
    expect(checks).to_contain_text("没有一行回答这种情况", timeout=WAIT)
    checks.get_by_role("button", name="补一行").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("编号").fill("pr_qing_01")
    dialog.get_by_label("出处").fill("店铺决定：青柠季")
    dialog.get_by_role("button", name="确定").click()
    expect(checks).to_contain_text("每种情况都有一行回答", timeout=WAIT)
    page.get_by_role("button", name="保存…").click()
    kept(page, "家里放不下的单列一行", publish=True)
    assert "pr_qing_01" in (first.folder / POSTAGE).read_text("utf-8")

    # Trained and compared: the candidate reads the ten, what is live does not.
    page.goto(f"{shell.address}/studio/models")
    page.get_by_role("button", name="训练候选版本").click()
    page.get_by_role("dialog").locator("input").fill("十句青柠和分开的地址")
    page.get_by_role("dialog").get_by_role("button", name="开始训练").click()
    newest = page.locator("tbody tr", has_text="候选").first
    expect(newest).to_contain_text("不更差", timeout=90_000)
    expect(page.locator("#report")).to_be_visible(timeout=WAIT)
    day.picture(page, "models")
    candidate = next(one for one in releases.all() if one.state == "trained")
    assert candidate.figures["held_out"]["right"] - candidate.figures["live"]["held_out"]["right"] == LABELLED

    # Promoted while shoppers ask, and rolled back.
    with Load(shell) as load:
        day.until(lambda: len(load.turns) >= SHOPPERS)
        newest.get_by_role("button", name="上线").click()
        page.get_by_role("dialog").locator("input").fill("听得懂青柠了")
        page.get_by_role("dialog").get_by_role("button", name="上线").click()
        expect(page.locator("#switching")).to_have_text("已切换。", timeout=WAIT)
        promoted = releases.live()
        assert promoted is not None
        assert promoted.id == candidate.id
        # What was published by itself came along.
        assert "青柠上市了" in (promoted.folder / WORDS).read_text("utf-8")
        page.locator("#rollback").click()
        page.get_by_role("dialog").locator("input").fill("再看看")
        page.get_by_role("dialog").get_by_role("button", name="退回上一版").click()
        day.until(lambda: (releases.live() or candidate).id == first.id)
        count = len(load.turns)
        day.until(lambda: len(load.turns) >= count + SHOPPERS)
    assert all(status == 200 and echoes == 1 for _, status, echoes in load.turns), load.turns
    reasons = [one.reason for one in studio.repository.history(limit=5)]
    assert reasons == ["家里放不下的单列一行", "昨天的讲价做成故事", "青柠上市", "两种地址分开教", "昨天没听懂的十句"]
