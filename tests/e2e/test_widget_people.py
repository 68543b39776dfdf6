"""People in the window: who speaks, waiting, hours, the rating, input methods, consent, limits, erasure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from shop.clock import Clock
from shop.db import writing
from shop.models import Conversation, Parameter, Shop
from shop.staff_sessions import Login
from tests.e2e.conftest import Open
from tests.e2e.shell import Shell
from tests.e2e.steps import box, dialog, launcher, live, log, say, shop_page, start, talk_id
from tests.gateway.support import bubble, turn

pytestmark = pytest.mark.browser

THANKS = "好的谢谢，没有别的了"


@pytest.fixture
def agent(shell: Shell) -> Login:
    """An agent with number 012, logged in at the desk."""
    found = next((one for one in shell.services.staff.all() if one.number == "012"), None)
    member = found or shell.services.staff.add("lin012", "林", "012", "agent")[0]
    return Login(member, "csrf", "session", None)


@pytest.fixture
def settings(shell: Shell) -> Iterator[Any]:
    """Sets words of the shop's settings for a test."""
    names: list[str] = []

    def put(**values: object) -> None:
        with writing(shell.services.database) as session:
            for name, value in values.items():
                names.append(name)
                session.add(Parameter(shop_id="demo", name=name, value={"value": value}, updated_at=shell.services.clock.now()))
            _touch(session)

    yield put
    with writing(shell.services.database) as session:
        for name in names:
            session.delete(session.get(Parameter, ("demo", name)))
        _touch(session)


def _touch(session: Any) -> None:
    shop = session.get(Shop, "demo")
    shop.stamp = f"e2e {datetime.now(UTC).timestamp()}"


def hand_over(shell: Shell) -> None:
    shell.engine.answer = lambda body: turn(bubble("马上转接", card={"hand_over": {"reason": "asked"}}))


def finished(shell: Shell) -> None:
    """The engine answers a question, and thanks with thanks."""

    def answer(body: dict[str, Any]) -> Any:
        return turn(bubble("好的"), intent="thank_you" if body.get("text") == THANKS else "track_parcel")

    shell.engine.answer = answer


def kept_rating(shell: Shell, page: Page) -> tuple[int | None, str | None, bool]:
    with writing(shell.services.database) as session:
        row = session.get(Conversation, ("demo", talk_id(page)))
        assert row is not None
        return row.rating, row.rating_comment, row.rated_at is not None


# Who speaks


def test_waiting_the_agents_number_and_the_way_back_are_shown(shell: Shell, visit: Open, agent: Login) -> None:
    hand_over(shell)
    page = visit(shop_page(shell, "/people"))
    start(page)
    expect(dialog(page).get_by_text("自动助手 · 人工客服在线")).to_be_visible()
    dialog(page).locator("header").get_by_role("button", name="转人工").click()
    bar = page.locator("xiaoer-chat .bar").first
    expect(bar).to_contain_text("排在第 1 位")
    desk, talk = shell.services.desk, shell.services.store.talk(talk_id(page))
    assert talk is not None
    taken = shell.run(desk.take(agent.member, talk))
    expect(dialog(page).locator("header")).to_contain_text("人工客服 · 工号 012")
    expect(bar).to_be_hidden()
    expect(log(page).get_by_text("客服012已经接入")).to_be_visible()
    expect(dialog(page).locator("header").get_by_role("button", name="转人工")).to_have_count(0)
    shell.run(desk.say(agent, taken, str(uuid4()), "您好，您的问题我来处理"))
    expect(live(page)).to_have_text("客服 012 说：您好，您的问题我来处理")
    shell.run(desk.give(agent.member, taken, "bot"))
    expect(dialog(page).locator("header")).to_contain_text("自动助手")
    shell.engine.answer = lambda body: turn(bubble("我在"))
    say(page, "还想再问一个问题可以吗")
    expect(log(page).get_by_text("我在", exact=True)).to_be_visible()
    # The shop's own lines say the change of hands, so the window adds none of its own.
    expect(log(page).get_by_text("已回到自动助手", exact=True)).to_have_count(0)


def test_out_of_hours_the_shopper_is_asked_to_leave_a_message(shell: Shell, visit: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Clock, "now", lambda self: datetime.fromisoformat("2026-11-18T03:00:00+08:00").astimezone(UTC))
    hand_over(shell)
    page = visit(shop_page(shell, "/night"))
    start(page)
    expect(dialog(page).get_by_text("自动助手 · 人工 10:00-24:00")).to_be_visible()
    dialog(page).locator("header").get_by_role("button", name="转人工").click()
    bar = page.locator("xiaoer-chat .bar").first
    expect(bar).to_contain_text("请直接留言，11月18日 10:00 起")
    expect(dialog(page).locator("header")).to_contain_text("已留言")
    bar.get_by_role("button", name="回到自动助手").click()
    expect(bar).to_be_hidden()


# The rating


def test_a_rating_is_asked_once_after_the_thanks_with_a_comment(shell: Shell, visit: Open) -> None:
    finished(shell)
    page = visit(shop_page(shell, "/rating"))
    page.evaluate("document.addEventListener('xiaoer:rating', (event) => (window.rated = event.detail))")
    start(page)
    say(page, "我的快递到哪里了，帮我看一下")
    expect(log(page).get_by_text("好的", exact=True)).to_be_visible()
    ask = page.get_by_role("region", name="评价本次服务")
    expect(ask).to_have_count(0)
    say(page, THANKS)
    expect(ask).to_be_visible()
    # It takes no focus from who may be about to write.
    expect(box(page)).to_be_focused()
    expect(live(page)).to_have_text("评价本次服务")
    ask.get_by_role("button", name="4 星").click()
    expect(ask.get_by_role("button", name="3 星")).to_have_attribute("aria-pressed", "true")
    expect(ask.get_by_role("button", name="5 星")).to_have_attribute("aria-pressed", "false")
    ask.get_by_role("textbox", name="想补充的话").fill("回复很快，身份证 110101199003074514")
    ask.get_by_role("button", name="提交").click()
    expect(page.locator("xiaoer-chat .hint")).to_have_text("评价已提交，谢谢。")
    score, comment, _ = kept_rating(shell, page)
    assert score == 4
    assert comment is not None
    assert comment.startswith("回复很快")
    assert "110101199003074514" not in comment
    assert page.evaluate("window.rated.score") == 4
    say(page, THANKS)
    expect(log(page).get_by_text("好的", exact=True)).to_have_count(3)
    page.wait_for_timeout(1800)
    expect(ask).to_have_count(0)


def test_a_rating_put_away_is_not_asked_again_not_even_after_a_reload(shell: Shell, visit: Open) -> None:
    finished(shell)
    page = visit(shop_page(shell, "/skip"))
    start(page)
    say(page, "我的快递到哪里了，帮我看一下")
    expect(log(page).get_by_text("好的", exact=True)).to_have_count(1)
    say(page, THANKS)
    ask = page.get_by_role("region", name="评价本次服务")
    ask.get_by_role("button", name="不评价").click()
    expect(ask).to_have_count(0)
    expect(box(page)).to_be_focused()
    for _ in range(100):
        if kept_rating(shell, page)[2]:
            break
        page.wait_for_timeout(50)
    assert kept_rating(shell, page) == (None, None, True)
    page.reload()
    expect(log(page).get_by_text(THANKS)).to_be_visible()
    page.wait_for_timeout(1800)
    expect(ask).to_have_count(0)


def test_nobody_is_asked_for_a_rating_in_the_middle_of_a_sentence(shell: Shell, visit: Open) -> None:
    finished(shell)
    page = visit(shop_page(shell, "/midst"))
    start(page)
    say(page, "我的快递到哪里了，帮我看一下")
    expect(log(page).get_by_text("好的", exact=True)).to_have_count(1)
    give = shell.holds(turn(bubble("好的"), intent="thank_you"))
    say(page, THANKS)
    box(page).fill("对了还有")
    give()
    expect(log(page).get_by_text("好的", exact=True)).to_have_count(2)
    page.wait_for_timeout(1800)
    expect(page.get_by_role("region", name="评价本次服务")).to_have_count(0)


# Writing


def test_enter_of_an_input_method_never_sends(shell: Shell, visit: Open) -> None:
    page = visit(shop_page(shell, "/ime"))
    start(page)
    session = page.context.new_cdp_session(page)
    # The browser's own composition: keys of an input method, then the word.
    session.send("Input.imeSetComposition", {"text": "nihao", "selectionStart": 5, "selectionEnd": 5})
    page.keyboard.press("Enter")
    # A real input method eats the key; this one is not eaten and makes a line, and even so nothing is sent.
    expect(box(page)).to_have_value(re.compile("^nihao"))
    expect(log(page).locator(".row.me")).to_have_count(0)
    box(page).fill("你好")
    # Chrome and others name the key 229; Safari ends the composition first and sends the same Enter right after it.
    box(page).evaluate(
        """(field) => {
          const begun = performance.now();
          // What comes right after the word comes 10 ms after it, however long this machine takes to tell it.
          const tell = (event, after = 0) => field.dispatchEvent(Object.defineProperty(event, "timeStamp", {value: begun + after}));
          const always = {key: "Enter", bubbles: true, cancelable: true};
          const enter = (more, after) => tell(new KeyboardEvent("keydown", {...always, ...more}), after);
          enter({keyCode: 229});
          tell(new CompositionEvent("compositionstart", {bubbles: true}));
          enter({});
          tell(new CompositionEvent("compositionend", {bubbles: true, data: "你好"}));
          enter({}, 10);
        }"""
    )
    expect(box(page)).to_have_value(re.compile("^你好"))
    page.wait_for_timeout(60)
    page.keyboard.press("Enter")
    expect(box(page)).to_have_value("")
    expect(log(page).locator(".row.me")).to_have_count(1)


# Care


def test_where_the_shop_wants_it_nothing_begins_before_the_shopper_agrees(shell: Shell, visit: Open, settings: Any) -> None:
    settings(widget_privacy_text="对话保存一年，用于售后。", widget_privacy_link="https://shop.example/privacy", widget_consent="ask")
    opened: list[str] = []
    page = visit("about:blank")
    page.on("request", lambda request: opened.append(request.url) if request.method == "POST" else None)
    page.goto(shop_page(shell, "/consent"))
    launcher(page).click()
    said = dialog(page).get_by_text("对话保存一年，用于售后。")
    expect(said).to_be_visible()
    expect(said).to_have_count(1)
    link = dialog(page).get_by_role("link", name="隐私政策")
    expect(link).to_have_attribute("href", "https://shop.example/privacy")
    colours = [each.evaluate("(node) => getComputedStyle(node).color") for each in (link, said)]
    assert colours[0] == colours[1], "the link has the window's ink, not the browser's blue"
    expect(box(page)).to_be_hidden()
    expect(dialog(page).get_by_role("button", name="转人工")).to_have_count(0)
    dialog(page).get_by_role("button", name="不同意").click()
    expect(launcher(page)).to_be_focused()
    assert opened == []
    launcher(page).click()
    dialog(page).get_by_role("button", name="同意并开始").click()
    expect(log(page)).to_contain_text("自动助手")
    expect(box(page)).to_be_focused()
    expect(page.locator("xiaoer-chat .hint")).to_contain_text("对话保存一年，用于售后。")
    page.reload()
    expect(log(page)).to_contain_text("自动助手")
    expect(box(page)).to_be_visible()


def test_the_shops_privacy_line_stands_under_the_input(shell: Shell, visit: Open, settings: Any) -> None:
    settings(widget_privacy_text="对话只用于售后。", widget_privacy_link="javascript:alert(1)", widget_color="#8a1c4b")
    page = visit(shop_page(shell, "/line"))
    start(page)
    expect(page.locator("xiaoer-chat .hint")).to_have_text("对话只用于售后。")
    expect(dialog(page).get_by_role("link")).to_have_count(0)
    assert page.locator("xiaoer-chat header").evaluate("(node) => getComputedStyle(node).backgroundColor") == "rgb(138, 28, 75)"


def test_who_writes_too_fast_is_told_when_it_goes_on_and_keeps_the_text(shell: Shell, visit: Open) -> None:
    page = visit(shop_page(shell, "/fast"))
    start(page)
    refusals = [5]

    def limit(route: Any) -> None:
        if route.request.method == "POST" and refusals:
            headers = {
                "Retry-After": str(refusals.pop()),
                "Access-Control-Allow-Origin": shell.shop_address,
                "Access-Control-Expose-Headers": "Retry-After",
            }
            route.fulfill(status=429, headers=headers, json={"type": "urn:xiaoer:problem:rate", "status": 429})
        else:
            route.continue_()

    page.route("**/messages", limit)
    say(page, "连续发送的一句话不能丢")
    expect(page.locator("xiaoer-chat .hint.bad")).to_contain_text("5 秒后自动发送，文字已保留")
    expect(log(page).get_by_text("连续发送的一句话不能丢", exact=True)).to_be_visible()
    expect(log(page).get_by_text("echo 连续发送的一句话")).to_be_visible()
    expect(page.locator("xiaoer-chat .hint.bad")).to_have_count(0)


def test_the_talk_is_erased_with_a_receipt(shell: Shell, visit: Open) -> None:
    page = visit(shop_page(shell, "/erase"))
    start(page)
    say(page, "我住在文三路的那个小区")
    expect(log(page).get_by_text("echo 我住在")).to_be_visible()
    talk = talk_id(page)
    page.get_by_role("button", name="更多").click()
    page.get_by_role("button", name="删除我的对话").click()
    page.get_by_role("button", name="确定删除").click()
    expect(page.locator("xiaoer-chat .hint")).to_contain_text("回执 e_")
    expect(log(page).get_by_text("文三路")).to_have_count(0)
    assert shell.services.store.talk(talk) is None
