"""From the click on the launcher to the first reply on the screen, on the demonstration page in Chromium.

Each repetition has a fresh browser profile: the window's modules are cold, the talk is new, nothing was loaded by hovering. Two
figures: ``welcome`` (launcher clicked → the bot's first bubble is drawn: modules, talk opened, first messages) and ``reply`` (a
first line sent → the first bubble of its answer is drawn: the waiting for a second line of a joined sentence is part of it).
"""

from __future__ import annotations

import statistics
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from tests.e2e.browser import ARGUMENTS, chromium

REPETITIONS = 30
LIMIT_MS = 400
LINE = "在吗"

# A bubble counts when the frame that draws it is done.
DRAWN = """
  const bubbles = () => chat.shadowRoot.querySelectorAll(".row:not(.me) .bubble:not(.dots)").length;
  const drawn = (than, begun) => new Promise((resolve, reject) => {
    const look = () => {
      if (bubbles() > than) return requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - begun)));
      performance.now() - begun > 20000 ? reject(new Error("no reply")) : requestAnimationFrame(look);
    };
    look();
  });
"""
WELCOME = f"""async () => {{
  const chat = document.querySelector("xiaoer-chat");
  {DRAWN}
  const begun = performance.now();
  chat.shadowRoot.querySelector(".launcher").click();
  return drawn(0, begun);
}}"""
SETTLED = """() => {
  const chat = document.querySelector("xiaoer-chat");
  const {client} = chat.panel;
  const count = chat.shadowRoot.querySelectorAll(".row:not(.me) .bubble:not(.dots)").length;
  return client.online && !client.typing && count >= client.list().filter((one) => one.from === "bot" && one.text).length;
}"""
REPLY = f"""async (line) => {{
  const chat = document.querySelector("xiaoer-chat");
  {DRAWN}
  const before = bubbles();
  const begun = performance.now();
  chat.panel.say({{text: line}});
  return drawn(before, begun);
}}"""


def measure(url: str, repetitions: int = REPETITIONS) -> dict[str, Any]:
    """Medians and p95 in milliseconds over so many fresh profiles on the page at ``url``."""
    welcome: list[float] = []
    reply: list[float] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        # The first page of a browser pays for the browser.
        _once(browser, url)
        for _ in range(repetitions):
            one, other = _once(browser, url)
            welcome.append(one)
            reply.append(other)
        browser.close()
    return {
        "repetitions": repetitions,
        "limit_ms": LIMIT_MS,
        "welcome_ms": round(statistics.median(welcome)),
        "welcome_p95_ms": round(statistics.quantiles(welcome, n=20)[-1]),
        "reply_ms": round(statistics.median(reply)),
        "reply_p95_ms": round(statistics.quantiles(reply, n=20)[-1]),
    }


def _once(browser: Browser, url: str) -> tuple[float, float]:
    context = browser.new_context(locale="zh-CN", viewport={"width": 1280, "height": 800})
    try:
        page = context.new_page()
        page.goto(url, wait_until="networkidle")
        page.wait_for_function("() => customElements.get('xiaoer-chat')")
        welcome = float(page.evaluate(WELCOME))
        page.wait_for_function(SETTLED)
        return welcome, float(page.evaluate(REPLY, LINE))
    finally:
        context.close()
