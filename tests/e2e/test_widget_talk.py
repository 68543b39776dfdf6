"""What stands in the message list and how things are sent, in Chromium: on a desk and on a phone.

Rows 3, 9–12 of the features to beat, photos and videos, links, long texts, copy and quote.
"""

from __future__ import annotations

import itertools
import re
from datetime import UTC

import pytest
from playwright.sync_api import expect

from policy.lifecycle import Lifecycle
from policy.parameters import load_parameters
from shop.returns import Returns
from shop.tickets import Tickets
from tests.e2e.conftest import Open
from tests.e2e.shell import Shell
from tests.e2e.talk import SIZES, begin, log, reopen, say
from tests.gateway.support import bubble, turn

pytestmark = pytest.mark.browser


def numbers(shell: Shell, customer: str) -> list[str]:
    return [order.order_id for order in shell.services.shop.orders_of(customer)]


def asks_which(shell: Shell, customer: str) -> None:
    """The bot asks which order is meant."""
    buttons = [{"title": f"订单{n[-4:]}", "payload": f'/track_parcel{{"order_number": "{n}"}}'} for n in numbers(shell, customer)[:3]]
    shell.engine.answer = lambda body: turn(bubble("请问是哪一单？", buttons=buttons))


BOTH = [{"title": "换一件", "payload": "/a"}, {"title": "退货", "payload": "/b"}]
# When which of these words was first seen in the list, whether somebody was typing then, and how long after it had come. Seen: by the
# clock as the window read it when it drew; whoever looks on comes later than that on a machine that has other work.
WATCH = """(words) => {
  const now = performance.now.bind(performance);
  let read = now();
  performance.now = () => (read = now());
  window.seen = [];
  const came = {};
  const log = document.querySelector("xiaoer-chat").shadowRoot.querySelector(".log");
  document.addEventListener("xiaoer:message", ({ detail }) => (came[detail.text] ??= now()));
  new MutationObserver(() => {
    for (const word of words) {
      if (!log.textContent.includes(word) || seen.some((one) => one[0] === word)) continue;
      seen.push([word, read, Boolean(log.querySelector(".dots")), read - (came[word] ?? read)]);
    }
  }).observe(log, { childList: true, subtree: true });
}"""
NOT_WIDER = """() => {
  const log = document.querySelector("xiaoer-chat").shadowRoot.querySelector(".log");
  return log.scrollWidth <= log.clientWidth;
}"""


@SIZES
def test_a_used_button_stays_readable_and_cannot_be_pressed_again(shell: Shell, visit: Open, phone: bool) -> None:
    shell.engine.answer = lambda body: turn(bubble("退还是换？", buttons=BOTH))
    page = begin(shell, visit, phone=phone)
    say(page, "开线了")
    expect(log(page).locator(".chips button")).to_have_text(["换一件", "退货"])
    shell.engine.answer = lambda body: turn(bubble("好的"))
    page.get_by_role("button", name="换一件").click()
    used = log(page).locator(".used button")
    expect(used).to_have_text(["换一件", "退货"])
    expect(used.first).to_be_disabled()
    expect(used.first).to_have_attribute("aria-pressed", "true")
    assert used.first.evaluate("node => getComputedStyle(node).opacity") == "1"
    expect(log(page).locator(".chips button")).to_have_count(0)
    reopen(page)
    expect(used).to_have_text(["换一件", "退货"])
    expect(used.nth(1)).to_have_attribute("aria-pressed", "false")


@SIZES
def test_the_question_which_order_is_a_picker(shell: Shell, visit: Open, phone: bool) -> None:
    asks_which(shell, "c05")
    page = begin(shell, visit, customer="c05", phone=phone)
    say(page, "我的快递呢")
    cards = log(page).locator(".orders > li")
    expect(cards).to_have_count(3)
    first = shell.services.shop.orders_of("c05")[0]
    expect(cards.first).to_contain_text(first.product.name)
    expect(cards.first).to_contain_text(first.order_id)
    expect(cards.first.get_by_role("img", name=first.product.name)).to_be_visible()
    assert cards.first.get_by_role("img").evaluate("async image => (await image.decode(), image.naturalWidth)") > 0
    # The same buttons are not shown twice.
    expect(log(page).locator(".chips button")).to_have_count(0)
    shell.engine.answer = lambda body: turn(bubble("在路上"))
    page.get_by_role("button", name=re.compile(f"^选这单，{first.product.name}")).click()
    expect(log(page)).to_contain_text("在路上")
    assert shell.engine.turns[-1]["payload"] == f'/track_parcel{{"order_number": "{first.order_id}"}}'
    expect(cards.first.get_by_role("button")).to_be_disabled()


@SIZES
def test_my_orders_open_above_the_input_with_what_can_be_done(shell: Shell, visit: Open, phone: bool) -> None:
    page = begin(shell, visit, customer="c05", phone=phone)
    opener = page.get_by_role("button", name="我的订单", exact=True)
    opener.click()
    sheet = page.get_by_role("region", name="我的订单")
    expect(sheet.locator("li")).to_have_count(len(numbers(shell, "c05")))
    expect(opener).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    expect(opener).to_be_focused()
    opener.click()
    unsent = next(order for order in shell.services.shop.orders_of("c05") if order.state == "paid")
    page.get_by_role("button", name=f"催发货，{unsent.product.name} {unsent.order_id[-4:]}").click()
    expect(sheet).to_be_hidden()
    expect(log(page).locator(".row.me .bubble").last).to_contain_text("催发货")
    expect(log(page)).to_contain_text("echo /urge_dispatch")
    assert unsent.order_id in shell.engine.turns[-1]["payload"]


def test_without_an_account_the_order_button_says_what_helps(shell: Shell, visit: Open) -> None:
    page = begin(shell, visit)
    page.get_by_role("button", name="我的订单", exact=True).click()
    expect(page.locator("xiaoer-chat .hint")).to_contain_text("手机号后四位")
    expect(page.get_by_role("region", name="我的订单")).to_be_hidden()


def test_a_products_card_comes_with_its_page_and_when_it_is_spoken_of(shell: Shell, visit: Open) -> None:
    page = begin(shell, visit, product="p1001")
    product = shell.services.shop.product("p1001")
    assert product is not None
    card = log(page).get_by_role("group", name=f"商品，{product.name}")
    expect(card).to_contain_text(f"¥{product.price.normalize():f}")
    link = card.get_by_role("link")
    expect(link).to_have_attribute("target", "_blank")
    expect(link).to_have_attribute("rel", "noopener noreferrer")
    expect(link).to_have_attribute("href", f"{shell.address}/#/p/p1001")
    other = shell.services.shop.product("p1002")
    assert other is not None
    shell.engine.answer = lambda body: turn(bubble("纯棉的。", card={"show": {"kind": "product", "id": "p1002"}}))
    say(page, "那件T恤是什么料子")
    expect(log(page).get_by_role("group", name=f"商品，{other.name}")).to_be_visible()


@SIZES
def test_a_size_chart_is_a_table_that_can_be_read_by_its_heads(shell: Shell, visit: Open, phone: bool) -> None:
    shell.engine.answer = lambda body: turn(bubble("尺码如下", card={"show": {"kind": "sizes", "id": "p1001"}}))
    page = begin(shell, visit, phone=phone)
    say(page, "尺码表")
    table = log(page).get_by_role("table", name=re.compile("尺码表$"))
    expect(table.get_by_role("columnheader").nth(1)).to_contain_text("身高")
    expect(table.get_by_role("rowheader")).to_have_text(["S", "M", "L", "XL"])
    expect(table.get_by_role("row", name=re.compile("^M")).get_by_role("cell").first).to_have_text("156–163")
    # Wider than a phone it is moved inside its own frame; the list itself never is.
    assert page.evaluate(NOT_WIDER)


def test_a_parcels_journey_is_drawn_with_the_newest_scan_marked(shell: Shell, visit: Open) -> None:
    customer, order = next((f"c{n:02}", o) for n in range(1, 20) for o in shell.services.shop.orders_of(f"c{n:02}") if len(o.scans) > 1)
    shell.engine.answer = lambda body: turn(bubble("在路上", card={"show": {"kind": "timeline", "id": order.order_id}}))
    page = begin(shell, visit, customer=customer)
    say(page, "到哪了")
    journey = log(page).get_by_role("group", name=re.compile("^物流进度"))
    expect(journey).to_contain_text(order.tracking or "")
    now = journey.locator("li[aria-current=step]")
    expect(now).to_have_count(1)
    newest = max(order.scans, key=lambda scan: scan.at)
    expect(now).to_contain_text(newest.place)
    expect(now.locator("time")).to_have_attribute("datetime", re.compile(newest.at.astimezone(UTC).strftime("^%Y-%m-%dT%H:%M")))
    assert now.evaluate("node => getComputedStyle(node, '::before').borderRadius") == "50%"


def test_how_far_a_return_is_is_drawn_step_by_step(shell: Shell, visit: Open) -> None:
    services = shell.services
    order = next(o for o in services.shop.orders_of("c06") if o.state in ("received", "confirmed"))
    where = (services.database, "demo", services.clock)
    ticket = Tickets(*where).open("return", conversation_id="t", order_id=order.order_id, customer_id="c06")
    returns = Returns(*where, Lifecycle(load_parameters()))
    returns.approve(ticket.id, remedy="exchange")
    returns.sent_back(ticket.id, "YT123")
    shell.engine.answer = lambda body: turn(bubble("已寄出", card={"show": {"kind": "progress", "id": ticket.id}}))
    page = begin(shell, visit, customer="c06")
    say(page, "退货到哪一步")
    steps = log(page).locator(".steps li")
    expect(steps).to_have_count(5)
    expect(steps.nth(1)).to_contain_text("已完成")
    expect(steps.nth(1).locator("time")).to_be_visible()
    expect(log(page).locator(".steps [aria-current=step]")).to_contain_text("仓库签收")
    expect(steps.nth(4)).to_contain_text("重新寄出，未开始")


def test_bubbles_of_an_answer_come_one_after_the_other(shell: Shell, visit: Open) -> None:
    shell.engine.answer = lambda body: turn(bubble("第一句"), bubble("第二句"), bubble("第三句"))
    page = begin(shell, visit, reduced_motion="reduce")
    page.evaluate(WATCH, ["第一句", "第二句", "第三句"])
    say(page, "你好")
    expect(log(page)).to_contain_text("第三句")
    seen = page.evaluate("seen")
    assert [word for word, *_ in seen] == ["第一句", "第二句", "第三句"]
    gaps = [later[1] - earlier[1] for earlier, later in itertools.pairwise(seen)]
    # With less motion wished the pace stays. Above: a busy machine may be later, never earlier.
    assert all(gap >= 590 for gap in gaps), gaps
    assert min(gaps) < 5000, gaps
    assert [typing for _, _, typing, _ in seen][1:] == [True, False], "the dots stand until the last bubble"
    reopen(page)
    expect(log(page)).to_contain_text("第一句")
    assert log(page).inner_text().count("第三句") == 1, "history has no pace"


def test_what_is_urgent_comes_at_once(shell: Shell, visit: Open) -> None:
    shell.engine.answer = lambda body: turn(bubble("请马上断电"), bubble("远离插座"), bubble("人没事吧"), intent="report_danger")
    page = begin(shell, visit)
    page.evaluate(WATCH, ["请马上断电", "人没事吧"])
    say(page, "插座冒烟")
    expect(log(page)).to_contain_text("人没事吧")
    seen = page.evaluate("seen")
    # With a pace the third would stand there 1.2 s after it has come.
    assert seen[1][3] < 1150, seen


def test_links_show_their_host_and_nothing_else_is_one(shell: Shell, visit: Open) -> None:
    text = "看 https://help.shop.example/a/b?c=1。别点 javascript:alert(1) 或 https://shop.example@evil.example/x <a href=https://evil.example>这里</a>"
    shell.engine.answer = lambda body: turn(bubble(text))
    page = begin(shell, visit)
    say(page, "帮助在哪")
    links = log(page).locator(".bubble a")
    expect(links.first).to_have_attribute("href", "https://help.shop.example/a/b?c=1")
    expect(links.first.locator("b")).to_have_text("help.shop.example")
    expect(links.first).to_have_attribute("rel", "noopener noreferrer")
    expect(links.first).to_have_attribute("target", "_blank")
    hosts = links.evaluate_all("nodes => nodes.map((node) => node.host)")
    assert hosts == ["help.shop.example", "evil.example"], "a deceiving address is no link, markup is text, its bare address shows its host"
    expect(log(page)).to_contain_text("<a href=")


@SIZES
def test_long_texts_are_folded(shell: Shell, visit: Open, phone: bool) -> None:
    shell.engine.answer = lambda body: turn(bubble("很长的说明。" * 120))
    page = begin(shell, visit, phone=phone)
    say(page, "说明")
    folded = log(page).locator(".bubble.folded")
    expect(folded).to_have_count(1)
    height = folded.bounding_box()
    assert height is not None
    assert height["height"] < 320
    more = page.get_by_role("button", name="展开")
    expect(more).to_have_attribute("aria-expanded", "false")
    more.click()
    expect(folded).to_have_count(0)
    page.get_by_role("button", name="收起", exact=True).click()
    expect(folded).to_have_count(1)


def test_older_messages_come_on_scroll_and_the_list_does_not_jump(shell: Shell, visit: Open) -> None:
    shell.engine.answer = lambda body: turn(bubble(f"回答 {body['text']}"))
    page = begin(shell, visit)
    page.evaluate("document.querySelector('xiaoer-chat').panel.client.start()")
    talk = page.evaluate("document.querySelector('xiaoer-chat').panel.client.path")
    token = page.evaluate("document.querySelector('xiaoer-chat').panel.client.headers.Authorization")
    for n in range(45):
        sent = page.request.post(
            f"{shell.address}{talk}/messages?wait=1",
            data={"client_id": f"00000000-0000-4000-8000-{n:012}", "text": f"问题{n}"},
            headers={"Authorization": token},
        )
        assert sent.status == 200
    reopen(page)
    expect(log(page)).to_contain_text("回答 问题44")
    expect(log(page).get_by_text("回答 问题3", exact=True)).to_have_count(0)
    log(page).hover()
    moved = page.evaluate(
        """async () => {
          const log = document.querySelector("xiaoer-chat").shadowRoot.querySelector(".log");
          log.scrollTop = 100;
          log.dispatchEvent(new Event("scroll"));
          const rows = () => [...log.querySelectorAll(".row")];
          const words = (row) => row.querySelector(".bubble").textContent;
          const read = words(rows().find((each) => each.offsetTop - log.offsetTop > 100));
          // By its words: a row whose receipt comes meanwhile is drawn anew.
          const top = () => rows().find((each) => words(each) === read).getBoundingClientRect().top;
          const before = top();
          const count = rows().length;
          for (let n = 0; n < 60 && rows().length === count; n += 1) await new Promise((done) => setTimeout(done, 120));
          return [top() - before, rows().length - count];
        }"""
    )
    assert moved[1] > 30
    assert abs(moved[0]) <= 2
    expect(log(page).get_by_text("回答 问题3", exact=True)).to_have_count(1)


def test_a_message_is_copied_and_quoted_by_keyboard(shell: Shell, visit: Open) -> None:
    page = begin(shell, visit, permissions=["clipboard-read", "clipboard-write"])
    say(page, "发什么快递")
    expect(log(page)).to_contain_text("echo 发什么快递")
    tool = page.get_by_role("button", name="消息「echo 发什么快递」的操作")
    tool.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="复制", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("xiaoer-chat .hint")).to_have_text("已复制")
    assert page.evaluate("navigator.clipboard.readText()") == "echo 发什么快递"
    expect(tool).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="引用", exact=True)).to_be_hidden()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="引用", exact=True).click()
    expect(page.locator("xiaoer-chat .quoting")).to_contain_text("echo 发什么快递")
    expect(page.get_by_role("textbox", name="消息内容")).to_be_focused()
    page.keyboard.type("几天到")
    page.keyboard.press("Enter")
    shown = log(page).locator(".row.me .quote").last
    expect(shown).to_contain_text("自动助手 echo 发什么快递")
    expect(page.locator("xiaoer-chat .quoting")).to_be_hidden()
    expect(log(page)).to_contain_text("echo 几天到")
    reopen(page)
    expect(shown).to_contain_text("自动助手 echo 发什么快递")


def test_a_long_press_opens_the_menu_on_a_phone(shell: Shell, visit: Open) -> None:
    page = begin(shell, visit, phone=True)
    say(page, "在吗")
    said = log(page).get_by_text("echo 在吗")
    # At once, so that no time passes between the two however slow the machine is.
    said.evaluate(
        """(node) => {
          for (const name of ["pointerdown", "pointerup"])
            node.dispatchEvent(new PointerEvent(name, {bubbles: true, composed: true, pointerType: "touch"}));
        }"""
    )
    expect(page.get_by_role("button", name="复制", exact=True)).to_be_hidden()
    said.dispatch_event("pointerdown", {"bubbles": True, "composed": True, "pointerType": "touch"})
    expect(page.get_by_role("button", name="复制", exact=True)).to_be_visible()


def test_short_lines_are_answered_together(shell: Shell, visit: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    # As long as a slow machine needs between two keys, and no quicker than fingers (the window tells of typing every 0.3 s).
    monkeypatch.setattr("gateway.turns.GRACE", 5.0)
    monkeypatch.setattr("gateway.turns.STILL_TYPING", 5.0)
    monkeypatch.setattr(shell.services.turns, "_join_seconds", 30)
    page = begin(shell, visit)
    box = page.get_by_role("textbox", name="消息内容")
    for line in ("那个", "裙子", "有M码吗"):
        box.press_sequentially(line, delay=200)
        box.press("Enter")
    expect(log(page)).to_contain_text("echo 那个，裙子，有M码吗", timeout=30_000)
    assert [body["text"] for body in shell.engine.turns] == ["那个，裙子，有M码吗"]
