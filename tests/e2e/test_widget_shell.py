"""The window's shell in Chromium: how it is loaded, embedded, kept, told of, looked at; and what it leaves alone."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from playwright.sync_api import expect

from gateway.assets import FOLDER
from tests.e2e.conftest import Open
from tests.e2e.shell import Shell
from tests.e2e.steps import box, dialog, launcher, say, shop_page, start
from tests.gateway.support import bubble, turn

pytestmark = pytest.mark.browser

# What a careful shop sends: no inline script, no inline style, and trusted types.
STRICT = (
    "default-src 'self'; script-src 'self' {0}; style-src 'self'; connect-src 'self' {0} {1}; img-src 'self' {0} blob:; "
    "media-src {0} blob:; base-uri 'none'; object-src 'none'; require-trusted-types-for 'script'"
)


# How it is loaded


def test_a_page_loads_only_the_launcher_and_the_first_click_the_rest(shell: Shell, visit: Open) -> None:
    asked: list[str] = []
    page = visit("about:blank")
    page.on("request", lambda request: asked.append(request.url))
    page.goto(shop_page(shell, "/light"))
    expect(launcher(page)).to_be_visible()
    page.wait_for_timeout(300)
    assert [url for url in asked if url.startswith(shell.address)] == [f"{shell.address}/static/widget/xiaoer.js"]
    start(page)
    assert any(url.endswith("/panel.js") for url in asked)


def test_nothing_is_kept_and_nothing_asked_before_the_window_is_opened(shell: Shell, visit: Open) -> None:
    page = visit(shop_page(shell, "/quiet"))
    launcher(page).hover()
    page.wait_for_timeout(500)
    kept = "[localStorage.length, sessionStorage.length, document.cookie]"
    assert page.evaluate(kept) == [0, 0, ""]
    assert page.evaluate("indexedDB.databases().then((all) => all.length)") == 0
    assert page.context.cookies() == []
    start(page)
    assert page.evaluate("document.cookie") == ""
    assert page.context.cookies() == []
    assert page.evaluate("Object.keys(localStorage).every((key) => key.startsWith('xiaoer'))") is True


def test_one_tag_embeds_it_on_a_strict_page_of_another_origin(shell: Shell, visit: Open) -> None:
    policy = STRICT.format(shell.address, shell.address.replace("http", "ws"))
    page = visit(shop_page(shell, "/strict", Content_Security_Policy=policy))
    start(page)
    say(page, "这条裙子有没有现货呢")
    expect(page.get_by_role("log").get_by_text("echo 这条裙子")).to_be_visible()
    # The shape comes from adopted sheets, which such a policy allows.
    assert page.locator("xiaoer-chat .panel").evaluate("(node) => getComputedStyle(node).borderRadius") == "16px"


def test_a_page_that_is_not_on_the_list_gets_nothing(shell: Shell, visit: Open) -> None:
    page = visit("about:blank")
    other = shop_page(shell, "/stranger").replace("127.0.0.1", "localhost")
    with page.expect_event("console", lambda line: "CORS" in line.text):
        page.goto(other)
    expect(page.locator("xiaoer-chat")).to_have_count(0)
    # The browser asked for the module there and was told no: that is the one request to another name.
    heard: list[str] = visit.complaints  # type: ignore[attr-defined]
    heard[:] = [line for line in heard if not line.startswith("outside: http://localhost")]


def test_only_the_shops_sites_may_show_the_chat_in_a_frame(shell: Shell, visit: Open) -> None:
    frame = f'<iframe src="{shell.address}/chat#product=p1001" width="400" height="600" title="客服"></iframe>'
    page = visit(shell.page("/framed", f"<!doctype html><title>shop</title>{frame}"))
    inside = page.frame_locator("iframe")
    expect(inside.get_by_role("log")).to_contain_text("自动助手")
    expect(inside.get_by_role("button", name="收起对话")).to_have_count(0)
    answer = page.request.get(f"{shell.address}/chat")
    assert f"frame-ancestors 'self' {shell.shop_address}" in answer.headers["content-security-policy"]
    assert "x-frame-options" not in answer.headers
    elsewhere = page.request.get(shell.address)
    assert "frame-ancestors 'none'" in elsewhere.headers["content-security-policy"]
    assert elsewhere.headers["x-frame-options"] == "DENY"


def test_the_page_says_who_where_and_hears_what_happens(shell: Shell, visit: Open) -> None:
    identity = shell.services.identities.sign("c05")
    page = visit(
        shop_page(shell, "/events", f'data-identity="{identity}" data-product="p1001" data-order="880000000009" data-heading="示例店"')
    )
    page.evaluate(
        """() => { window.heard = [];
        for (const name of ["ready", "open", "close", "message", "unread", "rating"])
          document.addEventListener("xiaoer:" + name, ({ detail }) => window.heard.push([name, detail && {...detail, element: 0}])); }"""
    )
    page.evaluate("xiaoer.open()")
    expect(dialog(page).get_by_role("heading", name="示例店")).to_be_visible()
    dialog(page).get_by_role("button", name="发给客服").click()
    expect(page.get_by_role("log").get_by_text("echo 订单号 880000000009")).to_be_visible()
    assert shell.engine.turns[-1]["metadata"]["customer_id"] == "c05"
    assert shell.engine.turns[-1]["metadata"]["product_id"] == "p1001"
    page.evaluate("xiaoer.write('我想问')")
    expect(box(page)).to_have_value("我想问")
    page.evaluate("xiaoer.set({product: 'p1002', order: null})")
    expect(dialog(page).get_by_role("button", name="发给客服")).to_have_count(0)
    box(page).press("Enter")
    expect(page.get_by_role("log").get_by_text("echo 我想问")).to_be_visible()
    assert shell.engine.turns[-1]["metadata"]["product_id"] == "p1002"
    page.evaluate("xiaoer.close()")
    heard: list[Any] = page.evaluate("window.heard")
    names = [name for name, _ in heard]
    assert names[0] == "open"
    assert names[-1] == "close"
    assert {"from": "bot", "text": "echo 我想问"}.items() <= next(
        detail.items() for name, detail in reversed(heard) if name == "message" and detail["from"] == "bot"
    )


def test_identities_of_two_customers_are_two_talks_in_one_browser(shell: Shell, visit: Open) -> None:
    page = visit(shop_page(shell, "/two", f'data-identity="{shell.services.identities.sign("c05")}"'))
    start(page)
    say(page, "我是第一位顾客，来问订单")
    expect(page.get_by_role("log").get_by_text("echo 我是第一位")).to_be_visible()
    page.evaluate("(token) => xiaoer.set({identity: token})", shell.services.identities.sign("c06"))
    expect(page.get_by_role("log").get_by_text("第一位")).to_have_count(0)
    page.evaluate("(token) => xiaoer.set({identity: token})", shell.services.identities.sign("c05"))
    expect(page.get_by_role("log").get_by_text("echo 我是第一位")).to_be_visible()


# How it stays


def test_the_open_window_and_its_history_survive_a_reload_another_page_and_another_tab(shell: Shell, visit: Open) -> None:
    first, second = shop_page(shell, "/one"), shop_page(shell, "/next")
    page = visit(first)
    start(page)
    say(page, "请记住我说过的这句话")
    expect(page.get_by_role("log").get_by_text("echo 请记住我")).to_be_visible()
    for go in (page.reload, lambda: page.goto(second)):
        go()
        expect(page.get_by_role("log").get_by_text("echo 请记住我")).to_be_visible()
        # What opens by itself takes no focus from the page.
        assert page.evaluate("document.activeElement === document.body") is True
    tab = page.context.new_page()
    tab.goto(first)
    expect(tab.get_by_role("log").get_by_text("echo 请记住我")).to_be_visible()
    say(tab, "在另一个标签页里说的话")
    expect(page.get_by_role("log").get_by_text("echo 在另一个标签页")).to_be_visible()
    tab.get_by_role("button", name="收起对话").click()
    tab.reload()
    expect(launcher(tab)).to_be_visible()
    expect(dialog(tab)).to_have_count(0)


def test_on_a_phone_a_new_page_is_not_covered_and_a_reload_is_as_it_was(shell: Shell, visit: Open) -> None:
    page = visit(shop_page(shell, "/one"), phone=True)
    start(page)
    assert page.evaluate("getComputedStyle(document.documentElement).overflow") == "hidden"
    page.reload()
    expect(dialog(page)).to_be_visible()
    page.goto(shop_page(shell, "/next"))
    expect(launcher(page)).to_be_visible()
    page.wait_for_timeout(300)
    expect(dialog(page)).to_have_count(0)
    assert page.evaluate("getComputedStyle(document.documentElement).overflow") == "visible"


def test_the_window_ends_where_the_keyboard_of_a_phone_begins(shell: Shell, visit: Open) -> None:
    page = visit(shop_page(shell, "/keyboard", ""), phone=True)
    start(page)
    # A keyboard makes the visual viewport lower and may scroll it; the layout viewport stays.
    page.evaluate(
        """() => {
          Object.defineProperty(visualViewport, "height", {value: 420, configurable: true});
          Object.defineProperty(visualViewport, "offsetTop", {value: 60, configurable: true});
          visualViewport.dispatchEvent(new Event("resize"));
        }"""
    )
    panel = dialog(page).bounding_box()
    assert panel is not None
    assert (panel["y"], panel["height"], panel["width"]) == (60, 420, 390)
    line = box(page).bounding_box()
    assert line is not None
    assert line["y"] + line["height"] <= 480
    sizes = page.locator("xiaoer-chat").evaluate(
        "(chat) => [...chat.shadowRoot.querySelectorAll('textarea, input')].map((node) => parseFloat(getComputedStyle(node).fontSize))"
    )
    assert sizes
    assert min(size for size in sizes if size != 13.3333) >= 16


# How it tells of what nobody sees


def test_an_answer_nobody_sees_is_told_by_badge_preview_and_title(shell: Shell, visit: Open) -> None:
    give = shell.holds(turn(bubble("查到了，今天下午送到")))
    page = visit(shop_page(shell, "/badge"))
    page.evaluate("document.addEventListener('xiaoer:unread', (event) => (window.unread = event.detail.count))")
    start(page)
    say(page, "帮我查一下那个包裹到哪里了")
    page.get_by_role("button", name="收起对话").click()
    expect(dialog(page)).to_have_count(0)
    give()
    expect(page.get_by_role("button", name="联系客服，1 条未读")).to_be_visible()
    expect(page).to_have_title("（1）裙子")
    expect(page.locator("xiaoer-chat [role=status]")).to_have_text("1 条未读。查到了，今天下午送到")
    assert page.evaluate("window.unread") == 1
    preview = page.locator("xiaoer-chat .preview")
    expect(preview).to_contain_text("查到了，今天下午送到")
    preview.get_by_role("button", name="关闭预览").click()
    expect(preview).to_be_hidden()
    expect(page.get_by_role("button", name="联系客服，1 条未读")).to_be_visible()
    launcher(page).click()
    expect(page).to_have_title("裙子")
    expect(page.get_by_role("log").get_by_text("查到了")).to_be_visible()


def test_a_long_preview_ends_with_a_whole_line(shell: Shell, visit: Open) -> None:
    give = shell.holds(turn(bubble("按尺码表，这个码对应的身高和体重，与您说的都对得上。" * 6)))
    page = visit(shop_page(shell, "/preview"))
    start(page)
    say(page, "我该穿什么码")
    page.get_by_role("button", name="收起对话").click()
    give()
    words = page.locator("xiaoer-chat .preview .words")
    expect(words).to_be_visible()
    seen = words.evaluate(
        """(words) => {
          const range = document.createRange();
          range.selectNodeContents(words.lastChild);
          const { bottom } = words.getBoundingClientRect();
          return new Set([...range.getClientRects()].map(({ top }) => top).filter((top) => top < bottom)).size;
        }"""
    )
    assert seen == 2, "who says it, and two lines; nothing of a third one shows below them"


def test_the_tone_is_off_until_somebody_turns_it_on_and_needs_no_file(shell: Shell, visit: Open) -> None:
    page = visit(shop_page(shell, "/tone"))
    page.evaluate(
        """() => {
          window.tones = 0;
          const start = OscillatorNode.prototype.start;
          OscillatorNode.prototype.start = function (at) { window.tones += 1; return start.call(this, at); };
        }"""
    )
    start(page)
    page.get_by_role("button", name="收起对话").click()
    page.evaluate("xiaoer.element.panel.say({text: '第一句，请您帮我看一看'})")
    expect(page.get_by_role("button", name="联系客服，1 条未读")).to_be_visible()
    assert page.evaluate("window.tones") == 0
    launcher(page).click()
    page.get_by_role("button", name="更多").click()
    page.get_by_role("checkbox", name="新消息提示音").check()
    assert page.evaluate("window.tones") == 2
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.evaluate("xiaoer.element.panel.say({text: '第二句，请您再帮我看一看'})")
    expect(page.get_by_role("button", name="联系客服，1 条未读")).to_be_visible()
    assert page.evaluate("window.tones") == 4


# How it looks


@pytest.mark.parametrize("color", ["#ffe14d", "#1f6f5c", "#e4007f", "#111111", "white"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_in_the_shops_colour_can_always_be_read(shell: Shell, visit: Open, color: str, theme: str) -> None:
    page = visit(shop_page(shell, "/colour", f'data-color="{color}" data-theme="{theme}"'))
    start(page)
    ratios: dict[str, float] = page.locator("xiaoer-chat").evaluate(
        """async (chat) => {
          const { contrast } = await import(new URL("colour.js", document.querySelector("script").src));
          const numbers = (text) => text.match(/[\\d.]+/g).slice(0, 3).map(Number);
          const of = (selector) => {
            const style = getComputedStyle(chat.shadowRoot.querySelector(selector));
            return contrast(numbers(style.color), numbers(style.backgroundColor));
          };
          const ink = document.createElement("i");
          ink.style.color = getComputedStyle(chat).getPropertyValue("--xe-brand-ink");
          document.body.append(ink);
          const paper = numbers(getComputedStyle(chat.shadowRoot.querySelector("footer")).backgroundColor);
          return { header: of("header"), send: of(".sendit"), ink: contrast(numbers(getComputedStyle(ink).color), paper) };
        }"""
    )
    assert min(ratios.values()) >= 4.5, ratios


def test_the_theme_follows_the_system_unless_the_page_says_otherwise(shell: Shell, visit: Open) -> None:
    page = visit(shop_page(shell, "/theme"), color_scheme="dark")
    start(page)
    back = "getComputedStyle(xiaoer.element.shadowRoot.querySelector('.panel')).backgroundColor"
    assert page.evaluate(back) == "rgb(18, 23, 22)"
    page.emulate_media(color_scheme="light")
    page.wait_for_function(f"{back} === 'rgb(246, 248, 247)'")
    page.evaluate("xiaoer.set({theme: 'dark'})")
    assert page.evaluate(back) == "rgb(18, 23, 22)"


def test_words_come_in_traditional_characters_where_the_page_is(shell: Shell, visit: Open) -> None:
    page = visit(shop_page(shell, "/hant", 'data-lang="zh-Hant"'))
    page.get_by_role("button", name="聯絡客服").click()
    expect(page.get_by_role("textbox", name="訊息內容")).to_be_visible()
    expect(dialog(page)).to_have_attribute("lang", "zh-Hant")
    page.evaluate("xiaoer.set({lang: 'zh-CN'})")
    expect(box(page)).to_be_visible()
    tables: list[list[str]] = page.evaluate(
        """async (base) => {
          const tables = await Promise.all(["hans", "hant"].map((script) => import(`${base}/static/widget/words_${script}.js`)));
          return tables.map(({ TABLE }) => Object.keys(TABLE).sort());
        }""",
        shell.address,
    )
    assert tables[0] == tables[1]


def test_motion_stops_for_who_wants_none(shell: Shell, visit: Open) -> None:
    page = visit(shop_page(shell, "/motion"), reduced_motion="reduce")
    start(page)
    moving = page.locator("xiaoer-chat").evaluate(
        """(chat) => {
          const dots = document.createElement("div");
          dots.className = "dots";
          dots.append(document.createElement("i"));
          chat.shadowRoot.querySelector(".log").append(dots);
          return getComputedStyle(dots.firstChild).animationName;
        }"""
    )
    assert moving == "none"


def test_loader_and_modules_are_as_light_as_promised(shell: Shell, visit: Open) -> None:
    """The loader, and all modules together that one shopper loads (with one of the two tables of words), as they are sent."""
    page = visit("about:blank")
    sent: dict[str, bytes] = {}
    for path in sorted(FOLDER.glob("*.js")):
        answer = page.request.get(f"{shell.address}/static/widget/{path.name}")
        assert answer.headers["content-encoding"] == "gzip"
        sent[path.name] = answer.body()
    assert len(gzip.compress(sent["xiaoer.js"], 9)) <= 4096
    for other in ("words_hans.js", "words_hant.js"):
        together = len(gzip.compress(b"".join(body for name, body in sent.items() if name != other), 9))
        assert together <= 30_000, json.dumps({name: len(gzip.compress(body, 9)) for name, body in sent.items()})


def test_tabs_that_open_at_the_same_moment_share_one_talk(shell: Shell, visit: Open) -> None:
    page = visit()
    opened: list[str] = []
    page.on("request", lambda one: opened.append(one.url) if one.method == "POST" and one.url.endswith("/api/v1/conversations") else None)
    talks = page.evaluate(
        """async () => {
          const { TalkClient } = await import("/static/widget/client.js");
          const tabs = [1, 2, 3].map(() => new TalkClient({}));
          await Promise.all(tabs.map((one) => one.start()));
          const found = tabs.map((one) => one.saved.id);
          tabs.forEach((one) => one.stop());
          return found;
        }"""
    )
    assert len(set(talks)) == 1
    assert len(opened) == 1, "the others find it instead of opening talks that nobody would see again"
