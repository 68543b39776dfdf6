"""The inbox: boxes, what waits and for how long, live and caught up, unread that cannot be missed, search, and passing talks on."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect
from sqlalchemy import update
from websockets.sync.client import connect

from gateway import events
from shop.db import writing
from shop.models import Message
from tests.e2e.desk.conftest import Desk, Shopper
from tests.e2e.test_widget_accessible import serious

pytestmark = pytest.mark.browser

SOON = 20_000


def row(page: Page, shopper: Shopper) -> Locator:
    return page.locator(f"#inbox li:has([data-talk='{shopper.id}'])")


def owner_bar(page: Page) -> Locator:
    return page.locator("#owner")


def since(desk: Desk, shopper: Shopper, seconds: int) -> None:
    """Let a shopper have written so long ago."""
    at = desk.shell.services.clock.now() - timedelta(seconds=seconds)
    with writing(desk.shell.services.database) as session:
        session.execute(update(Message).where(Message.conversation_id == shopper.id).values(at=at))


def take(desk: Desk, page: Page, shopper: Shopper) -> None:
    row(page, shopper).locator(".take").click(timeout=SOON)
    expect(row(page, shopper).locator(".open")).to_have_attribute("aria-current", "true", timeout=SOON)
    expect(owner_bar(page)).to_contain_text("我在接待", timeout=SOON)


@contextmanager
def line_down(desk: Desk, *pages: Page) -> Iterator[None]:
    """The gateway drops the desks' lines and takes none for a while."""
    hub, most = desk.shell.services.hub, events.MOST_DESKS

    async def drop() -> None:
        for window in list(hub._desks):
            window._lagging = True
            window.put({"type": "pong"})

    events.MOST_DESKS = 0
    try:
        desk.shell.run(drop())
        for page in pages:
            expect(page.locator("#top .line")).to_have_text("连接断开，正在重连…", timeout=SOON)
        yield
    finally:
        events.MOST_DESKS = most


def look(page: Page, state: str) -> None:
    """Let a page be seen, or be behind another one."""
    page.evaluate(
        """(state) => {
          Object.defineProperty(document, "visibilityState", {value: state, configurable: true});
          document.dispatchEvent(new Event("visibilitychange"));
        }""",
        state,
    )


def test_two_agents_and_three_shoppers_at_once(desk: Desk) -> None:
    lan, mei = desk.agent("lan"), desk.agent("mei")
    expect(lan.locator("#inbox")).to_contain_text("现在没有等您的会话")
    first, second, third = desk.waiting("c05"), desk.waiting(), desk.waiting()
    for page in (lan, mei):
        expect(page.locator("#inbox .take:visible")).to_have_count(3, timeout=SOON)
        expect(page).to_have_title(re.compile(r"^\(3\) "))
    take(desk, lan, first)
    take(desk, mei, second)
    expect(lan.locator("#inbox .take:visible")).to_have_count(1)
    expect(mei.locator("#inbox .take:visible")).to_have_count(1)
    expect(row(lan, first).locator(".name")).to_have_text("冯女士")
    expect(row(lan, second)).to_have_count(0)
    assert {desk.owner(first.id), desk.owner(second.id)} == {f"agent:{desk.who('lan')}", f"agent:{desk.who('mei')}"}
    assert any("已经接入" in text for text in first.texts()), "the shopper hears who is there"
    # What the shoppers go on saying reaches whom it is meant for, and counts until it is seen.
    for number in range(3):
        second.ask(f"第{number}句")
    first.ask("给冯女士的那件")
    expect(row(mei, second)).to_contain_text("第2句", timeout=SOON)
    expect(row(mei, second).locator(".badge")).to_have_count(0)
    # Seen while it is open; only what comes after it counts.
    expect(row(lan, first)).to_contain_text("给冯女士的那件", timeout=SOON)
    take(desk, lan, third)
    first.ask("还在吗")
    expect(row(lan, first).locator(".badge")).to_have_text(re.compile("^1"), timeout=SOON)
    row(lan, first).locator(".open").click()
    expect(row(lan, first).locator(".badge")).to_have_count(0)
    lan.get_by_role("button", name="同事").click()
    expect(row(lan, second)).to_contain_text(re.compile(r"\d+ 在接待"))
    expect(row(lan, second)).to_contain_text("在看")
    # One's own talks are no colleague's.
    expect(lan.locator("#inbox [data-box=agents] .count")).to_have_text("1")
    expect(row(lan, first)).to_have_count(0)


def test_the_clock_of_who_waits_and_one_alarm_for_all(desk: Desk) -> None:
    page = desk.agent("lan")
    shoppers = {seconds: desk.waiting() for seconds in (2, 30, 130, 200, 4000)}
    for seconds, shopper in shoppers.items():
        since(desk, shopper, seconds)
    page.reload()
    for seconds, grade in ((2, "aim|wait|late"), (30, "late"), (130, "red"), (200, "alarm"), (4000, "alarm")):
        expect(row(page, shoppers[seconds]).locator(".clock")).to_have_class(re.compile(f"^clock ({grade})$"), timeout=SOON)
    expect(row(page, shoppers[200]).locator(".clock")).to_have_text(re.compile(r"^3 分 \d\d 秒$"))
    expect(row(page, shoppers[4000]).locator(".clock")).to_have_text(re.compile(r"^1 小时 0\d 分$"))
    alarm = page.get_by_role("alert").filter(has_text="没有回复")
    expect(alarm).to_have_count(1)
    expect(alarm).to_contain_text("2 个会话超过 3 分钟没有回复最久 1 小时")
    ids = page.locator("#inbox .open").evaluate_all("(all) => all.map((one) => one.dataset.talk)")
    assert ids == [shoppers[seconds].id for seconds in (4000, 200, 130, 30, 2)], "who waits longest comes first"
    alarm.get_by_role("button", name="跳到最久的").click()
    expect(owner_bar(page)).to_contain_text("等待接待")
    expect(row(page, shoppers[4000]).locator(".open")).to_have_attribute("aria-current", "true")
    page.keyboard.press("Alt+a")
    expect(owner_bar(page)).to_contain_text("我在接待")
    expect(alarm).to_be_visible()
    desk.shell.run(say(desk, shoppers[4000], "您好，让您久等了。"))
    expect(alarm).to_contain_text("1 个会话", timeout=SOON)
    page.keyboard.press("Alt+o")
    expect(row(page, shoppers[200]).locator(".open")).to_have_attribute("aria-current", "true")


async def say(desk: Desk, shopper: Shopper, text: str, login: str = "lan") -> None:
    """An agent's answer from another place: the phone beside the desk."""
    services = desk.shell.services
    made = services.staff_sessions.make_token(desk.who(login), "phone")
    talk = await services.desk.talk(shopper.id)
    await services.desk.say(made, talk, f"00000000-0000-4000-8000-{abs(hash((shopper.id, text))) % 10**12:012d}", text)


def test_what_is_said_while_the_boxes_are_read_is_not_lost(desk: Desk) -> None:
    page = desk.agent("lan")
    shopper = desk.waiting("c05")
    take(desk, page, shopper)
    said: list[str] = []

    def late(route: Route) -> None:
        """The answer is made, then the shopper writes, then it arrives."""
        answer = route.fetch()
        if not said:
            said.append("在读的时候说的话")
            shopper.ask(said[0])
            page.wait_for_timeout(300)
        route.fulfill(response=answer)

    page.route("**/api/v1/staff/inbox", late)
    look(page, "hidden")
    look(page, "visible")
    expect(row(page, shopper)).to_contain_text("在读的时候说的话", timeout=SOON)
    expect(row(page, shopper).locator(".clock")).to_have_text(re.compile("秒"))
    assert said
    page.unroute_all(behavior="ignoreErrors")


def test_after_a_lost_line_everything_is_caught_up(desk: Desk) -> None:
    lan, mei = desk.agent("lan"), desk.agent("mei")
    mine = desk.waiting("c05")
    take(desk, lan, mine)
    with line_down(desk, lan, mei):
        missed = desk.waiting()
        mine.ask("线断了以后说的话")
    for page in (lan, mei):
        expect(page.locator("#top .line")).to_have_text("", timeout=SOON)
        expect(row(page, missed).locator(".take")).to_be_visible(timeout=SOON)
    expect(row(lan, mine)).to_contain_text("线断了以后说的话")
    # And it lives on: what comes now is heard again.
    mine.ask("线好了以后说的话")
    expect(row(lan, mine)).to_contain_text("线好了以后说的话", timeout=SOON)


def test_a_session_that_ended_leads_to_the_log_in(desk: Desk) -> None:
    page = desk.agent("lan")
    desk.shell.services.staff.reset_password(desk.who("lan"))
    page.get_by_role("button", name="机器人").click()
    page.wait_for_url("**/login?next=%2Fdesk")


def test_unread_cannot_be_missed(desk: Desk) -> None:
    page = desk.agent("lan")
    bell = page.locator("#top .bell")
    expect(bell).to_have_attribute("aria-pressed", "false")
    plain = page.locator("link[rel=icon]").get_attribute("href")
    first = desk.waiting("c05")
    take(desk, page, first)
    expect(page).to_have_title(re.compile("^工作台"), timeout=SOON)
    assert bell.get_attribute("data-rang") is None, "no sound before it is allowed"
    bell.click()
    expect(bell).to_have_attribute("aria-pressed", "true")
    rang = int(bell.get_attribute("data-rang") or 0)
    second = desk.waiting()
    expect(page).to_have_title(re.compile(r"^\(1\) 工作台"), timeout=SOON)
    expect(page.locator("link[rel=icon]")).to_have_attribute("href", re.compile(r"^data:image/svg\+xml,.*d92d20"))
    page.wait_for_function(f"Number(document.querySelector('#top .bell').dataset.rang) > {rang}", timeout=SOON)
    take(desk, page, second)
    expect(page.locator("link[rel=icon]")).not_to_have_attribute("href", re.compile("d92d20"))
    assert plain != ""
    # A page that nobody sees counts what comes in its open talk, too.
    look(page, "hidden")
    second.ask("有人吗")
    expect(row(page, second).locator(".badge")).to_be_visible(timeout=SOON)
    expect(page).to_have_title(re.compile(r"^\(1\) "))
    look(page, "visible")
    expect(page).to_have_title(re.compile("^工作台"), timeout=SOON)
    page.reload()
    expect(bell).to_have_attribute("aria-pressed", "true")


def test_who_looks_and_who_types_is_seen(desk: Desk) -> None:
    lan, zhu = desk.agent("lan"), desk.agent("zhu", "supervisor")
    shopper = desk.waiting("c05")
    take(desk, lan, shopper)
    number = desk.shell.services.staff.get(desk.who("zhu")).number
    zhu.get_by_role("button", name="同事").click()
    row(zhu, shopper).locator(".open").click()
    expect(owner_bar(lan)).to_contain_text(f"{number} 在看", timeout=SOON)
    expect(row(lan, shopper)).to_contain_text(f"{number} 在看")
    token = shopper.headers["Authorization"].removeprefix("Bearer ")
    with connect(f"{desk.shell.address.replace('http', 'ws')}/api/v1/conversations/{shopper.id}/ws") as window:
        window.send(json.dumps({"token": token, "after": 0}))
        window.send(json.dumps({"type": "typing"}))
        expect(row(lan, shopper)).to_contain_text("正在输入…", timeout=SOON)
        read: dict[str, Any] = {}
        while read.get("type") != "ready":
            read = json.loads(window.recv(10))
        assert read["read"]["shop"] > 0, "the shopper learns that it was read"
    shopper.ask("打完字了")
    expect(row(lan, shopper)).to_contain_text("打完字了", timeout=SOON)
    zhu.goto(f"{desk.shell.address}/desk/staff")
    expect(owner_bar(lan)).not_to_contain_text("在看", timeout=SOON)


def test_a_draft_is_seen_in_the_list_and_after_a_reload(desk: Desk) -> None:
    page = desk.agent("lan")
    first, second = desk.waiting("c05"), desk.waiting()
    take(desk, page, first)
    page.locator("#composer textarea, #composer [role=textbox]").first.fill("您好，这款米白色")
    expect(row(page, first)).to_contain_text("草稿")
    take(desk, page, second)
    expect(row(page, first)).to_contain_text("草稿")
    page.reload()
    expect(row(page, first)).to_contain_text("草稿", timeout=SOON)
    expect(row(page, second)).not_to_contain_text("草稿")


def test_a_transfer_carries_its_note_and_the_shopper_never_sees_it(desk: Desk) -> None:
    lan, mei = desk.agent("lan"), desk.agent("mei", presence="break")
    shopper = desk.waiting("c05")
    take(desk, lan, shopper)
    lan.keyboard.press("Alt+p")
    dialog = lan.get_by_role("dialog")
    expect(dialog.get_by_label("转给谁")).to_contain_text("小mei")
    dialog.get_by_label("转给谁").select_option(desk.who("mei"))
    dialog.get_by_label("留言").fill("尺码问了两次，请先道歉")
    dialog.get_by_role("button", name="转接").click()
    expect(mei.locator("#toasts")).to_contain_text("尺码问了两次，请先道歉", timeout=SOON)
    expect(owner_bar(mei)).to_contain_text("我在接待")
    expect(row(mei, shopper)).to_be_visible()
    expect(row(lan, shopper)).to_have_count(0)
    assert desk.owner(shopper.id) == f"agent:{desk.who('mei')}"
    assert not any("道歉" in text for text in shopper.texts())
    assert any("转给客服" in text for text in shopper.texts())


def test_the_bot_is_taken_over_and_is_silent_until_it_gets_the_talk_back(desk: Desk) -> None:
    page, engine = desk.agent("lan"), desk.shell.engine
    shopper = desk.shopper("c05", "有货吗")
    page.get_by_role("button", name="机器人").click()
    row(page, shopper).locator(".open").click(timeout=SOON)
    expect(owner_bar(page)).to_contain_text("机器人接待")
    owner_bar(page).get_by_role("button", name="接管").click()
    expect(owner_bar(page)).to_contain_text("我在接待")
    said = len(engine.turns)
    for text in ("多少钱", "能便宜吗"):
        assert shopper.ask(text)["replies"] == []
    assert len(engine.turns) == said, "the engine is not even asked"
    page.keyboard.press("Alt+b")
    expect(owner_bar(page)).to_contain_text("机器人接待")
    assert shopper.ask("多少钱")["replies"][0]["text"] == "echo 多少钱"
    # Whoever sees no answer yet is asked before the talk is closed.
    expect(row(page, shopper)).to_contain_text("echo 多少钱", timeout=SOON)
    page.keyboard.press("Alt+a")
    expect(owner_bar(page)).to_contain_text("我在接待")
    page.keyboard.press("Alt+x")
    expect(owner_bar(page)).to_contain_text("已结束")
    assert desk.owner(shopper.id) == "closed"


def test_a_shopper_who_waits_for_a_word_is_not_closed_by_mistake(desk: Desk) -> None:
    page = desk.agent("lan")
    shopper = desk.waiting("c05")
    take(desk, page, shopper)
    page.keyboard.press("Alt+x")
    expect(page.get_by_role("dialog")).to_contain_text("最后一句话还没有人回复")
    page.keyboard.press("Escape")
    expect(owner_bar(page)).to_contain_text("我在接待")
    page.keyboard.press("Alt+q")
    expect(owner_bar(page)).to_contain_text("等待接待")
    assert desk.owner(shopper.id) == "queue"


def test_a_search_looks_everywhere(desk: Desk) -> None:
    page, shop = desk.agent("lan"), desk.shell.services.shop
    order = next(one for one in shop.orders_of("c05") if one.tracking)
    theirs = desk.shopper("c05", "你好")
    other = desk.shopper(None, "那条米色围巾还有吗")
    desk.shell.owner(other.id, "closed")
    page.keyboard.press("Alt+s")
    for words, found in ((order.order_id, theirs), (str(order.tracking), theirs), ("米色围巾", other)):
        page.get_by_role("searchbox").fill(words)
        expect(row(page, found)).to_be_visible(timeout=SOON)
        expect(row(page, other if found is theirs else theirs)).to_have_count(0)
    page.get_by_role("searchbox").fill("没有人说过这样的话")
    expect(page.locator("#inbox")).to_contain_text("没有找到", timeout=SOON)
    page.keyboard.press("Escape")
    expect(page.get_by_role("searchbox")).to_have_value("")
    expect(page.locator("#inbox")).to_contain_text("等待接待 0")


def test_talks_come_by_themselves_to_who_is_there_and_are_seen_to_come(desk: Desk) -> None:
    page = desk.agent("lan", presence="online")
    first = desk.waiting("c05")
    expect(owner_bar(page)).to_contain_text("我在接待", timeout=SOON)
    expect(page.locator("#toasts")).to_contain_text("新会话分给您")
    assert desk.owner(first.id) == f"agent:{desk.who('lan')}"
    second = desk.waiting()
    expect(row(page, second)).to_contain_text("新", timeout=SOON)
    expect(row(page, first).locator(".open")).to_have_attribute("aria-current", "true")
    page.keyboard.press("Alt+j")
    expect(row(page, second).locator(".open")).to_have_attribute("aria-current", "true")
    expect(row(page, second).locator(".tag.good")).to_have_count(0)


def test_a_supervisor_steps_in_and_an_agent_may_not(desk: Desk) -> None:
    lan, mei, zhu = desk.agent("lan"), desk.agent("mei"), desk.agent("zhu", "supervisor")
    shopper = desk.waiting("c05")
    take(desk, lan, shopper)
    for page in (mei, zhu):
        page.get_by_role("button", name="同事").click()
        row(page, shopper).locator(".open").click(timeout=SOON)
    expect(owner_bar(mei)).to_contain_text("在接待")
    expect(owner_bar(mei).get_by_role("button")).to_have_count(0)
    owner_bar(zhu).get_by_role("button", name="介入").click()
    expect(owner_bar(zhu)).to_contain_text("我在接待")
    expect(owner_bar(lan)).to_contain_text(re.compile(r"\d+ 在接待"), timeout=SOON)
    assert desk.owner(shopper.id) == f"agent:{desk.who('zhu')}"


@pytest.mark.parametrize("look", ["light", "dark", "phone"])
def test_the_inbox_keeps_nobody_out(desk: Desk, look: str) -> None:
    page = desk.agent("lan", phone=look == "phone", color_scheme="dark" if look == "dark" else "light")
    for seconds in (1, 110, 300):
        since(desk, desk.waiting("c05"), seconds)
    page.reload()
    expect(page.locator("#alarm")).to_be_visible(timeout=SOON)
    assert serious(page, "html") == []
    page.locator("#inbox .take").first.click()
    expect(owner_bar(page)).to_contain_text("我在接待", timeout=SOON)
    assert serious(page, "#owner") == []
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    small = page.evaluate(
        """() => [...document.querySelectorAll("#top button, #top a, #inbox button, #owner button, #panes button, select, input")]
            .filter((node) => node.offsetParent && !node.classList.contains("skip"))
            .map((node) => [node.textContent, node.getBoundingClientRect()])
            .filter(([, box]) => box.width < 24 || box.height < 24).map(([name]) => name)"""
    )
    assert small == []
