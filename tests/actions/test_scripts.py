"""Wishes that one script answers (F1: wholesale, dropshipping): one response a topic, a ticket where a person acts, nothing made up."""

from __future__ import annotations

import pytest

from actions.context import Context
from actions.scripts import ActionAnswerDropship, ActionAnswerScript
from shop.db import writing
from shop.writers import write_shop
from tests.actions.conftest import NOW
from tests.actions.support import changed, rows, run, said, turn

TERMS = {"name": "小二", "dropship_link": "示例注册页", "dropship_policy": "九五折", "dropship_code": "DS95"}


@pytest.mark.parametrize(
    ("topic", "row", "ticket"),
    [
        ("wholesale", "sc_01", True),
        ("project", "sc_02", True),
        ("vip", "sc_04", False),
        ("wrong_shop", "sc_05", False),
        ("department", "sc_06", False),
        ("specific_agent", "sc_07", False),
        ("price_difference", "sc_08", False),
        ("dialect", "sc_09", False),
        ("just_asking", "sc_10", False),
        ("dropship", "ps_04_a", True),
        (None, "sc_01", True),
    ],
)
async def test_each_topic_has_its_script(topic: str | None, row: str, ticket: bool) -> None:
    events, messages = await run(ActionAnswerScript(), turn("ask_script", {"topic": topic} if topic else {}, customer=None, text="请问"))
    assert rows(messages) == [row]
    assert ("ticket_id" in changed(events)) is ticket


async def test_a_shop_without_terms_promises_no_link_and_no_code() -> None:
    _, messages = await run(ActionAnswerScript(), turn("ask_script", {"topic": "dropship"}, customer=None))
    assert said(messages) == ["utter_scripts_dropship_sales"]
    assert not {"link", "code", "policy"} & {name for name, value in messages[0].items() if value}


@pytest.mark.parametrize(
    ("intent", "row", "name", "value"), [("affirm", "ps_04", "code", "DS95"), ("deny", "ps_04_c", "link", "示例注册页")]
)
async def test_a_reseller_hears_the_shops_own_terms(world: Context, intent: str, row: str, name: str, value: str) -> None:
    with writing(world.engine) as session:
        write_shop(session, "demo", TERMS, NOW, source="demo")
    events, messages = await run(ActionAnswerScript(), turn("ask_script", {"topic": "dropship"}, customer=None))
    assert (rows(messages), changed(events)["open_question"]) == (["ps_04_b"], "dropship_registered")
    _, messages = await run(ActionAnswerDropship(), turn(intent, slots=changed(events), customer=None))
    assert (rows(messages), messages[0][name]) == ([row], value)


async def test_member_tiers_are_told_when_the_shop_has_published_them(world: Context) -> None:
    with writing(world.engine) as session:
        write_shop(session, "demo", {"name": "小二", "vip_rule": "累计满2000元", "vip_benefit": "生日月包邮"}, NOW, source="demo")
    _, messages = await run(ActionAnswerScript(), turn("ask_script", {"topic": "vip"}))
    assert (rows(messages), messages[0]["benefit"]) == (["sc_03"], "生日月包邮")
