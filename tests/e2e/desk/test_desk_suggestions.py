"""Suggested replies at the desk: for the newest message and any older one, sent or edited by a digit, in other tones, and never twice."""

from __future__ import annotations

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from shop.tickets import PREVIEW
from tests.e2e.desk.conftest import Desk
from tests.e2e.desk.steps import digit, draft, offers, open_talk, said, suggest_by_question

pytestmark = pytest.mark.browser


def test_a_digit_sends_what_is_suggested_for_the_newest_message(desk: Desk) -> None:
    suggest_by_question(desk)
    shopper = desk.waiting("c05", "M码有货吗")
    page = desk.agent()
    open_talk(page, shopper.id)
    expect(offers(page).first).to_contain_text("答：M码有货吗")
    first = offers(page).first
    for part in ("s_stock", "postage · pr_q_ex_01", "90%"):
        expect(first).to_contain_text(part)
    digit(page, "1")
    expect(page.locator("#suggestions")).to_have_attribute("data-state", "answered")
    said(shopper, "答：M码有货吗")
    assert desk.owner(shopper.id).startswith("agent:"), "a waiting talk is taken by answering"
    uses = desk.shell.services.uses.offers(shopper.id, most=5)
    assert uses[0]["text"] == "答：M码有货吗"
    # The next message of the shopper brings the next list by itself.
    shopper.ask("什么时候发货")
    expect(offers(page).first).to_contain_text("答：什么时候发货")
    digit(page, "2")
    said(shopper, "请稍等，为您查一下。")


def test_shift_and_digit_edit_without_touching_the_draft(desk: Desk) -> None:
    suggest_by_question(desk)
    shopper = desk.waiting("c05", "M码有货吗")
    page = desk.agent()
    open_talk(page, shopper.id)
    expect(offers(page)).to_have_count(2)
    page.keyboard.press("Enter")
    expect(draft(page)).to_be_focused()
    page.keyboard.type("您好！")
    page.keyboard.press("Alt+Shift+1")
    expect(draft(page)).to_have_value("您好！\n\n答：M码有货吗")
    page.keyboard.press("Alt+Shift+2")
    expect(draft(page)).to_have_value("您好！\n\n答：M码有货吗\n\n请稍等，为您查一下。")
    page.keyboard.press("Control+z")
    expect(draft(page)).to_have_value("您好！\n\n答：M码有货吗")
    page.keyboard.press("Enter")
    said(shopper, "您好！\n\n答：M码有货吗")
    expect(draft(page)).to_have_value("")


def test_an_older_message_is_answered_and_the_newest_comes_back(desk: Desk) -> None:
    suggest_by_question(desk)
    shopper = desk.waiting("c05", "M码有货吗")
    shopper.ask("什么时候发货")
    page = desk.agent()
    open_talk(page, shopper.id)
    expect(offers(page).first).to_contain_text("答：什么时候发货")
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator("#suggestions .about")).to_contain_text("M码有货吗")
    expect(offers(page).first).to_contain_text("答：M码有货吗")
    # A newer message does not take the list away from under the fingers.
    shopper.ask("在吗")
    expect(page.locator("#talk")).to_contain_text("在吗")
    expect(offers(page).first).to_contain_text("答：M码有货吗")
    page.keyboard.press("0")
    expect(offers(page).first).to_contain_text("答：在吗")


def test_without_an_engine_it_says_so_and_the_desk_goes_on(desk: Desk) -> None:
    def refuse(body: dict[str, object]) -> httpx.Response:
        raise httpx.ConnectError("refused")

    desk.shell.engine.suggest = refuse
    shopper = desk.waiting("c05", "M码有货吗")
    page = desk.agent()
    open_talk(page, shopper.id)
    expect(page.locator("#suggestions .status")).to_contain_text("现在没有建议")
    digit(page, "1")
    page.keyboard.press("Enter")
    page.keyboard.type("您好，我来为您查询。")
    page.keyboard.press("Enter")
    said(shopper, "您好，我来为您查询。")
    # It comes back by itself.
    shopper.ask("有货吗")
    expect(page.locator("#suggestions .status")).to_contain_text("现在没有建议")
    suggest_by_question(desk)
    expect(offers(page).first).to_contain_text("答：有货吗", timeout=20_000)


def test_a_list_that_changed_under_the_fingers_is_not_sent(desk: Desk) -> None:
    suggest_by_question(desk)
    shopper = desk.waiting("c05", "M码有货吗")
    page = desk.agent()
    open_talk(page, shopper.id)
    expect(offers(page)).to_have_count(2)
    page.clock.install()
    page.clock.pause_at(page.evaluate("Date.now() + 10_000"))
    shopper.ask("什么时候发货")
    expect(offers(page).first).to_contain_text("答：什么时候发货")
    page.keyboard.press("1")
    expect(page.locator("#toasts")).to_contain_text("建议刚刚更新")
    assert "答：什么时候发货" not in shopper.texts()
    page.clock.run_for(1000)
    page.keyboard.press("1")
    said(shopper, "答：什么时候发货")


def test_an_angry_shopper_is_answered_in_a_calming_tone(desk: Desk) -> None:
    suggest_by_question(desk, "亲，这款有货哈哈！！")
    shopper = desk.waiting("c05", "气死我了，你们是骗子吗，太过分了")
    page = desk.agent()
    open_talk(page, shopper.id)
    expect(page.locator("#suggestions .about")).to_contain_text("顾客生气了")
    tones = page.locator("#suggestions .tones button")
    expect(tones.first).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("t")
    expect(page.locator("#suggestions .tones button[aria-pressed=true]")).to_contain_text("安抚")
    calm = offers(page).first.locator(".words")
    expect(calm).not_to_contain_text("哈哈")
    expect(calm).not_to_contain_text("亲")
    text = calm.inner_text()
    assert len(text) > len("您好，这款有货。")
    digit(page, "1")
    said(shopper, text)


def test_a_waiting_talk_is_answered_in_three_taps(desk: Desk) -> None:
    suggest_by_question(desk)
    shopper = desk.waiting("c05", "M码有货吗")
    page = desk.agent(phone=True)
    open_talk(page, shopper.id)
    button = page.get_by_role("button", name="发送建议 1")
    expect(button).to_be_in_viewport()
    button.tap()
    said(shopper, "答：M码有货吗")


def within(inner: Locator, outer: Locator) -> bool:
    """Whether the one stands wholly between top and bottom of the other."""
    low, high = inner.bounding_box(), outer.bounding_box()
    assert low is not None
    assert high is not None
    return high["y"] <= low["y"] and low["y"] + low["height"] <= high["y"] + high["height"]


def test_on_a_phone_a_long_suggestion_is_sent_without_scrolling(desk: Desk) -> None:
    suggest_by_question(desk, first="\n\n".join(["这件商品的来回邮费都由我们承担，收件后一个工作日内验收并退款。"] * 5))
    shopper = desk.waiting("c05", "M码有货吗")
    page = desk.agent(phone=True)
    open_talk(page, shopper.id)
    button = page.get_by_role("button", name="发送建议 1")
    expect(button).to_be_in_viewport(ratio=1)
    assert within(button, page.locator("#suggestions")), "it stands inside what is seen of the list"


def test_what_lacks_a_value_goes_into_the_draft_and_shows_its_gap(desk: Desk) -> None:
    long = "\n\n".join(["收件后一个工作日内验收。"] * 12)
    suggest_by_question(desk, first=f"{long}\n\n已提交，编号{PREVIEW}。\n\n{long}")
    shopper = desk.waiting("c05", "M码有货吗")
    before = shopper.texts()
    page = desk.agent()
    open_talk(page, shopper.id)
    expect(offers(page).first.locator("mark")).to_have_text("{工单号}")
    expect(offers(page).first.get_by_role("button", name="发送建议 1")).to_have_count(0)
    digit(page, "1")
    expect(page.locator("#toasts")).to_contain_text("还缺 {工单号}")
    expect(draft(page)).to_be_focused()
    # It is selected, and it is in sight though words stand before and behind it.
    assert draft(page).evaluate("(field) => field.value.slice(field.selectionStart, field.selectionEnd)") == "{工单号}"
    assert within(page.locator(".mirror .gap"), draft(page))
    assert shopper.texts() == before
    page.keyboard.type("T20261123-0009")
    page.keyboard.press("Enter")
    said(shopper, f"{long}\n\n已提交，编号T20261123-0009。\n\n{long}")


def test_what_was_said_stays_in_sight_beside_long_suggestions_and_a_long_draft(desk: Desk) -> None:
    suggest_by_question(desk, first="\n\n".join(["这件商品的来回邮费都由我们承担，收件后一个工作日内验收并退款。"] * 8))
    shopper = desk.waiting("c05", "M码有货吗")
    page = desk.agent(viewport={"width": 1280, "height": 800})
    open_talk(page, shopper.id)
    expect(offers(page)).to_have_count(2)
    digit(page, "Shift+1")
    expect(draft(page)).to_be_focused()
    assert page.locator("#talk .scroller").evaluate("(node) => node.clientHeight") >= 80
    expect(page.get_by_role("button", name="发送", exact=True).last).to_be_in_viewport(ratio=1)


def test_a_picture_goes_along(desk: Desk) -> None:
    suggest_by_question(desk, image="/static/demo/icon.svg")
    shopper = desk.waiting("c05", "有尺码表吗")
    page = desk.agent()
    open_talk(page, shopper.id)
    expect(offers(page).first.locator("img")).to_be_attached()
    digit(page, "1")
    said(shopper, "答：有尺码表吗")
    assert shopper.messages()[-1]["image"] == "/static/demo/icon.svg"


def focus_is_free(page: Page) -> bool:
    """Whether digits reach the page: no field has the focus."""
    return bool(page.evaluate("document.activeElement === document.body"))


def test_digits_typed_into_the_field_are_digits(desk: Desk) -> None:
    suggest_by_question(desk)
    shopper = desk.waiting("c05", "多少钱")
    page = desk.agent()
    open_talk(page, shopper.id)
    expect(offers(page)).to_have_count(2)
    page.keyboard.press("Enter")
    page.keyboard.type("180元")
    expect(draft(page)).to_have_value("180元")
    page.keyboard.press("Escape")
    assert focus_is_free(page)
    digit(page, "2")
    said(shopper, "请稍等，为您查一下。")
    expect(draft(page)).to_have_value("180元")
