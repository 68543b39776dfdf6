"""A long talk: read by pages, left where it is read, followed at its end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from gateway.rows import new_id
from shop.db import writing
from shop.models import Conversation, Message
from tests.e2e.desk.conftest import Desk
from tests.e2e.desk.test_desk_talk import log, message, taken

pytestmark = pytest.mark.browser


def long(desk: Desk, talk_id: str, lines: int) -> None:
    """Put so many messages into a talk, as if they had been said."""
    services = desk.shell.services
    with writing(services.database) as session:
        row = session.get_one(Conversation, (services.settings.shop_id, talk_id))
        for number in range(1, lines + 1):
            row.last_seq += 1
            session.add(
                Message(
                    shop_id=services.settings.shop_id,
                    conversation_id=talk_id,
                    seq=row.last_seq,
                    id=new_id("m"),
                    sender="shopper" if number % 2 else "agent",
                    text=f"第{number}句",
                    state="answered",
                    at=services.clock.now() - timedelta(seconds=lines - number),
                )
            )


def resting(page: Page, row: Locator) -> float:
    """Where a row stands on the screen (pixels from the top) once the rows around it have been drawn."""
    places: list[float] = []
    for _ in range(50):
        places.append(float(row.evaluate("node => node.getBoundingClientRect().top")))
        if len(places) >= 4 and len(set(places[-4:])) == 1:
            break
        page.wait_for_timeout(150)
    return places[-1]


def test_a_talk_of_a_thousand_messages_is_read_by_pages_and_stays_where_it_is_read(desk: Desk) -> None:
    page = desk.agent("lan")
    shopper = taken(desk, page)
    long(desk, shopper.id, 1_000)
    page.reload()
    expect(message(page, "第1000句")).to_be_in_viewport(timeout=15_000)
    assert log(page).locator(".message").count() <= 100, "the newest first"
    scroller = page.locator("#talk .scroller")
    for _ in range(30):
        if log(page).get_by_text("第1句", exact=True).count():
            break
        before = log(page).locator(".message").count()
        scroller.evaluate("node => { node.scrollTop = 0 }")
        expect(log(page).locator(".message")).not_to_have_count(before, timeout=15_000)
    expect(log(page).get_by_text("第1句", exact=True)).to_be_attached()
    middle = log(page).locator(".message", has_text="第500句")
    middle.scroll_into_view_if_needed()
    top = resting(page, middle)
    shopper.ask("新的一句")
    jump = page.locator("#talk .jump")
    expect(jump).to_contain_text("1 条新消息", timeout=15_000)
    assert abs(resting(page, middle) - top) < 3, "nothing moves under the reader's eyes"
    page.keyboard.press("Alt+End")
    expect(message(page, "新的一句")).to_be_in_viewport(timeout=15_000)
    expect(jump).to_be_hidden()
    assert log(page).locator(".message").count() <= 100, "what nobody reads any more is let go"


@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
def test_who_is_at_the_end_stays_there_though_the_list_gets_lower_while_it_scrolls(desk: Desk, phone: bool) -> None:
    """A talk is scrolled to its end while suggestions come and take their place: the scroll is told when the end lies elsewhere."""
    shopper = desk.waiting("c05")
    long(desk, shopper.id, 60)
    page = desk.agent("lan", phone=phone, path=f"/desk?talk={shopper.id}")
    last = message(page, "第60句")
    expect(last).to_be_in_viewport(timeout=15_000)
    # Lower from one moment to the next, while a scroll of its own is still to be told.
    page.evaluate(
        """() => new Promise((done) => {
          const list = document.querySelector("#talk .scroller");
          list.scrollTop -= 40;
          setTimeout(() => {
            list.scrollTop = list.scrollHeight;
            document.querySelector("#talk .bar").style.marginTop = "100px";
            done();
          }, 100);
        })"""
    )
    page.wait_for_function("""() => {
      const list = document.querySelector("#talk .scroller");
      return list.scrollHeight - list.clientHeight - list.scrollTop < 3;
    }""")
    expect(page.locator("#talk .jump")).to_be_hidden()
    # Who scrolls up leaves the end, also by little steps.
    for _ in range(8):
        page.locator("#talk .scroller").evaluate("(list) => { list.scrollTop -= 30 }")
        page.wait_for_timeout(60)
    expect(page.locator("#talk .jump")).to_be_visible()
