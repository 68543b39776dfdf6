"""The widget and the demonstration page in Chromium, with an engine that answers what the test says."""

from __future__ import annotations

import asyncio
import json
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.e2e.browser import ARGUMENTS, chromium
from tests.gateway.conftest import Start
from tests.gateway.support import FakeEngine, Gateway, bubble, picture, turn

pytestmark = pytest.mark.browser
# What is expected comes in a moment; on a machine where everything else runs too, in some more.
expect.set_options(timeout=15_000)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        yield browser
        await browser.close()


class Site:
    """The gateway on a real port, and the page as a shopper has it."""

    def __init__(self, gateway: Gateway, address: str, browser: Browser) -> None:
        self.gateway = gateway
        self.address = address
        self.browser = browser
        self.complaints: list[str] = []

    async def page(self, **context: Any) -> Page:
        """A new browser profile on the shop's page; errors and outside requests are collected."""
        opened = await self.browser.new_context(locale="zh-CN", viewport=context.pop("viewport", {"width": 1280, "height": 800}), **context)
        page = await opened.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("console", lambda line: self.complaints.append(line.text) if "Content Security Policy" in line.text else None)
        page.on(
            "request",
            lambda request: None if request.url.startswith((self.address, "blob:")) else self.complaints.append(f"outside: {request.url}"),
        )
        await page.goto(self.address)
        await expect(page.locator(".card").first).to_be_visible()
        return page


@pytest.fixture
async def site(start: Start, browser: Browser) -> AsyncIterator[Site]:
    async with start() as gateway:
        server = uvicorn.Server(uvicorn.Config(gateway.app, port=0, log_level="error", lifespan="off", ws="websockets-sansio"))
        task = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        found = Site(gateway, f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}", browser)
        yield found
        for context in browser.contexts:
            await context.close()
        server.should_exit = True
        await task
        assert found.complaints == []


async def open_chat(page: Page) -> None:
    await page.get_by_role("button", name="联系客服").click()
    await expect(page.get_by_role("log")).to_contain_text("自动助手", timeout=20_000)  # the first one on a busy machine


async def say(page: Page, text: str) -> None:
    box = page.get_by_role("textbox", name="消息内容")
    await box.fill(text)
    await box.press("Enter")


async def test_nothing_is_stored_before_the_chat_is_opened(site: Site) -> None:
    page = await site.page()
    assert await page.evaluate("localStorage.length") == 0
    assert await page.context.cookies() == []
    await open_chat(page)
    assert await page.evaluate("Object.keys(localStorage).every((key) => key.startsWith('xiaoer'))")
    assert await page.evaluate("localStorage.length") > 0


async def test_a_chosen_customer_talks_presses_a_button_and_finds_the_talk_after_a_reload(site: Site, engine: FakeEngine) -> None:
    engine.answer = lambda body: turn(bubble("第一段"), bubble("换还是退？", buttons=[{"title": "换一件", "payload": "/choose_option"}]))
    page = await site.page()
    await page.get_by_label("演示身份").select_option("c05")
    await page.goto(f"{site.address}/#/p/p1001")
    await open_chat(page)
    await say(page, "收到的裙子开线了")
    await page.get_by_role("button", name="换一件").click()
    await expect(page.get_by_role("log").get_by_text("第一段")).to_have_count(2)
    assert [body.get("payload") for body in engine.turns] == [None, "/choose_option"]
    assert {body["metadata"]["customer_id"] for body in engine.turns} == {"c05"}
    assert {body["metadata"]["product_id"] for body in engine.turns} == {"p1001"}
    await page.reload()
    await expect(page.get_by_role("log").get_by_text("收到的裙子开线了")).to_have_count(1)
    await expect(page.get_by_role("log").get_by_text("第一段")).to_have_count(2)


async def test_markup_is_shown_and_never_run(site: Site, engine: FakeEngine) -> None:
    evil = "<img src=x onerror=alert(1)><script>alert(1)</script>"
    engine.answer = lambda body: turn(bubble(f"收到 {evil}", buttons=[{"title": "<b>粗</b>", "payload": "/affirm"}]))
    page = await site.page()
    page.on("dialog", lambda dialog: site.complaints.append("a dialog opened"))
    await open_chat(page)
    await say(page, evil)
    await expect(page.get_by_role("log").get_by_text(evil)).to_have_count(2)
    await expect(page.get_by_role("button", name="<b>粗</b>")).to_be_visible()
    assert await page.get_by_role("log").locator("script, .bubble img").count() == 0


async def test_enter_that_ends_a_chinese_word_sends_nothing(site: Site) -> None:
    page = await site.page()
    await open_chat(page)
    box = page.get_by_role("textbox", name="消息内容")
    await box.fill("nihao")
    await box.dispatch_event("keydown", {"key": "Enter", "isComposing": True, "bubbles": True})
    await box.dispatch_event("keydown", {"key": "Enter", "keyCode": 229, "bubbles": True})
    await expect(box).to_have_value("nihao")
    await box.press("Shift+Enter")
    await expect(box).to_have_value("nihao\n")
    await box.press("Enter")
    await expect(box).to_have_value("")


async def test_a_message_sent_without_network_is_delivered_once_when_it_is_back(site: Site, engine: FakeEngine) -> None:
    page = await site.page()
    await open_chat(page)
    await page.context.set_offline(True)
    await say(page, "我的快递到哪了，能帮我查一下吗")
    await expect(page.get_by_text("发送中")).to_be_visible()
    assert engine.turns == []
    await page.context.set_offline(False)
    await expect(page.get_by_role("log").get_by_text("echo 我的快递到哪了")).to_be_visible()
    assert len(engine.turns) == 1


async def test_an_unsent_message_and_a_draft_survive_a_reload(site: Site, engine: FakeEngine) -> None:
    page = await site.page()
    await open_chat(page)
    await page.route("**/messages", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    await say(page, "第一句话没有送出去，网络不好")
    await expect(page.get_by_text("发送中")).to_be_visible()
    await page.get_by_role("textbox", name="消息内容").fill("写了一半")
    await page.unroute("**/messages")
    await page.reload()
    await expect(page.get_by_role("log").get_by_text("echo 第一句话")).to_be_visible()
    await expect(page.get_by_role("textbox", name="消息内容")).to_have_value("写了一半")
    assert len(engine.turns) == 1


async def test_an_answer_that_comes_while_the_chat_is_closed_shows_on_the_badge(site: Site, engine: FakeEngine) -> None:
    put_away = asyncio.Event()

    async def later(body: dict[str, Any]) -> httpx.Response:
        await put_away.wait()
        return turn(bubble("查到了"))

    engine.answer = later
    page = await site.page()
    await open_chat(page)
    await say(page, "帮我查一下昨天下午的那个包裹")
    await page.get_by_role("button", name="收起对话").click()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    put_away.set()
    await expect(page.get_by_role("button", name="联系客服，1 条未读")).to_be_visible()
    await page.get_by_role("button", name="联系客服").click()
    await expect(page.get_by_role("log").get_by_text("查到了")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="联系客服", exact=True)).to_be_focused()


async def test_a_person_is_asked_for_and_the_shopper_can_go_back(site: Site, engine: FakeEngine) -> None:
    engine.answer = lambda body: turn(bubble("马上转接", card={"hand_over": {"reason": "asked"}}))
    page = await site.page()
    await open_chat(page)
    await page.get_by_role("dialog").locator("header").get_by_role("button", name="转人工").click()
    await expect(page.get_by_text("等待人工，排在第 1 位").first).to_be_visible()
    assert engine.texts == ["转人工"]
    await page.locator("xiaoer-chat .bar").get_by_role("button", name="回到自动助手").click()
    await expect(page.get_by_text("等待人工，排在第 1 位")).to_have_count(0)
    engine.answer = lambda body: turn(bubble("我在"))
    await say(page, "你好")
    await expect(page.get_by_role("log").get_by_text("我在", exact=True)).to_be_visible()


async def test_a_photo_is_sent_with_a_text_and_shown_again(site: Site, engine: FakeEngine, tmp_path: Path) -> None:
    photo = tmp_path / "裙子.jpg"
    photo.write_bytes(picture(size=(300, 200)))
    page = await site.page()
    await open_chat(page)
    await page.locator("xiaoer-chat input[type=file][multiple]").set_input_files(photo)
    await expect(page.locator("xiaoer-chat .file:not(.busy) img")).to_be_visible()
    await say(page, "这里开线了，麻烦您看一下照片")
    await expect(page.get_by_role("log").locator("img.media")).to_have_js_property("naturalWidth", 300)
    # The picture stands in the log before the turn has reached the engine.
    for _ in range(100):
        if engine.turns:
            break
        await page.wait_for_timeout(50)
    assert [len(one["metadata"]["photo_ids"]) for one in engine.turns] == [1]
    await page.locator("xiaoer-chat input[type=file][multiple]").set_input_files(
        {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": b"no picture"}
    )
    await expect(page.locator("xiaoer-chat .hint.bad")).to_be_visible()


async def test_an_engine_that_is_down_offers_another_try(site: Site, engine: FakeEngine) -> None:
    usual = engine.answer
    engine.goes_down()
    page = await site.page()
    await open_chat(page)
    await say(page, "我的快递到哪了，能帮我查一下吗")
    again = page.get_by_role("log").get_by_role("button", name="再试一次")
    await expect(again).to_be_visible()
    await expect(page.get_by_text("已收到，未能答复")).to_be_visible()
    engine.answer = usual
    await again.click()
    await expect(page.get_by_role("log").get_by_text("echo 我的快递到哪了")).to_be_visible()


async def test_a_shopper_deletes_the_talk(site: Site, engine: FakeEngine) -> None:
    page = await site.page()
    await open_chat(page)
    await say(page, "我的地址是文三路的那个小区")
    await expect(page.get_by_role("log").get_by_text("echo")).to_be_visible()
    await page.get_by_role("button", name="更多").click()
    await page.get_by_role("button", name="删除我的对话").click()
    await page.get_by_role("button", name="确定删除").click()
    await expect(page.locator("xiaoer-chat .hint", has_text="回执")).to_be_visible()
    await expect(page.get_by_role("log").get_by_text("文三路")).to_have_count(0)
    assert len(engine.erased) == 1


async def test_on_a_phone_the_chat_fills_the_screen_and_targets_are_large(site: Site, engine: FakeEngine) -> None:
    engine.answer = lambda body: turn(bubble("好", buttons=[{"title": "是", "payload": "/affirm"}, {"title": "否", "payload": "/deny"}]))
    page = await site.page(viewport={"width": 390, "height": 780}, is_mobile=True, has_touch=True)
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390
    await open_chat(page)
    await say(page, "想问一下这款有没有现货可以发")
    await expect(page.get_by_role("button", name="是", exact=True)).to_be_visible()
    panel = await page.get_by_role("dialog").bounding_box()
    assert panel is not None
    assert (panel["width"], panel["height"]) == (390, 780)
    small = await page.evaluate(
        """() => [...document.querySelector("xiaoer-chat").shadowRoot.querySelectorAll("button, textarea")]
            .filter((node) => node.offsetParent && !node.closest(".state"))
            .map((node) => [node.textContent, node.getBoundingClientRect()])
            .filter(([, box]) => box.height < 44 || box.width < 44).map(([text]) => text)"""
    )
    assert small == []
    font = await page.evaluate("getComputedStyle(document.querySelector('xiaoer-chat').shadowRoot.querySelector('textarea')).fontSize")
    assert font == "16px", "smaller text makes phones zoom in"


async def test_every_control_has_a_name_and_the_log_is_read_aloud(site: Site) -> None:
    page = await site.page()
    await open_chat(page)
    nameless = await page.evaluate(
        """() => [...document.querySelector("xiaoer-chat").shadowRoot.querySelectorAll("button, textarea")]
            .filter((node) => !(node.getAttribute("aria-label") || node.textContent.trim())).length"""
    )
    assert nameless == 0
    # The list is redrawn for receipts too: what the other side says is read once, in the one live region.
    await expect(page.get_by_role("log")).to_have_attribute("aria-live", "off")
    live = page.locator("xiaoer-chat [role=status]")
    await expect(live).to_have_count(1)
    await say(page, "在吗，想问一下这件衣服")
    await expect(live).to_have_text("自动助手说：echo 在吗，想问一下这件衣服")
    await expect(page.get_by_role("textbox", name="消息内容")).to_be_focused()


async def test_changing_the_customer_changes_the_talk(site: Site, engine: FakeEngine) -> None:
    page = await site.page()
    await page.get_by_label("演示身份").select_option("c05")
    await open_chat(page)
    await say(page, "我是冯女士，来问一下我的订单")
    await expect(page.get_by_role("log").get_by_text("echo 我是冯女士")).to_be_visible()
    await page.get_by_label("演示身份").select_option("c06")
    await expect(page.get_by_role("log").get_by_text("冯女士")).to_have_count(0)
    await say(page, "我是陈先生，来问一下我的订单")
    await expect(page.get_by_role("log").get_by_text("echo 我是陈先生")).to_be_visible()
    assert [body["metadata"]["customer_id"] for body in engine.turns] == ["c05", "c06"]
    await page.get_by_label("演示身份").select_option("c05")
    await expect(page.get_by_role("log").get_by_text("echo 我是冯女士")).to_be_visible()


async def test_a_shopper_downloads_a_copy_of_the_data_from_the_menu(site: Site) -> None:
    page = await site.page()
    await page.get_by_label("演示身份").select_option("c05")
    await open_chat(page)
    await say(page, "这是我说过的一句话")
    await expect(page.get_by_role("log").get_by_text("echo")).to_be_visible()
    await page.get_by_role("button", name="更多").click()
    async with page.expect_download() as coming:
        await page.get_by_role("button", name="下载我的数据").click()
    download = await coming.value
    with zipfile.ZipFile(await download.path()) as archive:
        told = json.loads(archive.read("data.json"))
    assert told["customer"]["id"] == "c05"
    assert "这是我说过的一句话" in str(told["talks"])
    await expect(page.locator("xiaoer-chat .hint", has_text="已下载")).to_be_visible()


async def test_somebody_without_an_account_downloads_the_talk(site: Site) -> None:
    page = await site.page()
    await open_chat(page)
    await page.get_by_role("button", name="更多").click()
    async with page.expect_download() as coming:
        await page.get_by_role("button", name="下载我的数据").click()
    with zipfile.ZipFile(await (await coming.value).path()) as archive:
        told = json.loads(archive.read("data.json"))
    assert "customer" not in told
    assert len(told["talks"]) == 1


async def test_marketing_is_asked_by_a_control_that_is_not_ticked_and_stopped_by_a_word(site: Site) -> None:
    page = await site.page()
    await page.get_by_label("演示身份").select_option("c05")
    await open_chat(page)
    consents = site.gateway.services.conversations.consents
    await page.get_by_role("button", name="更多").click()
    box = page.get_by_role("checkbox", name="接收新品和活动消息")
    await expect(box).to_be_enabled()
    await expect(box).not_to_be_checked()
    assert consents.word("c05", None) == "none"
    await box.check()
    await expect(page.locator("xiaoer-chat .hint", has_text="已开启")).to_be_visible()
    assert consents.word("c05", None) == "given"
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="更多").click()
    await expect(box).to_be_checked()
    await page.keyboard.press("Escape")
    await say(page, "退订")
    await expect(page.get_by_role("log").get_by_text("退订，不会再发")).to_be_visible()
    assert consents.word("c05", None) == "refused"
    await page.get_by_role("button", name="更多").click()
    await expect(box).to_be_enabled()
    await expect(box).not_to_be_checked()


async def test_a_card_number_is_masked_on_the_screen_and_the_shopper_is_told(site: Site) -> None:
    page = await site.page()
    await open_chat(page)
    await say(page, "退到我的银行卡6222021234567890128可以吗")
    await expect(page.get_by_role("log").get_by_text("银行卡号已隐去").first).to_be_visible()
    await expect(page.get_by_role("log").get_by_text("付款").first).to_be_visible()
    await expect(page.get_by_role("log").get_by_text("6222021234567890128")).to_have_count(0)
