"""The trainers' inbox in a browser: from a shopper's words to a test of the project, mostly by keys."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update

from gateway.inbox_filling import InboxFilling
from shop.db import writing
from shop.inbox import Filter
from shop.models import InboxRow
from studio import labels
from tests.e2e.studio.conftest import Studio
from tests.e2e.studio.test_studio_changes import clean
from tests.gateway.support import bubble, characters, turn

pytestmark = pytest.mark.browser
INBOX = "/studio/inbox"
# None is in data/nlu or tests/nlu, and none is like another one.
SAID = ["M码裤子还有几条剩着", "哟在不在呀掌柜的您呐", "等了八百年了你们是蜗牛吗", "啥时辰能派人搬上楼咧", "发票抬头咋改成公司名嘞"]


def reads(body: dict[str, list[str]]) -> httpx.Response:
    """The model as ``characters`` has it, but for one message that it reads as it would."""
    found = characters(body).json()
    for one, text in zip(found["texts"], body["texts"], strict=True):
        if text == SAID[2]:
            ranking = [("track_parcel", 0.46), ("complain", 0.31), ("urge_dispatch", 0.12), ("request_human", 0.04)]
            tokens = [[0, 1], [1, 2], [2, 5], [5, 6], [6, 8], [8, 9], [9, 11], [11, 12]]
            told = [{"name": name, "confidence": share} for name, share in ranking]
            one.update(intent="nlu_fallback", entities=[], tokens=tokens, ranking=[{"name": "nlu_fallback", "confidence": 0.5}, *told])
    return httpx.Response(200, json=found)


@pytest.fixture
def inbox(studio: Studio) -> Iterator[Studio]:
    """An inbox with what a shopper just said, and nothing of other tests."""
    services, engine = studio.shell.services, studio.shell.engine
    fill(studio)
    with writing(services.database) as session:
        # What was said in other tests stays where it is, judged and under other words: the shop's clock stands still, so it is read again.
        session.execute(update(InboxRow).values(state="dropped", saved="elsewhere", plain=InboxRow.id))
    yield studio
    engine.read = characters


def say(studio: Studio, *texts: str) -> None:
    """A shopper says this, and it comes into the inbox."""
    services, engine = studio.shell.services, studio.shell.engine
    engine.answer = lambda body: turn(bubble("没听懂"), intent="nlu_fallback")
    studio.shopper(None, *texts)
    fill(studio)
    with writing(services.database) as session:
        for number, text in enumerate(texts):
            session.execute(update(InboxRow).where(InboxRow.text == text).values(at=services.clock.now() + timedelta(seconds=number)))


def fill(studio: Studio) -> None:
    """Read all that was said."""
    filling = InboxFilling(studio.shell.services.database, "demo", studio.shell.services.clock, settled=timedelta(0))
    while filling.piece():
        pass


def station(page: Page, text: str) -> None:
    """This message is the one being labelled."""
    expect(page.locator(".station .words")).to_have_text(text, timeout=20_000)


def test_messages_are_labelled_by_keys_and_written_as_tests(inbox: Studio) -> None:
    inbox.shell.engine.read = reads
    say(inbox, *SAID[:3])
    with writing(inbox.shell.services.database) as session:
        session.execute(update(InboxRow).where(InboxRow.text == SAID[2]).values(asked="utter_smalltalk_opening"))
    page = inbox.trainer("xue", path=f"{INBOX}?sort=newest")
    station(page, SAID[2])
    # What it answers is told in words.
    expect(page.locator(".station > .mute").first).to_contain_text("机器人刚说过：「您好，我是")
    clean(page)
    inbox.picture(page, "inbox")
    expect(page.get_by_role("link", name="做成故事或测试")).to_have_attribute("href", re.compile(r"/studio/stories\?inbox=i_"))
    # Another wish, by its initials; the words to mark are the tokenizer's.
    page.keyboard.press("/")
    page.keyboard.type("tstm")
    expect(page.locator(".found .first")).to_contain_text("投诉 · 太慢")
    page.keyboard.press("Enter")
    expect(page.locator(".chosen")).to_contain_text("投诉 · 太慢")
    page.keyboard.press("Enter")
    station(page, SAID[1])
    # One key and Enter is a message; the first guess needs Enter alone.
    page.keyboard.press("2")
    expect(page.locator(".chosen")).to_contain_text("讲价")
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    station(page, SAID[0])
    marks = page.locator(".marks li")
    expect(marks).to_have_count(1)
    page.locator(".words button", has_text="M码").click()
    expect(marks).to_have_count(0)
    page.locator(".words button", has_text="M码").click()
    page.get_by_label("把「M码」标成").select_option("size")
    page.get_by_label("「M码」的值").fill("M")
    page.get_by_label("找别的意图").fill("有没有货")
    page.get_by_label("找别的意图").press("Enter")
    page.get_by_label("也用于训练").check()
    page.get_by_role("button", name="确认，下一条").click()
    expect(page.get_by_role("status").filter(has_text="收件箱空了")).to_be_visible()
    page.keyboard.press("s")
    dialog = page.get_by_role("dialog")
    expect(dialog.locator(".add", has_text="裤子")).to_contain_text('[M码]{"entity": "size", "value": "M"}裤子还有几条剩着')
    expect(dialog.get_by_label("为什么改")).to_have_value("收件箱：标注 3 条")
    dialog.get_by_role("button", name="保存", exact=True).click()
    expect(page.get_by_role("dialog")).to_contain_text("1 条标了「也用于训练」")
    assert {one.said for one in labels.held_out(inbox.workspace)} == set(SAID[:3])
    page.get_by_role("dialog").get_by_role("button", name="移入训练").click()
    expect(page.get_by_role("dialog")).to_contain_text("把测试句移入训练")
    page.get_by_role("dialog").get_by_role("button", name="保存").first.click()
    expect(page.locator(".toast", has_text="已移入训练")).to_be_visible()
    assert SAID[0] in inbox.workspace.text("data/nlu/products.yml")
    assert {one.said for one in labels.held_out(inbox.workspace)} == set(SAID[1:3])
    commits = inbox.shell.services.studio.repository.history(limit=2)
    assert [(one.author, one.reason) for one in commits] == [("小xue", "收件箱：1 条移入训练"), ("小xue", "收件箱：标注 3 条")]


def test_what_is_known_or_wrong_is_dropped_taken_back_and_seen_again(inbox: Studio) -> None:
    ranking = [{"name": "ask_stock", "confidence": 0.97}, {"name": "bargain", "confidence": 0.01}]

    def sure(body: dict[str, list[str]]) -> httpx.Response:
        one = {"tokens": [], "entities": [], "intent": "ask_stock", "topic": None, "ranking": ranking}
        return httpx.Response(200, json={"texts": [one for _ in body["texts"]], "model": "m"})

    inbox.shell.engine.read = sure
    say(inbox, "我要退货", SAID[3], SAID[3] + "！")
    page = inbox.trainer("xue", path=INBOX)
    station(page, SAID[3])
    expect(page.locator(".known")).to_contain_text("模型已经会了（97%）")
    found = inbox.shell.services.inbox
    before = found.messages(Filter(state="dropped", words=SAID[3]))[1]
    page.keyboard.press("x")
    station(page, "我要退货")
    dropped, total = found.messages(Filter(state="dropped", words=SAID[3]))
    assert ({one.why for one in dropped}, total - before) == ({"known"}, 2), "the same words go together"
    # What other files say of these words forbids another label.
    expect(page.locator(".findings .error")).to_contain_text("同一句话已经在「退货退款」里")
    page.keyboard.press("Enter")
    expect(page.locator(".toast", has_text="有错误")).to_be_visible()
    page.keyboard.press("u")
    station(page, SAID[3])
    assert found.messages(Filter(state="dropped", words=SAID[3]))[1] == before
    page.keyboard.press("e")
    page.get_by_role("dialog").get_by_label("改成写进文件的句子").fill("几点能派人搬上楼")
    page.get_by_role("dialog").get_by_role("button", name="用这一句").click()
    station(page, "几点能派人搬上楼")
    page.keyboard.press("Enter")
    station(page, "我要退货")
    page.get_by_role("button", name=re.compile("^已标注")).click()
    row = page.locator(".judged li", has_text="几点能派人搬上楼")
    expect(row).to_contain_text("还没写进文件")
    clean(page)
    row.get_by_role("button", name="放回待标注").click()
    expect(row).to_have_count(0)


def test_a_new_intent_is_made_on_the_fly(inbox: Studio) -> None:
    say(inbox, SAID[4])
    page = inbox.trainer("xue", path=INBOX)
    station(page, SAID[4])
    page.get_by_label("找别的意图").fill("改发票抬头")
    expect(page.locator(".found")).to_contain_text("没有这样的意图")
    page.get_by_role("button", name="新建意图…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("中文名")).to_have_value("改发票抬头")
    dialog.get_by_role("button", name="看看会改什么").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("都要写")
    page.get_by_role("dialog").get_by_label("标识").fill("change_invoice_title")
    page.get_by_role("dialog").get_by_role("button", name="看看会改什么").click()
    expect(page.get_by_role("dialog").get_by_label("为什么改")).to_have_value("收件箱里有新的问题：改发票抬头")
    page.get_by_role("dialog").locator("button.primary").click()
    expect(page.locator(".chosen")).to_contain_text("改发票抬头")
    page.keyboard.press("Enter")
    expect(page.locator(".toast", has_text="已标成「改发票抬头」")).to_be_visible()
    assert "- change_invoice_title" in inbox.workspace.text("domain.yml")


def test_on_a_phone_the_message_comes_first(inbox: Studio) -> None:
    say(inbox, *SAID[:2])
    page = inbox.trainer("xue", path=INBOX, phone=True)
    expect(page.locator(".groups button")).to_have_count(2)
    clean(page)
    page.locator(".guesses button").nth(1).click()
    page.get_by_role("button", name="确认，下一条").click()
    expect(page.locator(".groups button")).to_have_count(1)
