"""Beside a talk, in a browser: orders with flags, tickets, approvals, coupons, follow-ups; by mouse, by keyboard, on a phone."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import Locator, Page, expect

from policy.lifecycle import Lifecycle
from policy.parameters import load_parameters
from shop.approvals import Approvals
from shop.returns import Returns
from shop.tickets import Tickets
from tests.e2e.desk.conftest import Desk, Shopper
from tests.e2e.test_widget_accessible import serious

pytestmark = pytest.mark.browser

ORDER = "880000000009"
SOON = 15_000


def where(desk: Desk) -> tuple[object, str, object]:
    services = desk.shell.services
    return services.database, services.settings.shop_id, services.clock


def taken(desk: Desk, customer: str | None = "c05", login: str = "lan", **more: bool) -> tuple[Page, Shopper]:
    """A page on which somebody has this shopper's talk open, and it is theirs."""
    shopper = desk.waiting(customer)
    member = desk.member(login)
    page = desk.agent(login, path=f"/desk?talk={shopper.id}", **more)  # type: ignore[arg-type]
    desk.shell.owner(shopper.id, f"agent:{member.id}")
    return page, shopper


def order(page: Page, number: str = ORDER) -> Locator:
    return page.locator(f"#side [data-order='{number}']")


def asked(desk: Desk, shopper: Shopper, amount: str, kind: str = "compensation") -> str:
    """An approval that the bot asked for in this talk."""
    database, shop, clock = where(desk)
    tickets = Tickets(database, shop, clock)  # type: ignore[arg-type]
    ticket = tickets.open(
        "approval",
        conversation_id=shopper.id,
        order_id=ORDER,
        customer_id="c05",
        waits_for="supervisor",
        fields={"question": "袖口有线头"},
    )
    approvals = Approvals(database, shop, clock, Lifecycle(load_parameters()))  # type: ignore[arg-type]
    return approvals.ask(ticket.id, kind, Decimal(amount), order_id=ORDER, row="cl_03").id


def hears(page: Page, shopper: Shopper, words: str) -> None:
    """Wait until the shopper has read these words."""
    for _ in range(SOON // 250):
        if any(words in text for text in shopper.texts()):
            return
        page.wait_for_timeout(250)
    raise AssertionError(f"{words!r} was never said: {shopper.texts()}")


def test_orders_with_their_parcels_stand_beside_the_talk_and_are_sent_as_cards(desk: Desk) -> None:
    page, shopper = taken(desk)
    expect(page.locator("#side h2").first).to_have_text("冯女士", timeout=SOON)
    expect(order(page)).to_contain_text("已签收")
    expect(order(page)).to_contain_text("¥176.00")
    order(page).get_by_role("button", name="发订单卡片").click()
    hears(page, shopper, ORDER)
    assert shopper.messages()[-1]["card"]["orders"][0]["id"] == ORDER
    assert shopper.messages()[-1]["from"] == "agent"


def test_an_order_is_flagged_in_five_colours_and_a_colleague_sees_it_at_once(desk: Desk) -> None:
    page, shopper = taken(desk, "c02")
    lead = desk.agent("boss", "supervisor", path=f"/desk?talk={shopper.id}")
    number = "880000000004"
    for colour in ("红旗", "黄旗", "绿旗", "蓝旗", "紫旗"):
        order(page, number).get_by_role("button", name="插旗备注").click()
        page.get_by_label(colour).check()
        page.get_by_label("备注", exact=True).fill(f"{colour}：先发这单")
        page.get_by_role("button", name="保存").click()
        expect(order(page, number)).to_contain_text(f"{colour}：先发这单", timeout=SOON)
        expect(order(lead, number)).to_contain_text(f"{colour}：先发这单", timeout=SOON)
    expect(order(page, number)).to_have_class(re.compile("flag-purple"))
    assert "先发这单" not in str(shopper.messages())


def test_who_flags_what_a_colleague_has_changed_meanwhile_loses_nothing(desk: Desk) -> None:
    page, _ = taken(desk, "c03")
    number = "880000000005"
    order(page, number).get_by_role("button", name="插旗备注").click()
    page.get_by_label("备注", exact=True).fill("我的备注")
    desk.shell.services.work.orders.flags.put(number, "blue", "同事的备注", by="s_other")
    page.get_by_role("button", name="保存").click()
    expect(page.locator("dialog .wrong")).to_contain_text("同事刚刚改过", timeout=SOON)
    expect(page.get_by_label("备注", exact=True)).to_have_value("我的备注")


def test_a_ticket_is_opened_closed_and_opened_again(desk: Desk) -> None:
    page, shopper = taken(desk)
    page.locator("#side").get_by_role("button", name="登记工单").click()
    kinds = page.get_by_label("类别").locator("option").all_inner_texts()
    assert len(set(kinds)) == len(kinds), "each kind can be told from the others"
    page.get_by_label("类别").select_option("exchange")
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.locator("dialog .wrong")).to_contain_text("请填写")
    page.get_by_label("是什么事").fill("换成M码")
    page.get_by_role("button", name="登记", exact=True).click()
    ticket = page.locator("#side .ticket", has_text="换成M码")
    expect(ticket).to_contain_text("新建", timeout=SOON)
    hears(page, shopper, "换货")
    expect(page.locator("#talk .deed").last).to_contain_text("登记工单")
    ticket.get_by_role("button", name="办结").click()
    page.get_by_label("怎么解决的").fill("M码已寄出")
    page.locator("dialog").get_by_role("button", name="办结").click()
    closed = page.locator("#side summary", has_text="已关闭的工单")
    expect(closed).to_be_visible(timeout=SOON)
    hears(page, shopper, "办结")
    closed.click()
    page.locator("#side .ticket", has_text="换成M码").get_by_role("button", name="重新打开").click()
    page.get_by_label("为什么重开").fill("又寄错了")
    page.locator("dialog").get_by_role("button", name="重新打开").click()
    expect(page.locator("#side .ticket", has_text="换成M码")).to_contain_text("处理中", timeout=SOON)
    hears(page, shopper, "接着办")
    done = [deed.kind for deed in desk.shell.services.deeds.of_talk(shopper.id)]
    assert done[-3:] == ["ticket_open", "ticket_solve", "ticket_reopen"]
    page.reload()
    page.locator("#side summary", has_text="操作记录").click()
    expect(page.locator("#side .log li").first).to_contain_text("重开工单", timeout=SOON)


@pytest.mark.parametrize(("summary", "meant"), [("质量问题，订单880000000009", ORDER), ("想找客服", "880000000023")])
def test_the_order_that_was_handed_over_is_meant_first(desk: Desk, summary: str, meant: str) -> None:
    shopper = desk.waiting("c05", summary=summary)
    page = desk.agent("lan", path=f"/desk?talk={shopper.id}")
    expect(order(page)).to_be_visible(timeout=SOON)
    for name in ("登记工单", "申请审批"):
        page.locator("#side").get_by_role("button", name=name).click()
        expect(page.get_by_label("哪笔订单")).to_have_value(meant)
        page.keyboard.press("Escape")


def test_why_a_ticket_rests_is_looked_at_before_the_shopper_reads_it(desk: Desk) -> None:
    page, shopper = taken(desk, "c07")
    Tickets(*where(desk)).open("other", conversation_id=shopper.id, customer_id="c07", fields={"text": "问配件"})  # type: ignore[arg-type]
    page.reload()
    ticket = page.locator("#side .ticket", has_text="问配件")
    ticket.get_by_text("更多").click()
    ticket.get_by_role("button", name="暂停").click()
    page.get_by_label("暂停原因").fill("你自己等着，别烦我")
    page.locator("dialog").get_by_role("button", name="暂停").click()
    expect(page.locator("dialog .wrong li").first).to_be_visible(timeout=SOON)
    expect(page.get_by_role("button", name="仍然发出")).to_be_visible()
    page.get_by_label("暂停原因").fill("配件下周到仓")
    expect(page.get_by_role("button", name="仍然发出")).to_be_hidden()
    page.locator("dialog").get_by_role("button", name="暂停").click()
    expect(ticket).to_contain_text("暂停", timeout=SOON)
    hears(page, shopper, "配件下周到仓")


def test_a_return_is_drawn_step_by_step(desk: Desk) -> None:
    page, shopper = taken(desk)
    database, shop, clock = where(desk)
    ticket = Tickets(database, shop, clock).open("return", conversation_id=shopper.id, order_id=ORDER, customer_id="c05")  # type: ignore[arg-type]
    returns = Returns(database, shop, clock, Lifecycle(load_parameters()))  # type: ignore[arg-type]
    returns.approve(ticket.id, remedy="return_refund")
    returns.sent_back(ticket.id, "SF10086")
    page.reload()
    shown = page.locator(f"#side [data-ticket='{ticket.id}']")
    expect(shown.locator(".steps .done")).to_have_count(2, timeout=SOON)
    expect(shown.locator(".steps [aria-current=step]")).to_have_count(1)
    expect(shown).to_contain_text("SF10086")
    shown.get_by_role("button", name="发进度卡片").click()
    hears(page, shopper, ticket.id)


def test_receipt_is_extended_within_authority(desk: Desk) -> None:
    page, shopper = taken(desk, "c04")
    number = "880000000008"
    order(page, number).get_by_role("button", name="延长收货").click()
    page.locator("dialog [name=days]").select_option("7")
    page.get_by_role("button", name="确定").click()
    expect(order(page, number)).to_contain_text("已延长 7 天", timeout=SOON)
    hears(page, shopper, "延长7天")
    order(page, number).get_by_role("button", name="延长收货").click()
    page.locator("dialog [name=days]").select_option("10")
    page.get_by_role("button", name="确定").click()
    expect(page.locator("dialog .wrong")).to_contain_text("要由主管决定", timeout=SOON)
    page.keyboard.press("Escape")


def test_a_coupon_is_given_once(desk: Desk) -> None:
    page, shopper = taken(desk, "c06")
    page.locator("#side summary", has_text="可给的优惠券").click()
    line = page.locator("#side [data-key='coupon-NEW5']")
    line.get_by_role("button", name="给顾客").click()
    page.locator("dialog").get_by_role("button", name="给顾客").click()
    expect(line).to_have_count(0, timeout=SOON)
    hears(page, shopper, "新客立减5元")


def test_a_talk_is_marked_and_comes_back(desk: Desk) -> None:
    page, _ = taken(desk, "c11")
    page.locator("#side").get_by_role("button", name="标记跟进").click()
    page.get_by_label("要做什么").fill("问顾客收到没有")
    page.get_by_role("button", name="保存").click()
    mark = page.locator("#side .follow", has_text="问顾客收到没有")
    expect(mark).to_be_visible(timeout=SOON)
    mark.get_by_role("button", name="已跟进").click()
    expect(mark).to_have_count(0, timeout=SOON)


def test_a_follow_up_is_said_when_its_time_has_come(desk: Desk) -> None:
    shopper, member = desk.waiting("c10"), desk.member("lan")
    page = desk.agent("lan")
    work, clock = desk.shell.services.work, desk.shell.services.clock
    work.follow_ups.mark(shopper.id, member.id, clock.now() + timedelta(seconds=6), "问沙发送到没有")
    work.voice.changed(shopper.id)
    expect(page.locator("#side .due summary")).to_contain_text("之后还有 1 条跟进", timeout=SOON)
    expect(page.locator(".toast", has_text="该跟进了：问沙发送到没有")).to_be_visible(timeout=SOON)
    page.locator("#side .due .now .link").click()
    expect(page.locator("#side h2")).to_have_text("沈先生", timeout=SOON)
    page.locator("#side .due").get_by_role("button", name="已跟进").click()
    expect(page.locator("#side .due .now")).to_have_count(0, timeout=SOON)


def reach(page: Page, approval: str) -> None:
    """Walk to a card of the queue by j and k."""
    cards = page.locator("#queue article").count()
    for key in [*["k"] * cards, *["j"] * cards]:
        if page.evaluate("document.activeElement.dataset.approval") == approval:
            return
        page.keyboard.press(key)
    assert page.evaluate("document.activeElement.dataset.approval") == approval


def test_the_queue_is_decided_with_the_keyboard_alone(desk: Desk) -> None:
    shopper = desk.waiting("c05")
    first, second = asked(desk, shopper, "60"), asked(desk, shopper, "300", "full_refund")
    page = desk.agent("boss", "supervisor", path="/desk/approvals")
    expect(page.locator(f"[data-approval='{second}']")).to_be_visible(timeout=SOON)
    focused = first
    reach(page, focused)
    page.keyboard.press("y")
    page.get_by_label("备注").fill("照片属实")
    page.keyboard.press("Control+Enter")
    expect(page.locator(f"[data-approval='{focused}']")).to_have_count(0, timeout=SOON)
    hears(page, shopper, "已批准")
    other = second
    reach(page, other)
    page.keyboard.press("n")
    page.get_by_label("说明").fill("照片里没有看到破损")
    page.keyboard.press("Control+Enter")
    expect(page.locator(f"[data-approval='{other}']")).to_have_count(0, timeout=SOON)
    hears(page, shopper, "照片里没有看到破损")
    page.get_by_role("button", name="最近 30 天已决定").click()
    expect(page.locator(f"[data-approval='{other}']")).to_contain_text("已拒绝", timeout=SOON)


def test_an_agent_decides_small_sums_beside_the_talk_and_no_large_ones(desk: Desk) -> None:
    page, shopper = taken(desk, "c05", "mei")
    small, large = asked(desk, shopper, "15"), asked(desk, shopper, "400", "full_refund")
    page.reload()
    expect(page.locator(f"#side [data-approval='{large}']")).to_contain_text("等主管决定", timeout=SOON)
    expect(page.locator(f"#side [data-approval='{large}']").get_by_role("button")).to_have_count(0)
    page.locator(f"#side [data-approval='{small}']").get_by_role("button", name="批准").click()
    page.locator("dialog").get_by_role("button", name="批准").click()
    expect(page.locator(f"#side [data-approval='{small}']")).to_contain_text("批准", timeout=SOON)
    hears(page, shopper, "已批准")


def test_the_keyboard_reaches_every_deed(desk: Desk) -> None:
    page, shopper = taken(desk)
    expect(order(page)).to_be_visible(timeout=SOON)
    for key, title in (("Alt+u", "登记工单"), ("Alt+l", "标记跟进"), ("Alt+y", "订单备注")):
        page.keyboard.press(key)
        expect(page.locator("dialog h2")).to_contain_text(title)
        page.keyboard.press("Escape")
        expect(page.locator("dialog")).to_have_count(0)
    before = len(shopper.messages())
    page.keyboard.press("Alt+c")
    expect(page.locator(".toast", has_text="卡片")).to_be_visible(timeout=SOON)
    assert len(shopper.messages()) > before
    page.keyboard.press("Alt+i")
    assert page.evaluate("document.activeElement.closest('#side') !== null")


def overflow(page: Page) -> int:
    """Pixels that a page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@pytest.mark.parametrize("look", ["light", "dark", "phone"])
def test_nobody_is_kept_out(desk: Desk, look: str) -> None:
    phone = look == "phone"
    shopper = desk.waiting("c05")
    asked(desk, shopper, "90")
    Tickets(*where(desk)).open("exchange", conversation_id=shopper.id, customer_id="c05", order_id=ORDER, fields={"text": "换M码"})  # type: ignore[arg-type]
    context = {"color_scheme": "dark"} if look == "dark" else {}
    page = desk.agent("boss", "supervisor", path=f"/desk?talk={shopper.id}", phone=phone, **context)
    page.emulate_media(reduced_motion="reduce")
    if phone:
        # The talk of the address opens first, and shows itself.
        expect(page.locator("body[data-pane=talk]")).to_be_attached(timeout=SOON)
        page.locator("#panes [data-pane=side]").click()
    expect(order(page)).to_be_visible(timeout=SOON)
    assert serious(page, "#side") == []
    order(page).get_by_role("button", name="插旗备注").click()
    assert serious(page, "dialog") == []
    page.keyboard.press("Escape")
    assert overflow(page) <= 0
    page.goto(f"{desk.shell.address}/desk/approvals")
    expect(page.locator("#queue article").first).to_be_visible(timeout=SOON)
    assert serious(page, "html") == []
    if phone:
        page.set_viewport_size({"width": 360, "height": 740})
    assert overflow(page) <= 0
