"""Figures, gradual admission, quality reviews and the floor, as leads, trainers and agents meet them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import delete

from shop.db import writing
from shop.models import IntentMode, QualityReview, SuggestionUse
from shop.modes import Window
from tests.e2e.desk.conftest import PASSWORD, Desk, Shopper
from tests.e2e.shell import Shell
from tests.e2e.test_widget_accessible import serious
from tests.gateway.support import bubble, turn

pytestmark = pytest.mark.browser
FIRST = "这款M码有货。"


class Hands:
    """An agent's hands without a page: through the staff API."""

    def __init__(self, shell: Shell, desk: Desk, login: str) -> None:
        self.id = desk.member(login).id
        self._http = httpx.Client(base_url=f"{shell.address}/api/v1/staff", timeout=20)
        made = self._http.post("/session", json={"login": login, "password": PASSWORD})
        assert made.status_code == 201, made.text
        self._http.headers["X-CSRF-Token"] = made.json()["csrf"]

    def call(self, method: str, path: str, body: object = None) -> httpx.Response:
        """A request that succeeds."""
        answer = self._http.request(method, path, json=body)
        assert answer.is_success, answer.text
        return answer

    def answer(self, shopper: Shopper, text: str = FIRST, *, place: int | None = 0) -> None:
        """Take the talk, ask for suggestions, and send ``text`` (from the suggestion at ``place``, or by hand)."""
        self.call("POST", f"/talks/{shopper.id}/take")
        shopper.ask("M码有货吗")
        use = self.call("POST", f"/talks/{shopper.id}/suggestions", {}).json()["use"]
        took = {} if place is None else {"use": use, "place": place}
        self.call("POST", f"/talks/{shopper.id}/messages", {"client_id": str(uuid.uuid4()), "text": text, "confirmed": True, **took})

    def close(self) -> None:
        """End the connection."""
        self._http.close()


@pytest.fixture
def lan(shell: Shell, desk: Desk) -> Iterator[Hands]:
    """An agent, in a shop where nothing was suggested, reviewed or decided yet."""
    modes = {intent: windows for intent, windows in shell.services.modes.all().items() if intent == "*"}
    with writing(shell.services.database) as session:
        for model in (SuggestionUse, QualityReview):
            session.execute(delete(model))
    made = Hands(shell, desk, "lan")
    yield made
    made.close()
    with writing(shell.services.database) as session:
        session.execute(delete(IntentMode).where(IntentMode.intent != "*"))
    for intent, windows in modes.items():
        shell.services.modes.decide(intent, windows)


def fits(page: Page) -> None:
    """Nothing keeps anybody out, and nothing is wider than the screen."""
    page.emulate_media(reduced_motion="reduce")
    assert serious(page, "html") == []
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0


class TestFigures:
    def test_a_lead_sees_what_became_of_suggestions_and_takes_it_along(self, desk: Desk, lan: Hands) -> None:
        lan.answer(desk.shopper())
        lan.answer(desk.shopper(), "这款M码有货，今天发。")
        lan.answer(desk.shopper(), "您好，请稍等。", place=None)
        page = desk.agent("lead", "supervisor", path="/desk/figures")
        tile = page.locator("[data-figure=acceptance] strong")
        expect(tile).to_have_text("66.7%")
        expect(page.locator("[data-figure=unedited] strong")).to_have_text("50.0%")
        expect(page.locator("svg[role=img]")).to_have_count(4)
        assert page.locator("svg rect.mark").count() == 3
        page.get_by_role("button", name="按客服").click()
        row = page.locator("tbody tr").filter(has_text="小lan")
        expect(row).to_contain_text("66.7%")
        page.get_by_role("button", name="采纳率").click()
        expect(page.get_by_role("columnheader", name="采纳率")).to_have_attribute("aria-sort", "descending")
        with page.expect_download() as got:
            page.get_by_role("link", name="导出 CSV").click()
        assert "小lan" in got.value.path().read_text("utf-8-sig")
        page.get_by_role("button", name="近 30 天").click()
        expect(page.get_by_role("button", name="近 30 天")).to_have_attribute("aria-pressed", "true")
        page.reload()
        expect(page.get_by_role("button", name="近 30 天")).to_have_attribute("aria-pressed", "true")
        fits(page)

    def test_a_period_that_cannot_be_is_said_and_nothing_is_lost(self, desk: Desk, lan: Hands) -> None:
        lan.answer(desk.shopper())
        page = desk.agent("lead", "supervisor", path="/desk/figures")
        expect(page.locator("[data-figure=acceptance] strong")).to_have_text("100.0%")
        page.get_by_label("从", exact=True).fill("2026-01-01")
        page.get_by_label("从", exact=True).press("Tab")
        expect(page.locator(".toast.bad")).to_contain_text("一次最多看 92 天")
        expect(page.locator("[data-figure=acceptance] strong")).to_have_text("100.0%")

    def test_an_agent_sees_their_own_on_a_phone(self, desk: Desk, lan: Hands) -> None:
        lan.answer(desk.shopper())
        page = desk.agent("mei", path="/desk/figures", phone=True)
        expect(page.locator("[data-figure=answers] strong")).to_have_text("0")
        expect(page.get_by_role("button", name="待学习")).to_have_count(0)
        fits(page)

    def test_a_trainer_learns_from_what_was_changed_without_the_person(self, desk: Desk, lan: Hands) -> None:
        shopper = desk.shopper()
        lan.answer(shopper, "王小明您好，M码有货，电话13812345678。")
        page = desk.agent("xun", "trainer", path="/desk/figures")
        expect(page.get_by_role("button", name="按客服")).to_have_count(0)
        page.get_by_role("button", name="待学习").click()
        lesson = page.locator("article.lesson")
        expect(lesson).to_contain_text("改后发送")
        expect(lesson).to_contain_text(FIRST)
        expect(lesson).not_to_contain_text("13812345678")
        fits(page)
        lesson.get_by_role("button", name="采用").click()
        expect(page.get_by_text("都看过了。")).to_be_visible()


class TestModes:
    def test_a_lead_decides_by_the_hour_and_the_next_message_obeys(self, desk: Desk, shell: Shell, lan: Hands) -> None:
        shell.engine.answer = lambda body: turn(bubble("有货的。"), intent="ask_stock")
        assert "有货的。" in desk.shopper(None, "有货吗").texts()
        page = desk.agent("lead", "supervisor", path="/desk/modes")
        row = page.locator("[data-row=ask_stock]")
        expect(row).to_contain_text("按默认")
        page.keyboard.press("/")
        page.keyboard.type("有没有货")
        expect(page.locator("[data-row]")).to_have_count(1)
        row.get_by_role("button").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_role("button", name="添加时段").click()
        dialog.locator("[name=from_hour]").select_option("8")
        dialog.locator("[name=to_hour]").select_option("2")
        fits(page)
        dialog.get_by_role("button", name="保存").click()
        # It is noon in the shell.
        expect(row.locator("td").nth(1)).to_have_text("仅推荐")
        expect(row).to_contain_text("8–24 点")
        expect(row).to_contain_text("0–2 点")
        silent = desk.shopper(None, "有货吗")
        assert "有货的。" not in silent.texts()
        assert desk.owner(silent.id) in ("queue", f"agent:{lan.id}")

    def test_auto_before_it_is_earned_asks_and_is_offered_when_it_is(self, desk: Desk, shell: Shell, lan: Hands) -> None:
        shell.services.modes.decide("ask_stock", [Window(0, 24, "suggest")])
        shopper = desk.shopper()
        page = desk.agent("lead", "supervisor", path="/desk/modes")
        row = page.locator("[data-row=ask_stock]")
        row.get_by_role("button").click()
        page.get_by_role("dialog").get_by_label("方式").select_option("auto")
        page.get_by_role("dialog").get_by_role("button", name="保存").click()
        expect(page.get_by_role("dialog")).to_contain_text("还没有攒够数据")
        page.get_by_role("button", name="返回").click()
        page.keyboard.press("Escape")
        assert shell.services.modes.mode("ask_stock") == "suggest"
        shopper.ask("M码有货吗")
        message = shopper.messages()[1]["id"]
        for number in range(30):
            use = shell.services.uses.offered(shopper.id, message, f"s{number}", [{"text": FIRST, "intent": "ask_stock"}], 9)
            shell.services.uses.settle(shopper.id, f"s{number}", FIRST, use=use, place=0)
        page.reload()
        expect(row).to_contain_text("可改为自动")
        expect(row).to_contain_text("30 次")
        page.get_by_label("显示").select_option("offered")
        expect(page.locator("[data-row]")).to_have_count(1)
        row.get_by_role("button").click()
        page.get_by_role("dialog").get_by_label("方式").select_option("auto")
        page.get_by_role("dialog").get_by_role("button", name="保存").click()
        expect(page.locator(".toast")).to_contain_text("已生效")
        assert shell.services.modes.mode("ask_stock") == "auto"

    def test_two_leads_do_not_undo_each_other_and_hours_do_not_overlap(self, desk: Desk, shell: Shell, lan: Hands) -> None:
        page = desk.agent("lead", "supervisor", path="/desk/modes")
        row = page.locator("[data-row=bargain]")
        row.get_by_role("button").click()
        dialog = page.get_by_role("dialog")
        for _ in range(2):
            dialog.get_by_role("button", name="添加时段").click()
        dialog.get_by_role("button", name="保存").click()
        expect(dialog.get_by_role("alert")).to_have_text("时段有重叠，请先改开。")
        dialog.get_by_role("button", name="去掉这个时段").last.click()
        shell.services.modes.decide("bargain", [Window(0, 24, "off")])
        dialog.get_by_role("button", name="保存").click()
        expect(page.locator(".toast")).to_contain_text("刚刚有人改过")
        expect(row).to_contain_text("全天 关闭")

    def test_a_trainer_reads_and_a_phone_shows_it(self, desk: Desk, lan: Hands) -> None:
        page = desk.agent("xun", "trainer", path="/desk/modes", phone=True)
        expect(page.locator("[data-row=ask_stock]")).to_contain_text("问有没有货")
        expect(page.get_by_role("button", name="修改")).to_have_count(0)
        fits(page)


class TestFloor:
    def test_a_lead_reads_along_live_whispers_and_steps_in(self, desk: Desk, shell: Shell, lan: Hands) -> None:
        shopper = desk.shopper("c05")
        lan.answer(shopper)
        other = desk.waiting()
        page = desk.agent("lead", "supervisor", path="/desk/watch")
        expect(page.locator(f"[data-member={lan.id}]")).to_contain_text("接待 1/5")
        expect(page.locator(f"[data-talk={other.id}]")).to_be_visible()
        page.locator(f"[data-talk={shopper.id}]").click()
        words = page.locator(".words")
        expect(words).to_contain_text(FIRST)
        shopper.ask("那什么时候发货")
        expect(words).to_contain_text("那什么时候发货", timeout=15_000)
        expect(page.locator(f"[data-member={lan.id}] .clock")).to_contain_text("等了", timeout=15_000)
        fits(page)
        page.get_by_label("给同事的内部备注").fill("可以免邮补发")
        page.get_by_role("button", name="发备注").click()
        expect(words).to_contain_text("可以免邮补发")
        assert "可以免邮补发" not in str(shopper.texts())
        page.keyboard.press("Escape")
        page.get_by_role("heading", name="实时").click()
        page.keyboard.press("Alt+i")
        page.get_by_role("dialog").get_by_role("button", name="介入").click()
        page.wait_for_url(f"**/desk?talk={shopper.id}")
        assert desk.owner(shopper.id) == f"agent:{desk.who('lead')}"
        kinds = [deed.kind for deed in shell.services.deeds.of_talk(shopper.id)]
        assert kinds[-1] == "step_in"

    def test_the_floor_by_keyboard_and_on_a_phone(self, desk: Desk, lan: Hands) -> None:
        first, second = desk.waiting(), desk.waiting()
        page = desk.agent("lead", "supervisor", path="/desk/watch", phone=True)
        expect(page.locator(f"[data-talk={second.id}]")).to_be_visible()
        page.keyboard.press("Alt+j")
        pressed = page.locator("[data-talk][aria-pressed=true]")
        expect(pressed).to_have_count(1)
        begun = pressed.get_attribute("data-talk")
        page.keyboard.press("Alt+j")
        expect(page.locator(f"[data-talk={second.id if begun == first.id else first.id}]")).to_have_attribute("aria-pressed", "true")
        expect(page.locator(".words")).to_contain_text("转人工")
        fits(page)


class TestReviews:
    def test_a_lead_draws_scores_and_the_agent_objects(self, desk: Desk, shell: Shell, lan: Hands) -> None:
        shopper = desk.shopper()
        lan.answer(shopper, "你自己看说明，别烦我", place=None)
        agent = desk.agent("lan", path="/desk/review")
        expect(agent.get_by_text("还没有质检记录。")).to_be_visible()
        page = desk.agent("lead", "supervisor", path="/desk/review")
        page.get_by_label("抽哪些").select_option("overruled")
        page.locator(f"[data-talk={shopper.id}]").click()
        expect(page.locator(".words li.marked")).to_contain_text("你自己看说明")
        for criterion in page.locator(".criterion").all()[:-1]:
            criterion.get_by_label("做到").check()
        page.get_by_role("button", name="提交质检").click()
        expect(page.locator(".sheet [role=alert]")).to_contain_text("「记录与交接」还没有评")
        page.locator(".criterion").last.get_by_label("不适用").check()
        page.locator("[data-criterion=address]").get_by_label("没有").check()
        expect(page.locator("output.score")).to_have_text("89")
        page.get_by_label("给客服的反馈").fill("语气要改，请用「您」")
        fits(page)
        page.get_by_role("button", name="提交质检").click()
        expect(page.locator(".toast")).to_contain_text("已提交，89 分")
        expect(page.locator(f"[data-talk={shopper.id}]")).to_have_count(0)
        expect(agent.locator(".toast")).to_contain_text("质检消息", timeout=15_000)
        agent.locator("[data-review]").click()
        result = agent.get_by_label("质检结果")
        expect(result).to_contain_text("语气要改")
        fits(agent)
        result.get_by_role("button", name="申诉").click()
        expect(result.get_by_role("alert")).to_have_text("申诉请写明原因。")
        agent.get_by_label("我的说明").fill("顾客先骂人")
        result.get_by_role("button", name="申诉").click()
        expect(agent.locator("[data-review]")).to_contain_text("本人申诉")
        page.get_by_role("button", name="记录").click()
        page.locator("[data-review]").click()
        expect(page.get_by_label("质检结果")).to_contain_text("顾客先骂人")
        page.get_by_role("button", name="更正").click()
        page.locator("[data-criterion=address]").get_by_label("部分").check()
        page.get_by_role("button", name="更正").click()
        expect(page.locator(".toast").last).to_contain_text("94 分")
        (review,) = shell.services.reviews.all()
        assert (review.score, review.agrees) == (94, None)

    def test_a_form_half_filled_in_is_not_lost_by_a_slip(self, desk: Desk, lan: Hands) -> None:
        for _ in range(2):
            lan.answer(desk.shopper())
        page = desk.agent("lead", "supervisor", path="/desk/review", phone=True)
        # Which of the agent's talks are drawn is chance; two there are.
        page.locator("[data-talk]").nth(0).click()
        page.locator(".criterion").first.get_by_label("部分").check()
        page.locator("[data-talk]").nth(1).click()
        page.get_by_role("dialog").get_by_role("button", name="继续评分").click()
        expect(page.locator(".criterion").first.get_by_label("部分")).to_be_checked()
        fits(page)
