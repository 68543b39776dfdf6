"""The morning, the owner's week and the figures as trainers and owners read them."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal

from playwright.sync_api import Page, expect
from sqlalchemy import update

from shop.concessions import Concessions
from shop.db import writing
from shop.given import give
from shop.models import Message
from tests.e2e.studio.conftest import Studio
from tests.e2e.test_widget_accessible import serious
from tests.gateway.support import bubble, turn

YESTERDAY = timedelta(days=1)


def clean(page: Page) -> None:
    """Nothing keeps anybody out, and nothing is wider than the page."""
    assert serious(page, "html") == []
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0


def asks(studio: Studio, text: str, intent: str, *, yesterday: bool = False) -> str:
    """A shopper who says one thing; the talk's id."""
    studio.shell.engine.answer = lambda body: turn(bubble("好的"), intent=intent)
    talk = studio.shopper(None, text).id
    if yesterday:
        with writing(studio.shell.services.database) as session:
            session.execute(update(Message).where(Message.conversation_id == talk).values(at=studio.shell.services.clock.now() - YESTERDAY))
    return talk


def test_the_morning_shows_what_yesterday_left_and_leads_on(studio: Studio) -> None:
    for _ in range(2):
        asks(studio, "桃色能不能打包成糕", "nlu_fallback", yesterday=True)
    page = studio.trainer("fang", path="/studio")
    part = page.locator("[data-part=unclear] li", has_text="桃色能不能打包成糕")
    expect(part).to_contain_text("2 次")
    expect(part.get_by_role("link", name="去标注")).to_have_attribute("href", re.compile(r"^/studio/inbox\?q="))
    expect(
        page.locator("[data-part=gaps], [data-part=missing], [data-part=dated], [data-part=lessons], [data-part=ratings]")
    ).to_have_count(5)
    clean(page)
    studio.picture(page, "morning")
    page.locator("[data-figure=unclear] a").click()
    expect(page.locator(".behind li", has_text="桃色能不能打包成糕")).to_have_count(2)
    clean(page)


def test_a_number_of_the_figures_leads_to_its_messages_and_a_lead_on_to_the_talk(studio: Studio) -> None:
    talk = asks(studio, "请问桃色的有几件", "ask_stock")
    page = studio.trainer("fang", "supervisor", path="/studio/figures")
    row = page.locator("tr[data-intent=ask_stock]")
    expect(row.get_by_role("img", name=re.compile("问有没有货"))).to_be_visible()
    studio.picture(page, "figures")
    # However far the rows are scrolled, the head stands above them.
    page.locator(".table").evaluate("table => { table.style.maxHeight = '40px'; table.scrollTop = 1000; }")
    head = page.locator("[data-sort=name]")
    assert head.evaluate(
        "one => { const at = one.getBoundingClientRect(); return one.contains(document.elementFromPoint(at.x + 9, at.y + 9)); }"
    )
    page.locator(".table").evaluate("table => { table.style.maxHeight = ''; }")
    row.locator("[data-lines=asked]").click()
    line = page.locator(".behind li", has_text="请问桃色的有几件")
    expect(line.get_by_role("link", name="看会话")).to_have_attribute("href", f"/desk?talk={talk}")
    expect(page.locator(".behind h2")).to_be_focused()
    with page.expect_download() as file:
        page.get_by_role("link", name="下载 Excel").click()
    assert file.value.suggested_filename.endswith(".xlsx")
    page.locator("[data-sort=name]").click()
    expect(page.locator("th[aria-sort=ascending]")).to_have_text("意图")


def test_the_owner_reads_the_money_to_the_cent(studio: Studio) -> None:
    services = studio.shell.services
    where = (services.database, "demo", services.clock)
    Concessions(*where).record(customer_id=None, conversation_id="t", product_id="p1001", kind="coupon:NEW5", row="bg_06")
    page = studio.trainer("fang", "supervisor", path="/studio/week")
    before = Decimal(page.locator("td.total").inner_text())
    for amount in ("0.10", "0.20"):
        with writing(services.database) as session:
            give(
                *(session, "demo", services.clock.now(), "postage", Decimal(amount)),
                **{"table": "postage", "row": "pr_q_rr_01", "by": studio.who("fang"), "ref": None, "talk": None},
            )
    page.reload()
    expect(page.locator("td.total")).to_have_text(str(before + Decimal("0.30")))
    expect(page.get_by_role("row", name=re.compile("邮费.*pr_q_rr_01.*小fang.*2.*0.30"))).to_be_visible()
    clean(page)
    studio.picture(page, "week")
    page.get_by_role("button", name="上一周").click()
    expect(page.locator("[data-part=money]")).to_contain_text("没有给出")


def test_the_pages_fit_a_phone(studio: Studio) -> None:
    page = studio.trainer("fang", "supervisor", path="/studio/figures", phone=True)
    clean(page)
    for path in ("/studio", "/studio/week"):
        page.goto(f"{studio.shell.address}{path}")
        expect(page.locator("body[data-ready=yes]")).to_be_attached(timeout=20_000)
        clean(page)
