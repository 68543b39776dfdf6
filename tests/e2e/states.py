"""Every state the window can be in, made in a few steps: for the audit and for the screenshots."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from playwright.sync_api import Page, Route, expect

from policy.lifecycle import Lifecycle
from policy.parameters import load_parameters
from shop.returns import Returns
from shop.staff_sessions import Login
from shop.tickets import Tickets
from tests.e2e.shell import Shell
from tests.e2e.steps import box, dialog, launcher, log, say, shop_page, start, talk_id
from tests.gateway.support import bubble, picture, turn

STATES: dict[str, Callable[[Shell, Page], None]] = {}
# A customer of the demonstration shop with orders in every state, and one of them with a parcel on its way.
CUSTOMER = "c05"


def state(name: str) -> Callable[[Callable[[Shell, Page], None]], Callable[[Shell, Page], None]]:
    def keep(make: Callable[[Shell, Page], None]) -> Callable[[Shell, Page], None]:
        STATES[name] = make
        return make

    return keep


def visit(shell: Shell, page: Page, attributes: str = "") -> None:
    page.goto(shop_page(shell, "/state", attributes, body="<p>商品说明</p>"))
    expect(launcher(page)).to_be_visible()


def signed(shell: Shell, customer: str = CUSTOMER) -> str:
    return f'data-identity="{shell.services.identities.sign(customer)}"'


def shows(shell: Shell, kind: str, subject: str, text: str) -> None:
    shell.engine.answer = lambda body: turn(bubble(text, card={"show": {"kind": kind, "id": subject}}))


def asked(shell: Shell, page: Page, question: str, selector: str, attributes: str = "") -> None:
    visit(shell, page, attributes or signed(shell))
    start(page)
    say(page, question)
    expect(log(page).locator(selector).first).to_be_visible()
    expect(log(page).locator(".dots")).to_have_count(0)


@state("closed")
def closed(shell: Shell, page: Page) -> None:
    visit(shell, page)


@state("open")
def opened(shell: Shell, page: Page) -> None:
    visit(shell, page, 'data-product="p1001"')
    start(page)


@state("unread")
def unread(shell: Shell, page: Page) -> None:
    give = shell.holds(turn(bubble("您的包裹今天下午送到，送货前会给您打电话。")))
    visit(shell, page)
    start(page)
    say(page, "帮我查一下那个包裹到哪里了")
    page.get_by_role("button", name="收起对话").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    give()
    expect(page.locator("xiaoer-chat .preview")).to_be_visible()


@state("quick-replies")
def quick_replies(shell: Shell, page: Page) -> None:
    buttons = [{"title": title, "payload": "/affirm"} for title in ("退货退款", "换一件", "先不处理")]
    shell.engine.answer = lambda body: turn(bubble("收到，给您添麻烦了。"), bubble("您想怎么处理？", buttons=buttons))
    visit(shell, page)
    start(page)
    say(page, "收到的裙子袖口开线了")
    expect(log(page).get_by_role("button", name="换一件")).to_be_visible()


@state("orders")
def orders(shell: Shell, page: Page) -> None:
    numbers = [order.order_id for order in shell.services.shop.orders_of(CUSTOMER)]
    buttons = [{"title": f"订单{number[-4:]}", "payload": f'/track_parcel{{"order_number": "{number}"}}'} for number in numbers]
    shell.engine.answer = lambda body: turn(bubble("请问是哪一笔订单？", buttons=buttons))
    asked(shell, page, "我想查一下物流信息", ".card")


@state("product")
def product(shell: Shell, page: Page) -> None:
    shows(shell, "product", "p1001", "这款目前有现货，付款后当天发出。")
    asked(shell, page, "这条裙子现在有货吗", ".card")


@state("sizes")
def sizes(shell: Shell, page: Page) -> None:
    shows(shell, "sizes", "p1001", "这是这款的尺码表，单位已标在表头。")
    asked(shell, page, "有尺码表可以看看吗", "table")


@state("timeline")
def timeline(shell: Shell, page: Page) -> None:
    customer, order = next(
        (f"c{n:02}", order.order_id) for n in range(1, 20) for order in shell.services.shop.orders_of(f"c{n:02}") if len(order.scans) > 1
    )
    shows(shell, "timeline", order, "包裹在路上，最新位置在下面。")
    asked(shell, page, "我的快递现在到哪里了", ".card", signed(shell, customer))


@state("return-progress")
def return_progress(shell: Shell, page: Page) -> None:
    services = shell.services
    order = next(one for one in services.shop.orders_of(CUSTOMER) if one.signed_at is not None)
    tickets = Tickets(services.database, services.settings.shop_id, services.clock)
    ticket = tickets.open("return", conversation_id=None, order_id=order.order_id, customer_id=CUSTOMER)
    if ticket.created:
        rules = Lifecycle(load_parameters())
        Returns(services.database, services.settings.shop_id, services.clock, rules).approve(ticket.id, remedy="return_refund")
    shows(shell, "progress", ticket.id, "退货正在进行，走到哪一步都在下面。")
    asked(shell, page, "我的退货现在到哪一步了", ".card")


@state("agent")
def agent(shell: Shell, page: Page) -> None:
    """An agent has taken the talk and spoken."""
    waiting(shell, page)
    services = shell.services
    found = next((one for one in services.staff.all() if one.number == "012"), None)
    member = found or services.staff.add("lin012", "林", "012", "agent")[0]
    talk = services.store.talk(talk_id(page))
    assert talk is not None
    taken = shell.run(services.desk.take(member, talk))
    shell.run(services.desk.say(Login(member, "csrf", "session", None), taken, str(uuid4()), "您好，您的问题我来处理。"))
    expect(log(page).get_by_text("您好，您的问题我来处理。")).to_be_visible()


@state("bubble-menu")
def bubble_menu(shell: Shell, page: Page) -> None:
    """What can be done with a bubble: copied, quoted."""
    visit(shell, page)
    start(page)
    say(page, "这句话待会儿要引用一下")
    expect(log(page).get_by_text("echo 这句话待会儿")).to_be_visible()
    tool = page.get_by_role("button", name=re.compile("echo 这句话待会儿.*的操作"))
    tool.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="引用", exact=True)).to_be_visible()


@state("long-text")
def long_text(shell: Shell, page: Page) -> None:
    shell.engine.answer = lambda body: turn(bubble("洗护说明：" + "冷水手洗，不可漂白，阴凉处晾干。" * 40))
    visit(shell, page)
    start(page)
    say(page, "这件衣服应该怎么洗，说详细一点")
    expect(log(page).get_by_role("button", name="展开")).to_be_visible()


@state("waiting")
def waiting(shell: Shell, page: Page) -> None:
    shell.engine.answer = lambda body: turn(bubble("好的，马上为您转接。", card={"hand_over": {"reason": "asked"}}))
    visit(shell, page)
    start(page)
    dialog(page).locator("header").get_by_role("button", name="转人工").click()
    expect(page.locator("xiaoer-chat .bar").first).to_contain_text(re.compile("排在第"))


def told(page: Page, **change: dict[str, Any]) -> None:
    """The shop's settings as they are, but for this."""

    def answer(route: Route) -> None:
        found = route.fetch()
        body = found.json()
        route.fulfill(response=found, json=body | {name: body[name] | value for name, value in change.items()})

    page.route("**/api/v1/shops/*/widget", answer)


@state("consent")
def consent(shell: Shell, page: Page) -> None:
    told(page, privacy={"text": "对话保存一年，只用于售后服务。", "link": "https://shop.example/privacy", "ask": True})
    visit(shell, page)
    launcher(page).click()
    expect(dialog(page).get_by_role("button", name="同意并开始")).to_be_focused()


@state("leave-a-message")
def leave_a_message(shell: Shell, page: Page) -> None:
    told(page, people={"open": False, "opens_at": "2026-11-19T10:00:00+08:00"})
    shell.engine.answer = lambda body: turn(bubble("好的，已经为您记下。", card={"hand_over": {"reason": "asked"}}))
    visit(shell, page)
    start(page)
    dialog(page).locator("header").get_by_role("button", name="转人工").click()
    expect(page.locator("xiaoer-chat .bar").first).to_contain_text("请直接留言")


@state("photo")
def photo(shell: Shell, page: Page) -> None:
    visit(shell, page)
    start(page)
    page.locator("xiaoer-chat input[type=file]").first.set_input_files(
        {"name": "裙子.jpg", "mimeType": "image/jpeg", "buffer": picture(size=(300, 200))}
    )
    # Nothing is sent before the photo is with the shop.
    expect(page.locator("xiaoer-chat .file:not(.busy) img")).to_be_visible()
    say(page, "这里开线了，麻烦看一下照片")
    expect(log(page).get_by_text("echo 这里开线")).to_be_visible()


@state("menu")
def menu(shell: Shell, page: Page) -> None:
    visit(shell, page)
    start(page)
    page.get_by_role("button", name="更多").click()
    expect(page.get_by_role("checkbox", name="接收新品")).to_be_enabled()


@state("erase")
def erase(shell: Shell, page: Page) -> None:
    menu(shell, page)
    page.get_by_role("button", name="删除我的对话").click()
    expect(page.get_by_role("button", name="确定删除")).to_be_visible()


@state("rating")
def rating(shell: Shell, page: Page) -> None:
    visit(shell, page)
    start(page)
    page.get_by_role("button", name="更多").click()
    page.get_by_role("button", name="评价本次服务").click()
    page.get_by_role("button", name="4 星").click()
    expect(page.get_by_role("textbox", name="想补充的话")).to_be_visible()


@state("order-at-hand")
def order_at_hand(shell: Shell, page: Page) -> None:
    visit(shell, page, f'{signed(shell)} data-order="880000000009"')
    start(page)
    box(page).fill("写了一半的话")


@state("offline")
def offline(shell: Shell, page: Page) -> None:
    visit(shell, page)
    start(page)
    page.context.set_offline(True)
    say(page, "没有网络时写下的一句话")
    expect(log(page).get_by_text("发送中")).to_be_visible()


@state("failed")
def failed(shell: Shell, page: Page) -> None:
    shell.engine.goes_down()
    visit(shell, page)
    start(page)
    say(page, "我的快递到哪里了，帮我查查")
    expect(log(page).get_by_role("button", name="再试一次")).to_be_visible()


@state("colour")
def colour(shell: Shell, page: Page) -> None:
    shell.engine.answer = lambda body: turn(bubble("好的", buttons=[{"title": "是", "payload": "/affirm"}]))
    visit(shell, page, 'data-color="#ffe14d"')
    start(page)
    say(page, "换成店铺颜色再看一看")
    expect(log(page).get_by_role("button", name="是", exact=True)).to_be_visible()


@state("traditional")
def traditional(shell: Shell, page: Page) -> None:
    visit(shell, page, 'data-lang="zh-Hant"')
    launcher(page).click()
    expect(page.get_by_role("textbox", name="訊息內容")).to_be_visible()
    expect(log(page)).to_contain_text("自动助手")
