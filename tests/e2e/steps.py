"""What a shopper does in the window, for the tests of this folder."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.e2e.shell import Shell


def launcher(page: Page) -> Locator:
    return page.locator("xiaoer-chat .launcher")


def dialog(page: Page) -> Locator:
    return page.get_by_role("dialog")


def log(page: Page) -> Locator:
    return page.get_by_role("log")


def box(page: Page) -> Locator:
    return page.get_by_role("textbox", name="消息内容")


def live(page: Page) -> Locator:
    """The one live region."""
    return page.locator("xiaoer-chat [role=status]")


def start(page: Page) -> None:
    launcher(page).click()
    expect(log(page)).to_contain_text("自动助手")


def say(page: Page, text: str) -> None:
    box(page).fill(text)
    box(page).press("Enter")


def talk_id(page: Page) -> str:
    """The talk this browser has, as the window keeps it."""
    found = re.search(r"c_[\w-]{24}", page.evaluate("JSON.stringify(Object.values(localStorage))"))
    assert found is not None
    return found.group()


def shop_page(shell: Shell, path: str, attributes: str = "", body: str = "", **headers: str) -> str:
    """A page of the shop, on another origin than the gateway, with the one tag."""
    tag = f'<script type="module" src="{shell.address}/static/widget/xiaoer.js" data-shop="demo" {attributes}></script>'
    view = '<meta name="viewport" content="width=device-width, initial-scale=1">'
    head = f'<meta charset="utf-8">{view}<title>裙子</title>{tag}'
    return shell.page(
        path, f'<!doctype html><html lang="zh-CN"><head>{head}</head><body><main><h1>裙子</h1>{body}</main></body></html>', **headers
    )
