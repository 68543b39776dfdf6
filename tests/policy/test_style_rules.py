"""How people are addressed (style.md §1, ad_*) and what goes to a person and to whom (§9, es_*): policy/style_rules.yml held to it."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import inspect

from policy.decide import decide, load_table, tables
from policy.facts import ShopFacts
from policy.parameters import load_parameters
from policy.wording import check
from policy.words import team_of
from shop.models import Customer
from tests.contract.project import ROOT, domain, python_files, responses, yaml_files

PARAMETERS = load_parameters()
# To whom style.md §9 sends it: teams of the tickets of these rows, and whether the talk goes along (person), may (offered) or not.
TO: dict[str, tuple[set[str], set[str]]] = {
    "es_01": ({"客服主管"}, {"person"}),
    "es_02": ({"售后负责人"}, {"person"}),
    "es_03": ({"售后专员", "客服主管"}, {"person"}),
    "es_04": ({"销售同事"}, {"ticket", "offered"}),
    "es_05": ({"客服主管"}, {"person"}),
    "es_06": ({"客服主管"}, {"person", "ticket"}),
    "es_07": ({"人工客服"}, {"person"}),
    "es_08": (set(), {"person", "supervisor"}),
    "es_09": ({"售后专员"}, {"person"}),
    "es_10": ({"售后专员"}, {"ticket"}),
    "es_11": ({"物流同事", "财务同事"}, {"ticket"}),
    "es_12": ({"财务同事"}, {"ticket"}),
    "es_13": ({"客服主管"}, {"person"}),
    "es_14": ({"商品同事"}, {"ticket"}),
    "es_15": ({"技术支持"}, {"person"}),
    "es_16": ({"销售同事"}, {"ticket"}),
}
PRIVATE = re.compile(r"nick|gender|(?:^|_)sex|(?:^|_)age$|birth|income|salary|marri|family|children|occupation|昵称|性别|年龄|收入|婚")


@cache
def lines() -> dict[str, dict[str, Any]]:
    """policy/style_rules.yml."""
    return dict(yaml.safe_load((ROOT / "policy" / "style_rules.yml").read_text("utf-8")))


@cache
def texts() -> dict[str, list[str]]:
    """What the bot says with every response while the shop has not turned 亲 on: no variation of that switch, none for an agent to say."""
    return {
        name: [str(one.get("text", "")) for one in several if not (asks_for_qin(one) or is_an_agents(one))]
        for name, several in responses().items()
    }


def asks_for_qin(one: dict[str, Any]) -> bool:
    """Whether a variation is for shops that say 亲."""
    return any(condition["name"] == "address_style" and condition["value"] == "qin" for condition in one.get("condition", []))


def is_an_agents(one: dict[str, Any]) -> bool:
    """Whether a variation is only suggested to agents."""
    return any(condition["name"] == "speaker" and condition["value"] == "agent" for condition in one.get("condition", []))


def way(then: dict[str, Any]) -> str:
    """How a row brings a person in; empty when it does not."""
    if then.get("hand_over") == "person" or then.get("need") == "person":
        return "person"
    if then.get("waits_for") == "supervisor":
        return "supervisor"
    if then.get("offer_person") == "yes":
        return "offered"
    return "ticket" if then.get("ticket") not in (None, "none", "wait") else ""


def test_every_rule_has_its_line_and_its_place() -> None:
    handbook = {str(one) for one in yaml.safe_load((ROOT / "docs" / "handbook_ids.yml").read_text("utf-8"))["style"]}
    assert {one for one in handbook if one.startswith(("ad_", "es_"))} == set(lines())
    assert set(TO) == {one for one in lines() if one.startswith("es_")}
    for rule, line in lines().items():
        assert (ROOT / str(line["place"])).exists(), rule
        assert line["how"]


@pytest.mark.parametrize("rule", sorted(TO))
def test_it_goes_to_whom_the_handbook_says(rule: str) -> None:
    teams, ways = set(), set()
    for table, rows in lines()[rule]["rows"].items():
        found = {row.id: row for row in load_table(table).rows}
        assert set(rows) <= set(found)
        for row in (found[name] for name in rows):
            for facts in row.hits:
                then = dict(decide(table, facts, PARAMETERS).then)
                assert way(then), f"{row.id} brings nobody in"
                ways.add(way(then))
                teams |= {team_of(str(then["ticket"]))[0]} if then.get("ticket") not in (None, "none", "wait") else set()
    assert teams <= TO[rule][0]
    assert bool(teams) == bool(TO[rule][0])
    assert ways == TO[rule][1]


def test_compensation_above_the_cap_is_granted_by_a_supervisor_only() -> None:
    """es_03: the row asks for an approval, and the bot may grant none."""
    assert decide("compensation", {"amount": "over"}, PARAMETERS).then["approval"] == "needed"
    for kind in ("compensation", "full_refund", "purchase_loss"):
        approval = decide("approvals", {"role": "bot", "kind": kind, "amount": 1}, PARAMETERS)
        assert (approval.then["may"], approval.then["next"]) == ("no", "supervisor")


def test_ad_01_every_response_says_nin() -> None:
    """ad_01: 您, never 你."""
    assert {one.rule for one in check("请问你想看哪款？")} >= {"av_you"}
    assert not [name for name, several in texts().items() for text in several if any(one.rule == "av_you" for one in check(text))]


def test_ad_02_no_sex_is_guessed_and_the_name_is_for_who_takes_over() -> None:
    """ad_02: surname and title only where the sex is known, which is never here."""
    assert not [name for name, several in texts().items() for text in several if re.search(r"先生|女士|小姐(?!姐)", text)]
    assert "name" in {column.key for column in inspect(Customer).columns}
    assert '"name": customer.name' in (ROOT / "actions" / "briefing.py").read_text("utf-8")


def test_ad_03_qin_is_for_shops_that_want_it_and_only_before_buying() -> None:
    """ad_03: 亲 by the switch address_style, never in complaints, returns and compensation."""

    def found(address: str, topic: str) -> bool:
        return any(one.rule == "st_address" for one in check("亲，在的", address=address, topic=topic))

    assert "address_style" in ShopFacts.__annotations__
    assert [found("nin", "products"), found("qin", "products")] == [True, False]
    assert all(found("qin", topic) for topic in ("complaints", "returns", "compensation"))
    assert not [name for name, several in texts().items() for text in several if any(one.rule == "st_address" for one in check(text))]
    marked = [str(one["text"]) for several in responses().values() for one in several if asks_for_qin(one)]
    assert marked
    assert not [text for text in marked if any(one.rule == "st_address" for one in check(text, address="qin", topic="products"))]


def test_ad_04_the_shop_is_we() -> None:
    """ad_04: 我们."""
    assert not [name for name, several in texts().items() for text in several if re.search(r"本店|小店|敝店|咱|俺|本公司", text)]
    assert sum("我们" in text for several in texts().values() for text in several) > 100


def test_ad_05_it_says_that_it_is_a_program_and_has_no_name() -> None:
    """ad_05: an automatic assistant when asked; numbers are for people."""
    for text in texts()["utter_smalltalk_bot_identity"]:
        assert "自动助手" in text
        assert "人工" in text
    for text in texts()["utter_smalltalk_staff_identity"]:
        assert re.search(r"没有.*姓名.*工号", text)
        assert "同事会报工号" in text


def test_ad_06_nothing_is_kept_or_asked_that_tells_who_somebody_is() -> None:
    """ad_06: no guesses out of a nickname, none of age, income or family."""
    known = {column.key for column in inspect(Customer).columns} | set(domain()["slots"])
    known |= {str(one) if isinstance(one, str) else next(iter(one)) for one in domain()["entities"]}
    known |= {name for table in tables().values() for name in table.inputs}
    assert not [name for name in known if PRIVATE.search(name)]
    assert not [path for path in python_files("actions", "policy", "gateway", "shop") if "nickname" in path.read_text("utf-8")]
    asked = re.compile(r"(?:请问|您的?)(?:昵称|年龄|收入|职业|婚)")
    assert not [name for name, several in texts().items() for text in several if asked.search(text)]


def test_ad_07_who_must_ask_for_a_name_asks_how_to_address() -> None:
    """ad_07: 怎么称呼您, not 贵姓."""
    assert not [name for name, several in texts().items() for text in several if "贵姓" in text]
    scripts: list[Path] = yaml_files(ROOT / "data" / "agent_scripts")
    said = [str(text) for path in scripts for one in yaml.safe_load(path.read_text("utf-8"))["scripts"] for text in one["text"]]
    assert not [text for text in said if "贵姓" in text]
    assert any("怎么称呼" in text for text in said)
