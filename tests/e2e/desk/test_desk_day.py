"""A stretch of a working day: two agents and three shoppers at once, and each of them gets what is theirs."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from shop.tickets import Tickets
from tests.e2e.desk.conftest import Desk, Shopper
from tests.e2e.desk.steps import digit, draft, offers, said, say, suggest_by_question

pytestmark = pytest.mark.browser

SOON = 20_000
ORDER = "880000000009"  # of c05


def row(page: Page, shopper: Shopper) -> Locator:
    return page.locator(f"#inbox li:has([data-talk='{shopper.id}'])")


def open_row(page: Page, shopper: Shopper) -> None:
    row(page, shopper).locator(".open").click(timeout=SOON)
    expect(row(page, shopper).locator(".open")).to_have_attribute("aria-current", "true", timeout=SOON)


def take(page: Page, shopper: Shopper) -> None:
    row(page, shopper).locator(".take").click(timeout=SOON)
    expect(page.locator("#owner")).to_contain_text("我在接待", timeout=SOON)
    expect(row(page, shopper).locator(".open")).to_have_attribute("aria-current", "true", timeout=SOON)


def answer_with_a_digit(page: Page, question: str) -> None:
    """Send the first suggestion, once it is one for this question."""
    expect(page.locator("#suggestions[data-state=ready]")).to_be_attached(timeout=SOON)
    expect(offers(page).first).to_contain_text(f"答：{question}", timeout=SOON)
    page.locator("#talk .scroller").focus()
    digit(page, "1")


def own_words(shopper: Shopper) -> list[str]:
    return [str(message["text"]) for message in shopper.messages() if message["from"] == "agent"]


def test_two_agents_answer_three_shoppers_who_write_at_the_same_time(desk: Desk) -> None:
    suggest_by_question(desk)
    # Accounts and words of their own: the database is the session's, and what is done here is counted nowhere else.
    tang, shu = desk.agent("tang"), desk.agent("shu")
    feng, lin, third = desk.waiting("c05", text="米色的还有吗"), desk.waiting("c01", text="快递到哪了"), desk.waiting(text="怎么退货")

    # Each takes one, the third comes to who is free; nobody gets a talk twice.
    take(tang, feng)
    take(shu, lin)
    take(tang, third)
    assert [desk.owner(one.id) for one in (feng, lin, third)] == [f"agent:{desk.who(name)}" for name in ("tang", "shu", "tang")]

    # All three write while others are being answered; each answer goes to whom it belongs.
    answer_with_a_digit(tang, "怎么退货")
    answer_with_a_digit(shu, "快递到哪了")
    said(third, "答：怎么退货")
    said(lin, "答：快递到哪了")
    feng.ask("M码呢")
    lin.ask("今天能到吗")
    open_row(tang, feng)
    answer_with_a_digit(tang, "M码呢")
    answer_with_a_digit(shu, "今天能到吗")
    said(feng, "答：M码呢")
    said(lin, "答：今天能到吗")

    # Beside the talk stands the shopper's own order: flagged for colleagues, sent as a card, a ticket for what was promised.
    flagged = tang.locator(f"#side [data-order='{ORDER}']")
    flagged.get_by_role("button", name="插旗备注").click(timeout=SOON)
    tang.get_by_label("红旗").check()
    tang.get_by_label("备注", exact=True).fill("换M码，先发")
    tang.get_by_role("button", name="保存").click()
    expect(flagged).to_contain_text("换M码，先发", timeout=SOON)
    tang.locator("#side").get_by_role("button", name="登记工单").click()
    tang.get_by_label("类别").select_option("exchange")
    tang.get_by_label("是什么事").fill("换一件米色的")
    tang.get_by_role("button", name="登记", exact=True).click()
    expect(tang.locator("#side .ticket", has_text="换一件米色的")).to_be_visible(timeout=SOON)
    services = desk.shell.services
    assert [one.kind for one in Tickets(services.database, services.settings.shop_id, services.clock).of_conversation(feng.id)] == [
        "exchange"
    ]

    # Words to the wrong one are taken back; a half-written answer waits in its own talk.
    say(tang, "发错人了的话")
    said(feng, "发错人了的话")
    tang.locator("#talk .scroller").focus()
    tang.keyboard.press("Alt+z")
    desk.until(lambda: feng.texts()[-1] == "客服已撤回一条消息。")
    draft(tang).fill("冯女士，换货的地址是")
    open_row(tang, third)
    expect(draft(tang)).to_have_value("")
    third.ask("邮费谁出")
    expect(offers(tang).first).to_contain_text("答：邮费谁出", timeout=SOON)

    # Tang passes her first shopper on; Shu sees the note, the order's flag and all that was said, and the bot gets Lin's talk back.
    open_row(tang, feng)
    expect(draft(tang)).to_have_value("冯女士，换货的地址是")
    tang.keyboard.press("Escape")
    tang.keyboard.press("Alt+p")
    passing = tang.get_by_role("dialog")
    passing.get_by_label("转给谁").select_option(desk.who("shu"))
    passing.get_by_label("留言").fill("答应了先发M码")
    passing.get_by_role("button", name="转接").click()
    expect(row(shu, feng)).to_be_visible(timeout=SOON)
    expect(row(tang, feng)).to_have_count(0, timeout=SOON)
    shu.keyboard.press("Alt+b")
    desk.until(lambda: desk.owner(lin.id) == "bot")
    open_row(shu, feng)
    expect(shu.locator("#talk")).to_contain_text("答应了先发M码", timeout=SOON)
    expect(shu.locator("#talk")).to_contain_text("答：M码呢")
    expect(shu.locator(f"#side [data-order='{ORDER}']")).to_contain_text("换M码，先发", timeout=SOON)
    say(shu, "您好，换货我来跟进。")
    said(feng, "您好，换货我来跟进。")

    # Everybody heard their own answers, and none of what was for colleagues.
    heard = own_words(feng)
    assert [heard[0], heard[-1]] == ["答：M码呢", "您好，换货我来跟进。"]
    assert len(heard) == 3
    assert "换货" in heard[1], "the ticket was told in reviewed words"
    assert own_words(lin) == ["答：快递到哪了", "答：今天能到吗"]
    assert own_words(third) == ["答：怎么退货"]
    for shopper in (feng, lin, third):
        assert "先发" not in str(shopper.messages())
    assert lin.ask("在吗")["replies"][0]["text"] == "echo 在吗", "the bot answers again"
    kinds = {deed.kind for deed in services.deeds.of_talk(feng.id)}
    assert {"take", "order_flag", "ticket_open", "recall", "transfer"} <= kinds, kinds
