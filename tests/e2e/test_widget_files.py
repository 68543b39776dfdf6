"""Photos and videos in Chromium: chosen, pasted, dropped; previewed, cut, taken up again, cancelled; what cannot be sent is told."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Route, expect

from gateway.uploads import PART_BYTES
from tests.e2e.conftest import Open
from tests.e2e.shell import Shell
from tests.e2e.talk import SIZES, add, begin, file, log, say
from tests.gateway.support import picture
from tests.gateway.test_gateway_attachments import box as part_of
from tests.gateway.test_gateway_attachments import video

pytestmark = pytest.mark.browser


@SIZES
def test_photos_are_previewed_sent_together_and_shown(shell: Shell, visit: Open, phone: bool) -> None:
    page = begin(shell, visit, phone=phone)
    add(
        page,
        file("a.jpg", "image/jpeg", picture()),
        file("b.png", "image/png", picture("PNG")),
        file("c.webp", "image/webp", picture("WEBP")),
    )
    tiles = page.locator("xiaoer-chat .file img")
    expect(tiles).to_have_count(3)
    expect(page.locator("xiaoer-chat .file.busy")).to_have_count(0)
    page.get_by_role("button", name="移除这个文件").first.click()
    expect(tiles).to_have_count(2)
    say(page, "袖口开线了")
    expect(log(page).locator(".row.me img.media")).to_have_count(2)
    expect(log(page).locator(".row.me img.media").first).to_have_js_property("naturalWidth", 64)
    expect(tiles).to_have_count(0)
    expect(log(page)).to_contain_text("echo 袖口开线了")
    assert len(shell.engine.turns[-1]["metadata"]["photo_ids"]) == 2


def test_a_photo_can_be_pasted_and_dropped(shell: Shell, visit: Open) -> None:
    page = begin(shell, visit)
    bytes_of = list(picture())
    give = """([name, content, target]) => {
      const data = new DataTransfer();
      data.items.add(new File([new Uint8Array(content)], "photo.jpg", { type: "image/jpeg" }));
      const root = document.querySelector("xiaoer-chat").shadowRoot;
      const common = { bubbles: true, cancelable: true };
      const paste = () => new ClipboardEvent(name, { clipboardData: data, ...common });
      const event = name === "paste" ? paste() : new DragEvent(name, { dataTransfer: data, ...common });
      root.querySelector(target).dispatchEvent(event);
      return event.defaultPrevented;
    }"""
    assert page.evaluate(give, ["paste", bytes_of, "textarea"])
    expect(page.locator("xiaoer-chat .file img")).to_have_count(1)
    assert page.evaluate(give, ["dragover", bytes_of, ".log"])
    expect(page.locator("xiaoer-chat .dropping")).to_have_count(1)
    assert page.evaluate(give, ["drop", bytes_of, ".log"])
    expect(page.locator("xiaoer-chat .dropping")).to_have_count(0)
    expect(page.locator("xiaoer-chat .file img")).to_have_count(2)


def test_what_cannot_be_sent_is_told_with_a_remedy(shell: Shell, visit: Open) -> None:
    page = begin(shell, visit)
    hint = page.locator("xiaoer-chat .hint")
    add(page, file("IMG_1.HEIC", "image/heic", part_of(b"ftyp", b"heic" + bytes(8)) + bytes(100)))
    expect(hint).to_contain_text("HEIC")
    expect(hint).to_contain_text("兼容性最佳")
    add(page, file("a.txt", "text/plain", b"hello"))
    expect(hint).to_contain_text("请选择 JPEG")
    add(page, file("long.mp4", "video/mp4", video(45)))
    expect(hint).to_contain_text("30 秒")
    add(page, file("broken.jpg", "image/jpeg", b"\xff\xd8\xff" + bytes(100)))
    expect(hint).to_contain_text("打不开")
    expect(page.locator("xiaoer-chat .file")).to_have_count(0)


def test_a_large_photo_is_made_smaller_before_it_is_sent(shell: Shell, visit: Open, tmp_path: Path) -> None:
    page = begin(shell, visit)
    huge = tmp_path / "huge.png"
    Image.frombytes("RGB", (1800, 1800), random.Random(6).randbytes(1800 * 1800 * 3)).save(huge, "PNG", compress_level=0)
    assert huge.stat().st_size > 8 * 1024 * 1024
    page.locator("input[type=file]").first.set_input_files(huge)
    expect(page.locator("xiaoer-chat .file:not(.busy) img")).to_have_count(1, timeout=20_000)
    say(page, "看这张")
    expect(log(page).locator(".row.me img.media")).to_have_count(1)


def test_a_video_goes_on_after_a_cut_and_shows_its_progress(shell: Shell, visit: Open) -> None:
    page = begin(shell, visit)
    parts: list[str] = []

    def cut(route: Route) -> None:
        parts.append(route.request.url.split("offset=")[1])
        # The second part is lost on its way, once; the third arrives and its receipt is lost.
        if len(parts) == 2:
            route.abort("connectionreset")
        elif len(parts) == 4:
            route.fetch()
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/uploads/*?offset=*", cut)
    add(page, file("fault.mp4", "video/mp4", video(6, data=3 * PART_BYTES)))
    expect(page.get_by_role("progressbar", name="正在上传")).to_be_visible()
    expect(page.locator("xiaoer-chat .file.busy")).to_have_count(0, timeout=20_000)
    sent = [int(offset) for offset in parts]
    assert sent == [0, PART_BYTES, PART_BYTES, 2 * PART_BYTES, 2 * PART_BYTES, 3 * PART_BYTES], "only what was lost is sent again"
    say(page, "这里会响")
    expect(log(page).get_by_role("button", name="播放视频")).to_be_visible()
    expect(log(page)).to_contain_text("echo 这里会响")
    assert len(shell.engine.turns[-1]["metadata"]["photo_ids"]) == 1


def test_an_upload_is_cancelled_or_tried_again(shell: Shell, visit: Open) -> None:
    page = begin(shell, visit)
    refused = []

    def refuse(route: Route) -> None:
        if route.request.method == "POST" and not refused:
            refused.append(route.request.url)
            route.fulfill(status=500, body="{}")
        else:
            route.continue_()

    page.route("**/uploads", refuse)
    add(page, file("a.jpg", "image/jpeg", picture()))
    expect(page.locator("xiaoer-chat .file:not(.busy) img")).to_have_count(1, timeout=15_000)
    assert refused, "a server that is away for a moment is asked again"
    page.unroute("**/uploads")
    page.route("**/uploads/*?offset=*", lambda route: None)
    add(page, file("b.jpg", "image/jpeg", picture()))
    expect(page.locator("xiaoer-chat .file.busy")).to_have_count(1)
    expect(page.get_by_role("button", name="发送")).to_be_disabled()
    page.get_by_role("button", name="移除这个文件").last.click()
    expect(page.locator("xiaoer-chat .file")).to_have_count(1)
    expect(page.get_by_role("button", name="发送")).to_be_enabled()
