"""The open talk: receipts and reasons, hand-over, notes, recall, pictures both ways, blocking, by keyboard and on a phone."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select

from shop.db import writing
from shop.models import Message
from tests.e2e.desk.conftest import Desk, Shopper
from tests.e2e.test_widget_accessible import serious
from tests.gateway.support import bubble, picture, suggestions, turn

pytestmark = pytest.mark.browser


def log(page: Page) -> Locator:
    return page.locator("#talk .messages")


def message(page: Page, text: str) -> Locator:
    return log(page).locator(".message", has_text=text).last


def taken(desk: Desk, page: Page, customer: str | None = None, **more: Any) -> Shopper:
    """A waiting shopper whom this agent takes and has open."""
    shopper = desk.waiting(customer, **more)
    page.locator("#inbox .take:visible").first.click(timeout=15_000)
    expect(page.locator("#owner")).to_contain_text("我在接待", timeout=15_000)
    expect(log(page)).to_contain_text("转人工", timeout=15_000)
    return shopper


def say(page: Page, text: str) -> None:
    """Write and send."""
    field = page.get_by_role("textbox", name="回复内容")
    field.fill(text)
    field.press("Enter")
    expect(message(page, text)).to_be_visible(timeout=15_000)


def paste(page: Page, content: bytes) -> None:
    """Paste a screenshot as the clipboard gives one."""
    page.evaluate(
        """(bytes) => {
          const data = new DataTransfer();
          data.items.add(new File([new Uint8Array(bytes)], "screen.png", { type: "image/png" }));
          document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
        }""",
        list(content),
    )


def test_every_message_tells_its_reason_and_how_far_it_was_read(desk: Desk) -> None:
    def engine(body: dict[str, Any]) -> Any:
        return turn(bubble("这款M码有货。", script="s_stock", response="utter_x", table="postage", row="pr_q_ex_01"), intent="ask_stock")

    page = desk.agent("lan")
    desk.shell.engine.answer = engine
    shopper = desk.shopper("c05", "M码有货吗")
    desk.shell.engine.answer = lambda body: turn(
        bubble("马上为您转人工。", card={"hand_over": {"reason": "asked", "summary": "冯女士，订单 880000000009，想换一件"}}),
        intent="request_human",
    )
    shopper.ask("转人工")
    page.locator("#inbox .take:visible").first.click(timeout=15_000)
    why = message(page, "这款M码有货").locator(".why")
    expect(why.locator("summary")).to_have_text("ask_stock 97% · 规则 postage·pr_q_ex_01 · 话术 s_stock", timeout=15_000)
    why.locator("summary").click()
    expect(why.locator("dl")).to_contain_text("出处")
    expect(page.locator("#talk .handed")).to_contain_text("冯女士，订单 880000000009，想换一件")
    say(page, "您好，我来为您看看。")
    receipt = message(page, "您好，我来为您看看。").locator(".receipt")
    expect(receipt).to_have_text(re.compile("已送达|已发送"))
    seq = shopper.messages()[-1]["seq"]
    shopper._http.post(f"/api/v1/conversations/{shopper.id}/read", json={"seq": seq}, headers=shopper.headers)
    expect(receipt).to_have_text("已读", timeout=15_000)


def test_a_sent_suggestion_tells_its_script_and_an_older_message_is_pointed_at(desk: Desk) -> None:
    page = desk.agent("lan")
    desk.shell.engine.suggest = lambda body: suggestions([f"答：{body.get('text')}"])
    shopper = taken(desk, page)
    shopper.ask("M码有货吗")
    shopper.ask("还有别的颜色吗")
    expect(page.locator("#suggestions")).to_contain_text("答：还有别的颜色吗", timeout=15_000)
    message(page, "M码有货吗").get_by_role("button", name="为「M码有货吗」找建议").click()
    expect(message(page, "M码有货吗")).to_have_class(re.compile("target"))
    expect(page.locator("#suggestions")).to_contain_text("答：M码有货吗", timeout=15_000)
    # Suggestions that have just changed want a look before they are sent.
    page.wait_for_timeout(1_000)
    page.keyboard.press("Alt+1")
    expect(message(page, "答：M码有货吗").locator(".why")).to_contain_text("s_stock", timeout=15_000)


def test_what_the_bot_was_about_to_say_is_there_to_be_used(desk: Desk) -> None:
    page = desk.agent("lan")
    shopper = taken(desk, page)
    with writing(desk.shell.services.database) as session:
        row = session.scalar(select(Message).where(Message.conversation_id == shopper.id, Message.sender == "shopper"))
        assert row is not None
        row.trace = {**(row.trace or {}), "held": ["机器人原本的话"]}
    shopper.ask("在吗")
    held = log(page).locator(".held")
    expect(held).to_contain_text("机器人原本的话", timeout=15_000)
    held.get_by_role("button", name="放入输入框").click()
    expect(page.get_by_role("textbox", name="回复内容")).to_have_value("机器人原本的话")


def test_a_note_stands_in_the_talk_and_the_shopper_never_sees_it(desk: Desk) -> None:
    lan, lead = desk.agent("lan"), desk.agent("lead", "supervisor")
    shopper = taken(desk, lan)
    lead.goto(f"{desk.shell.address}/desk?talk={shopper.id}")
    expect(log(lead)).to_contain_text("转人工", timeout=15_000)
    lan.keyboard.press("Alt+m")
    lan.keyboard.type("已答应明天回电")
    lan.keyboard.press("Enter")
    for page in (lan, lead):
        expect(log(page).locator(".note")).to_contain_text("已答应明天回电", timeout=15_000)
        expect(log(page).locator(".note")).to_contain_text("小lan")
    assert "已答应明天回电" not in str(shopper.messages())


def test_a_message_is_taken_back_and_both_sides_see_it(desk: Desk) -> None:
    page = desk.agent("lan")
    shopper = taken(desk, page)
    say(page, "发错人了的话")
    message(page, "发错人了的话").get_by_role("button", name="撤回").click()
    row = message(page, "发错人了的话")
    expect(row.locator(".foot")).to_contain_text("已撤回", timeout=15_000)
    assert shopper.texts()[-1] == "客服已撤回一条消息。"
    say(page, "又错了的话")
    page.locator("#talk .scroller").focus()
    page.keyboard.press("Alt+z")
    expect(message(page, "又错了的话").locator(".foot")).to_contain_text("已撤回", timeout=15_000)
    say(page, "这句留着。")
    with writing(desk.shell.services.database) as session:
        last = session.scalars(select(Message).where(Message.conversation_id == shopper.id).order_by(Message.seq.desc()).limit(1)).one()
        last.at = last.at - timedelta(seconds=121)
    page.reload()
    expect(message(page, "这句留着。")).to_be_visible(timeout=15_000)
    expect(message(page, "这句留着。").get_by_role("button", name="撤回")).to_have_count(0)
    expect(message(page, "发错人了的话").locator(".foot")).to_contain_text("已撤回")


def test_the_shoppers_open_window_shows_the_recall_at_once(desk: Desk) -> None:
    page = desk.agent("lan")
    window = desk.visit(f"{desk.shell.address}/chat")
    window.get_by_role("textbox").fill("转人工")
    desk.shell.engine.answer = lambda body: turn(
        bubble("马上为您转人工。", card={"hand_over": {"reason": "asked", "summary": "x"}}), intent="request_human"
    )
    window.keyboard.press("Enter")
    page.locator("#inbox .take:visible").first.click(timeout=15_000)
    expect(log(page)).to_contain_text("转人工", timeout=15_000)
    say(page, "发错人了的话")
    expect(window.get_by_text("发错人了的话", exact=True)).to_be_visible(timeout=15_000)
    message(page, "发错人了的话").get_by_role("button", name="撤回").click()
    expect(window.locator(".system", has_text="客服已撤回一条消息。")).to_be_visible(timeout=15_000)
    expect(window.get_by_text("发错人了的话", exact=True)).to_have_count(0)


def test_a_pasted_screenshot_is_looked_at_sent_and_seen(desk: Desk) -> None:
    page = desk.agent("lan")
    shopper = taken(desk, page)
    field = page.get_by_role("textbox", name="回复内容")
    field.fill("写到一半的话")
    paste(page, picture("PNG", (640, 400)))
    expect(page.get_by_role("dialog").locator("img")).to_be_visible(timeout=15_000)
    page.keyboard.press("Enter")
    expect(log(page).locator(".agent .picture img")).to_be_visible(timeout=15_000)
    expect(field).to_have_value("写到一半的话")
    sent = shopper.messages()[-1]
    file = sent["attachments"][0]["id"]
    answer = shopper._http.get(f"/api/v1/conversations/{shopper.id}/attachments/{file}", headers=shopper.headers)
    assert (sent["from"], answer.status_code) == ("agent", 200)


def test_photos_are_dropped_and_what_is_no_picture_is_refused_with_a_reason(desk: Desk) -> None:
    page = desk.agent("lan")
    shopper = taken(desk, page)
    drop = """([bytes, type, name]) => {
      const data = new DataTransfer();
      data.items.add(new File([new Uint8Array(bytes)], name, { type }));
      const list = document.querySelector("#talk .scroller");
      for (const kind of ["dragenter", "dragover", "drop"]) {
        list.dispatchEvent(new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true }));
      }
    }"""
    page.evaluate(drop, [list(b"%PDF-1.7"), "application/pdf", "a.pdf"])
    expect(page.locator("#toasts")).to_contain_text("只能发 JPEG")
    page.evaluate(drop, [list(b"no picture at all"), "image/png", "a.png"])
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="发送").click()
    expect(dialog.get_by_role("alert")).to_contain_text("只能发 JPEG", timeout=15_000)
    dialog.get_by_role("button", name="取消").click()
    page.evaluate(drop, [list(picture("PNG")), "image/png", "b.png"])
    dialog.get_by_role("button", name="发送").click()
    expect(log(page).locator(".agent .picture")).to_have_count(1, timeout=15_000)
    assert len(shopper.messages()[-1]["attachments"]) == 1


def test_nobody_elses_talk_gets_a_picture_and_an_erased_one_says_so(desk: Desk) -> None:
    page = desk.agent("lan")
    shopper = desk.shopper(None, "你好")
    page.goto(f"{desk.shell.address}/desk?talk={shopper.id}")
    expect(message(page, "你好")).to_be_visible(timeout=15_000)
    page.locator("#talk .scroller").focus()
    paste(page, picture("PNG"))
    expect(page.locator("#toasts")).to_contain_text("先接待这个会话")
    shopper._http.delete(f"/api/v1/conversations/{shopper.id}", headers=shopper.headers)
    expect(page.locator("#talk")).to_contain_text("顾客删除了这个会话", timeout=15_000)
    expect(log(page).locator(".message")).to_have_count(0)


def test_what_came_while_another_talk_was_open_is_marked(desk: Desk) -> None:
    page = desk.agent("lan")
    first = taken(desk, page)
    taken(desk, page, "c05")
    expect(page.locator("#owner")).to_contain_text("冯女士", timeout=15_000)
    for text in ("后来的一件事", "又一件事"):
        first.ask(text)
    row = page.locator("#inbox li", has_text="又一件事")
    expect(row.locator(".badge")).to_contain_text("2", timeout=15_000)
    row.locator(".open").click()
    expect(message(page, "又一件事")).to_be_visible(timeout=15_000)
    order = log(page).evaluate("list => [...list.children].map((one) => one.className.includes('fresh') ? 'fresh' : one.textContent)")
    assert "后来的一件事" in order[order.index("fresh") + 1]


def test_a_picture_that_could_not_be_sent_is_tried_again_and_sent_once(desk: Desk) -> None:
    page = desk.agent("lan")
    shopper = taken(desk, page)
    before = len(shopper.messages())
    page.route("**/talks/*/messages", lambda route: route.abort())
    page.get_by_role("textbox", name="回复内容").focus()
    paste(page, picture("PNG"))
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="发送").click(timeout=15_000)
    expect(dialog.get_by_role("alert")).to_contain_text("网络不通", timeout=15_000)
    page.unroute("**/talks/*/messages")
    dialog.get_by_role("button", name="再试一次").click()
    expect(log(page).locator(".agent .picture")).to_have_count(1, timeout=15_000)
    assert len(shopper.messages()) == before + 1


def test_photos_are_enlarged_by_keyboard(desk: Desk) -> None:
    page = desk.agent("lan")
    shopper = taken(desk, page)
    for size in ((400, 300), (300, 400)):
        file = shopper.upload(picture("JPEG", size))["id"]
        body = {"client_id": str(uuid4()), "attachment_ids": [file]}
        shopper._http.post(f"/api/v1/conversations/{shopper.id}/messages", json=body, headers=shopper.headers)
    expect(log(page).locator(".picture img")).to_have_count(2, timeout=15_000)
    page.keyboard.press("Alt+v")
    viewer = page.locator("dialog.viewer")
    expect(viewer).to_contain_text("第 2 张，共 2 张")
    page.keyboard.press("ArrowLeft")
    expect(viewer).to_contain_text("第 1 张，共 2 张")
    # A picture that is not there yet has no width.
    stage = viewer.locator(".stage img")
    expect(stage).to_have_js_property("naturalWidth", 400)
    width = stage.evaluate("image => image.getBoundingClientRect().width")
    page.keyboard.press("+")
    expect(viewer.locator(".stage")).to_have_class(re.compile("large"))
    assert stage.evaluate("image => image.getBoundingClientRect().width") > width
    page.keyboard.press("Escape")
    expect(viewer).to_have_count(0)


def test_a_shopper_is_blocked_told_and_let_in_again(desk: Desk) -> None:
    page = desk.agent("lan")
    shopper = taken(desk, page, "c07")
    page.get_by_role("button", name="拉黑").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="拉黑").click()
    expect(dialog.get_by_role("alert")).to_contain_text("请写明原因")
    dialog.get_by_label("原因").fill("两次提醒后仍辱骂")
    dialog.get_by_role("button", name="拉黑").click()
    expect(page.locator("#talk .blocked")).to_contain_text("两次提醒后仍辱骂", timeout=15_000)
    body = {"client_id": str(uuid4()), "text": "喂"}
    path = f"/api/v1/conversations/{shopper.id}/messages"
    assert shopper._http.post(path, json=body, headers=shopper.headers).status_code == 403
    # That the door is shut is stored first, then said.
    desk.until(lambda: any("很抱歉" in text for text in shopper.texts()))
    assert "辱骂" not in str(shopper.messages())
    page.locator("#talk .blocked").get_by_role("button", name="解除拉黑").click()
    page.get_by_role("dialog").get_by_role("button", name="解除拉黑").click()
    expect(page.locator("#talk .blocked")).to_have_count(0, timeout=15_000)
    assert shopper._http.post(path, json=body, headers=shopper.headers).status_code == 202


def test_what_was_missed_while_the_line_was_down_is_caught_up(desk: Desk) -> None:
    page = desk.agent("lan")
    shopper = taken(desk, page)
    say(page, "您好，我在。")
    page.context.set_offline(True)
    for number in range(3):
        shopper.ask(f"断线时的第{number}句")
    page.context.set_offline(False)
    for number in range(3):
        expect(message(page, f"断线时的第{number}句")).to_be_visible(timeout=30_000)


def test_the_list_is_walked_by_arrows_and_enter_points_at_a_message(desk: Desk) -> None:
    page = desk.agent("lan")
    shopper = taken(desk, page)
    shopper.ask("M码有货吗")
    shopper.ask("还有别的颜色吗")
    expect(message(page, "还有别的颜色吗")).to_be_visible(timeout=15_000)
    page.keyboard.press("Alt+h")
    expect(message(page, "还有别的颜色吗")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(message(page, "M码有货吗")).to_be_focused()
    page.keyboard.press("Enter")
    expect(message(page, "M码有货吗")).to_have_class(re.compile("target"))


def test_no_key_of_the_desk_means_two_things(desk: Desk) -> None:
    page = desk.agent("lan")
    page.locator("body").press("?")
    keys = page.get_by_role("dialog").locator("kbd").all_text_contents()
    assert len(keys) > 20
    assert sorted(keys) == sorted(set(keys))


def test_on_a_phone_nothing_is_cut_off(desk: Desk) -> None:
    page = desk.agent("lan", phone=True)
    shopper = taken(desk, page)
    shopper.ask("很长的一句话" * 40 + " https://shop.example/" + "x" * 120)
    expect(message(page, "很长的一句话")).to_be_visible(timeout=15_000)
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    box = page.locator("#talk .scroller").bounding_box()
    assert box is not None
    assert box["height"] > 150, "messages are seen beside suggestions and composer"


@pytest.mark.parametrize("look", ["light", "dark", "phone"])
def test_the_audit_finds_nothing_serious(desk: Desk, look: str) -> None:
    page = desk.agent("lan", phone=look == "phone", color_scheme="dark" if look == "dark" else "light")
    page.emulate_media(reduced_motion="reduce")
    shopper = taken(desk, page)
    file = shopper.upload(picture())["id"]
    shopper._http.post(
        f"/api/v1/conversations/{shopper.id}/messages", json={"client_id": str(uuid4()), "attachment_ids": [file]}, headers=shopper.headers
    )
    say(page, "您好，我来为您看看。")
    page.locator("#talk .scroller").focus()
    page.keyboard.press("Alt+z")
    expect(log(page).locator(".recalled")).to_have_count(1, timeout=15_000)
    page.keyboard.press("Alt+m")
    page.keyboard.type("备注")
    page.keyboard.press("Enter")
    expect(log(page).locator(".note")).to_have_count(1, timeout=15_000)
    assert serious(page, "#talk") == []
    page.keyboard.press("Alt+v")
    expect(page.locator("dialog.viewer")).to_be_visible()
    assert serious(page, "dialog.viewer") == []
