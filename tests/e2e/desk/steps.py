"""Steps that the tests of suggestions and composer share."""

from __future__ import annotations

import time
from typing import Any

import httpx
from playwright.sync_api import Locator, Page, expect

from tests.e2e.desk.conftest import Desk, Shopper
from tests.gateway.support import bubble


def suggest_by_question(desk: Desk, first: str | None = None, image: str | None = None) -> None:
    """Let the engine suggest an answer that repeats the question (or ``first``), and one that asks for patience."""

    def suggest(body: dict[str, Any]) -> httpx.Response:
        texts = [first or f"答：{body.get('text')}", "请稍等，为您查一下。"]
        found = [
            {
                "intents": ["ask_stock"],
                "topic": None,
                "confidence": 0.9 - 0.3 * place,
                "replies": [
                    bubble(text, script="s_stock", response="utter_products_stock", table="postage", row="pr_q_ex_01", image=image)
                ],
                "actions": [],
            }
            for place, text in enumerate(texts)
        ]
        return httpx.Response(200, json={"suggestions": found, "took_ms": 9})

    desk.shell.engine.suggest = suggest


def open_talk(page: Page, talk: str) -> None:
    """Open a talk from the inbox."""
    row = page.locator(f"#inbox [data-talk={talk}]")
    row.tap() if page.evaluate("'ontouchstart' in window") else row.click()
    expect(row).to_have_attribute("aria-current", "true")
    expect(draft(page)).to_be_enabled(timeout=15_000)
    expect(page.locator("#talk")).to_contain_text("人工", timeout=15_000)


def offers(page: Page) -> Locator:
    """The suggestions."""
    return page.locator("#suggestions .offer")


def draft(page: Page) -> Locator:
    """The field of the composer."""
    return page.locator("#draft")


def said(shopper: Shopper, text: str) -> None:
    """The shopper gets to read these words, once."""
    ends = time.monotonic() + 15
    while text not in shopper.texts() and time.monotonic() < ends:
        time.sleep(0.05)
    assert shopper.texts().count(text) == 1, shopper.texts()


def say(page: Page, text: str) -> None:
    """Write an answer and send it, with the keyboard."""
    draft(page).click()
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def digit(page: Page, keys: str) -> None:
    """Press a suggestion's key, a look after its list has come: one that changed under the fingers is not sent from."""
    page.wait_for_timeout(500)
    page.keyboard.press(keys)
