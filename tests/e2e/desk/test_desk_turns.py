"""Answers that overtake each other, presses that come twice: the desk shows what was asked last and does what was pressed once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.desk.conftest import Desk, Shopper
from tests.e2e.desk.steps import open_talk
from tests.e2e.desk.test_desk_learning import Hands
from tests.e2e.desk.test_desk_side import ORDER, order
from tests.e2e.late import Late
from tests.e2e.shell import Shell

pytestmark = pytest.mark.browser
# Reads the same again and again, each answer slower than the next question; then asks something else, whose answer comes first.
STREAM = """async () => {
  const { newest } = await import("/static/desk/turns.js");
  const after = (ms, what) => new Promise((done) => setTimeout(() => done(what), ms));
  const show = newest({ again: true });
  const drawn = [];
  for (let at = 0; at < 10; at += 1) {
    void show("same", () => after(70, at), (answer) => drawn.push(answer));
    await after(20);
  }
  const during = drawn.length;
  void show("other", () => after(10, "other"), (answer) => drawn.push(answer));
  await after(200);
  return { during, last: drawn.at(-1), ordered: drawn.slice(0, -1).every((one, place) => !place || one > drawn[place - 1]) };
}"""

# Notes when a talk is in the inbox, however shortly.
WATCH = """id => {
  window.seen = false;
  const look = () => { window.seen ||= Boolean(document.querySelector(`#inbox [data-talk=${id}]`)); };
  new MutationObserver(look).observe(document.querySelector("#inbox"), { childList: true, subtree: true });
}"""


@pytest.fixture
def qian(shell: Shell, desk: Desk) -> Iterator[Hands]:
    """An agent of these tests alone."""
    desk.member("qian")
    made = Hands(shell, desk, "qian")
    yield made
    made.close()


def lead(desk: Desk, path: str) -> Page:
    """A page of a lead of these tests alone."""
    return desk.agent("zhao", "supervisor", path=path)


def taken(desk: Desk, customers: tuple[str | None, ...] = (None,)) -> tuple[Page, list[Shopper]]:
    """A desk of an agent who has these shoppers' talks; the first one is open."""
    shoppers = [desk.waiting(customer) for customer in customers]
    member = desk.member("sun")
    for shopper in shoppers:
        desk.shell.owner(shopper.id, f"agent:{member.id}")
    page = desk.agent("sun")
    open_talk(page, shoppers[0].id)
    return page, shoppers


def opened(page: Page, shopper: Shopper) -> None:
    """This talk is the open one."""
    expect(page.locator(f"#inbox [data-talk={shopper.id}]")).to_have_attribute("aria-current", "true")


class TestTurns:
    def test_a_steady_stream_of_readings_still_draws_and_never_backwards(self, desk: Desk) -> None:
        page = desk.visit(f"{desk.shell.address}/login")
        found = page.evaluate(STREAM)
        assert found["during"] >= 3
        assert found["last"] == "other"
        assert found["ordered"]


class TestReviews:
    def test_a_filter_that_is_changed_while_the_list_is_read(self, desk: Desk, qian: Hands) -> None:
        shopper = desk.shopper()
        qian.answer(shopper)
        page = lead(desk, "/desk/scripts")
        with Late(page, "/reviews/sample") as late:
            page.goto(f"{desk.shell.address}/desk/review")
            late.wait()
            with page.expect_response("**/reviews/sample?*unhappy*"):
                page.get_by_label("抽哪些").select_option("unhappy")
            expect(page.locator("#main p.mute").first).to_be_visible()
            late.come()
            expect(page.get_by_label("抽哪些")).to_have_value("unhappy")
            expect(page.locator(f"[data-talk={shopper.id}]")).to_have_count(0)

    def test_an_older_failure_says_nothing_over_a_newer_answer(self, desk: Desk, qian: Hands) -> None:
        shopper = desk.shopper()
        qian.answer(shopper)
        page = lead(desk, "/desk/scripts")
        with Late(page, "/reviews/sample", fails=True) as late:
            page.goto(f"{desk.shell.address}/desk/review")
            late.wait()
            page.get_by_label("每人抽几个").select_option("5")
            expect(page.locator(f"[data-talk={shopper.id}]")).to_be_visible()
            late.come()
            expect(page.locator(f"[data-talk={shopper.id}]")).to_be_visible()
            # A toast goes by itself: it is looked for now.
            page.wait_for_timeout(300)
            assert page.locator(".toast.bad").count() == 0

    def test_a_tab_is_not_overwritten_by_the_one_before(self, desk: Desk, qian: Hands) -> None:
        shopper = desk.shopper()
        qian.answer(shopper)
        page = lead(desk, "/desk/review")
        expect(page.locator(f"[data-talk={shopper.id}]")).to_be_visible()
        with Late(page, "/reviews/sample") as late:
            page.get_by_label("每人抽几个").select_option("5")
            late.wait()
            page.get_by_role("button", name="记录").click()
            expect(page.locator("#main .mute, [data-review]").first).to_be_visible()
            late.come()
            expect(page.get_by_role("button", name="记录")).to_have_attribute("aria-pressed", "true")
            expect(page.locator(f"[data-talk={shopper.id}]")).to_have_count(0)

    def test_of_two_talks_the_one_pressed_last_is_scored(self, desk: Desk, qian: Hands) -> None:
        first, second = desk.shopper(), desk.shopper()
        qian.answer(first, "甲号答复，请稍等。", place=None)
        qian.answer(second, "乙号答复，请稍等。", place=None)
        page = lead(desk, "/desk/review")
        page.get_by_label("每人抽几个").select_option("10")
        with Late(page, f"/talks/{first.id}\\?") as late:
            page.locator(f"[data-talk={first.id}]").click()
            late.wait()
            page.locator(f"[data-talk={second.id}]").click()
            expect(page.locator(".sheet .words")).to_contain_text("乙号答复")
            page.locator(".criterion").first.get_by_label("部分").check()
            late.come()
            expect(page.locator(".sheet .words")).to_contain_text("乙号答复")
            expect(page.locator(".criterion").first.get_by_label("部分")).to_be_checked()


class TestFloor:
    def test_of_two_talks_the_one_that_is_gone_does_not_close_the_other(self, desk: Desk) -> None:
        first, second = desk.waiting(), desk.waiting()
        page = lead(desk, "/desk/watch")
        page.route(
            f"**/staff/talks/{first.id}", lambda route: (page.wait_for_timeout(600), route.fulfill(status=404, json={"title": "gone"}))
        )
        page.locator(f"[data-talk={first.id}]").click()
        page.locator(f"[data-talk={second.id}]").click()
        expect(page.locator(".words")).to_contain_text("转人工")
        page.wait_for_timeout(900)
        expect(page.locator(f"[data-talk={second.id}]")).to_have_attribute("aria-pressed", "true")
        expect(page.locator(".words")).to_contain_text("转人工")

    def test_a_note_is_sent_once_and_what_is_written_meanwhile_stays(self, desk: Desk) -> None:
        shopper = desk.waiting()
        page = lead(desk, "/desk/watch")
        page.locator(f"[data-talk={shopper.id}]").click()
        expect(page.locator(".words")).to_contain_text("转人工")
        field = page.get_by_label("给同事的内部备注")
        with Late(page, "/notes", method="POST") as late:
            field.fill("先安抚")
            page.get_by_role("button", name="发备注").dblclick()
            late.wait()
            field.fill("再补发")
            late.come()
        assert late.asked == 1
        expect(page.locator(".words")).to_contain_text("先安抚")
        expect(field).to_have_value("再补发")


class TestInbox:
    def test_a_box_does_not_show_the_list_of_the_one_before(self, desk: Desk) -> None:
        bot = desk.shopper(None, "有货吗")
        page = desk.agent("sun")
        with Late(page, "/talks\\?box=bot") as late:
            page.locator("#inbox [data-box=bot]").click()
            late.wait()
            page.locator("#inbox [data-box=closed]").click()
            page.evaluate(WATCH, bot.id)
            with page.expect_response("**/talks?box=closed"):
                late.come()
            page.wait_for_timeout(300)
        assert page.evaluate("window.seen") is False
        expect(page.locator("#inbox [data-box=closed]")).to_have_attribute("aria-pressed", "true")

    def test_whoever_went_on_is_not_led_back_by_a_talk_that_was_taken(self, desk: Desk) -> None:
        page, (mine,) = taken(desk)
        waits = desk.waiting()
        row = page.locator("#inbox li", has=page.locator(f"[data-talk={waits.id}]"))
        page.locator(f"#inbox [data-talk={mine.id}]").click()
        with Late(page, f"/talks/{waits.id}/take", method="POST") as late:
            row.locator("button.take").dblclick()
            late.wait()
            page.locator(f"#inbox [data-talk={mine.id}]").click()
            late.come()
            desk.until(lambda: desk.owner(waits.id) == f"agent:{desk.who('sun')}")
            page.wait_for_timeout(300)
        assert late.asked == 1
        opened(page, mine)


class TestTalk:
    def test_a_late_reading_does_not_take_the_talk_away_again(self, desk: Desk) -> None:
        shopper = desk.waiting()
        page = desk.agent("sun")
        open_talk(page, shopper.id)
        with Late(page, f"/talks/{shopper.id}\\?") as late:
            shopper.ask("在吗")
            late.wait()
            page.keyboard.press("Escape")
            page.keyboard.press("Alt+a")
            expect(page.locator("#owner [data-deed=closed]")).to_be_visible()
            expect(page.locator("#composer .hint")).not_to_contain_text("接待")
            said = page.locator("#composer .hint").inner_text()
            # The readings that the taking itself leads to are over.
            page.wait_for_timeout(600)
            late.come()
            expect(page.locator("#owner [data-deed=closed]")).to_be_visible()
            assert page.locator("#composer .hint").inner_text() == said

    def test_a_ticket_is_opened_where_it_was_asked_for(self, desk: Desk) -> None:
        page, (first, second) = taken(desk, ("c05", None))
        expect(page.locator("#side h2").first).to_have_text("冯女士")
        with Late(page, f"/talks/{first.id}/give", method="POST") as late:
            page.locator("#owner [data-deed=queue]").click()
            late.wait()
            page.locator("#side").get_by_role("button", name="登记工单").click()
            page.get_by_role("dialog").get_by_label("是什么事（同事看）").fill("袖口开线")
            late.come()
            opened(page, second)
        with page.expect_request(lambda request: request.method == "POST" and "/tickets" in request.url) as sent:
            page.get_by_role("button", name="登记", exact=True).click()
        assert f"/talks/{first.id}/tickets" in sent.value.url

    def test_a_card_is_sent_once_however_often_it_is_pressed(self, desk: Desk) -> None:
        page, (shopper,) = taken(desk, ("c05",))
        expect(order(page, ORDER)).to_be_visible()
        with Late(page, "/cards", method="POST") as late:
            button = order(page, ORDER).get_by_role("button", name="发订单卡片")
            button.dblclick()
            late.wait()
            button.click()
            late.come()
        assert late.asked == 1
        desk.until(lambda: sum(1 for one in shopper.messages() if one.get("card", {}) and "orders" in one["card"]) == 1)

    def test_closing_twice_is_closing_once(self, desk: Desk) -> None:
        page, _ = taken(desk)
        with Late(page, "/give", method="POST") as late:
            page.locator("#owner [data-deed=bot]").dblclick()
            late.wait()
            late.come()
            page.wait_for_timeout(200)
        assert late.asked == 1
        assert page.locator(".toast.warn").count() == 0

    def test_a_deed_whose_answer_is_late_keeps_no_other_waiting(self, desk: Desk) -> None:
        page, (shopper,) = taken(desk)
        with Late(page, "/give", method="POST") as late:
            page.locator("#owner [data-deed=bot]").click()
            late.wait()
            # The line has told it before the answer is here.
            expect(page.locator("#owner")).to_contain_text("机器人接待")
            page.keyboard.press("Alt+a")
            expect(page.locator("#owner [data-deed=closed]")).to_be_visible()
            late.come()
        expect(page.locator("#owner [data-deed=closed]")).to_be_visible()
        assert desk.owner(shopper.id) == f"agent:{desk.who('sun')}"


class TestScripts:
    def test_a_script_saved_twice_in_a_hurry_is_one(self, desk: Desk) -> None:
        page = desk.agent("sun", path="/desk/scripts")
        expect(page.locator("body[data-ready=yes]")).to_be_attached()
        page.get_by_role("button", name="新增话术").click()
        form = page.locator("dialog.script-form")
        form.get_by_label("标题").fill("孙的一条")
        text = form.get_by_label("内容", exact=True)
        text.fill("您好，请稍等一下。")
        with Late(page, "/staff/scripts$", method="POST") as late:
            text.press("Control+Enter")
            late.wait()
            text.press("Control+Enter")
            page.wait_for_timeout(200)
            late.come()
        expect(form).to_have_count(0)
        assert late.asked == 1

    def test_a_script_begun_before_the_page_has_read_its_values_has_them(self, desk: Desk) -> None:
        page = lead(desk, "/desk/modes")
        with Late(page, "/scripts/values") as late:
            page.goto(f"{desk.shell.address}/desk/scripts")
            late.wait()
            page.get_by_role("button", name="新增话术").dblclick()
            late.come()
            form = page.locator("dialog.script-form")
            expect(form).to_have_count(1)
            assert form.get_by_label("插入一个值").locator("option").count() > 1


class TestFrame:
    def test_logging_out_twice_asks_once(self, desk: Desk) -> None:
        page, _ = taken(desk)
        with Late(page, "/staff/inbox$", keep=2) as late:
            page.get_by_role("button", name="退出").dblclick()
            late.wait()
            page.wait_for_timeout(200)
        expect(page.get_by_role("dialog")).to_have_count(1)
