"""Said = done (decisions.md 7): no response states a deed of ours unless it names the effect that proves it, and a twin without it."""

from __future__ import annotations

import re

import pytest

from policy.deeds import handed_in, stated
from shop.models import Base
from tests.contract.project import VARIABLE, response_definitions, responses

ONE = [pytest.param(name, several, id=name) for _, name, several in response_definitions()]
FACT = re.compile(r"([a-z_]+)(?:\.([a-z_]+)(?:=([a-z_]+))?)?")


def metadata(variation: dict[str, object]) -> dict[str, str]:
    found = variation.get("metadata")
    return dict(found) if isinstance(found, dict) else {}


@pytest.mark.parametrize(("name", "several"), ONE)
def test_a_stated_deed_names_its_effect(name: str, several: list[dict[str, object]]) -> None:
    for one in several:
        text, told = str(one.get("text", "")), metadata(one)
        if not told.get("effect"):
            assert not stated(text), f"{name} says {stated(text)}: name its effect and twin, or say what will be done until when"
            assert not handed_in(text) or "{ticket}" in text, f"{name} says {handed_in(text)} without the ticket that proves it"


def test_every_effect_is_that_of_all_variations_and_has_a_twin_or_a_fact() -> None:
    wrong = []
    for _, name, several in response_definitions():
        each = {(metadata(one).get("effect"), metadata(one).get("twin")) for one in several}
        if each == {(None, None)}:
            continue
        effects = {effect for effect, _ in each}
        deeds = effects - {"fact", None}
        if deeds and (len(each) != 1 or None in {twin for _, twin in each}):
            wrong.append(f"{name}: one effect and one twin in every variation, not {each}")
        if not deeds and any(twin for _, twin in each):
            wrong.append(f"{name}: a twin without a deed")
    assert not wrong, "\n".join(wrong)


def test_a_twin_exists_and_states_no_deed_itself() -> None:
    wrong = []
    for _, name, several in response_definitions():
        for twin in {metadata(one).get("twin") for one in several} - {None}:
            if twin not in responses():
                wrong.append(f"{name}: there is no twin {twin}")
                continue
            wrong += [
                f"{name}: the twin {twin} states a deed: {one.get('text')}"
                for one in responses()[str(twin)]
                if stated(str(one.get("text", ""))) or metadata(one).get("effect")
            ]
    assert not wrong, "\n".join(wrong)


def test_a_twin_needs_no_value_that_only_the_deed_has() -> None:
    # Common to every answer about a ticket or an order; what a deed adds to it (a sum paid out, a new number) its twin cannot know.
    common = {"ticket", "team", "deadline", "days", "refund_path", "order_id", "question", "until", "waits_for"}
    wrong = []
    for _, name, several in response_definitions():
        for one in several:
            if metadata(one).get("twin") in responses():
                own = set(VARIABLE.findall(str(one.get("text", "")))) | common
                for other in responses()[metadata(one)["twin"]]:
                    beyond = set(VARIABLE.findall(str(other.get("text", "")))) - own
                    wrong += [f"{name}: its twin wants {sorted(beyond)}"] if beyond else []
    assert not wrong, "\n".join(wrong)


def is_stored(fact: str) -> bool:
    """A table (scans), its column (orders.paid_at, orders.state=cancelled), or a kind of effect (effects.diff_refund)."""
    found = FACT.fullmatch(fact)
    if not found or found[1] not in Base.metadata.tables:
        return False
    return found[2] is None or found[1] in ("effects", "scans") or found[2] in Base.metadata.tables[found[1]].columns


def test_a_fact_names_what_the_shop_has_stored() -> None:
    wrong = []
    for _, name, several in response_definitions():
        for one in several:
            told = metadata(one)
            if told.get("effect") != "fact":
                continue
            if not is_stored(str(told.get("fact") or "")):
                wrong.append(f"{name}: fact is {told.get('fact')!r}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "text",
    [
        "已为您延长收货三天",
        "已经登记好了",
        "包裹已拦下",
        "退款成功，请查收",
        "我已通知仓库",
        "已经帮您改成L码",
        "已向快递催件",
        "已补发",
        "已将订单取消",
    ],
)
def test_deeds_are_seen(text: str) -> None:
    assert stated(text)


@pytest.mark.parametrize(
    "text",
    ["您已付款", "包裹已签收", "如果已退款，请告诉我", "可以延长收货", "会在今天18:00前登记", "还没有登记寄回的单号", "想取消的话点下面"],
)
def test_what_is_no_deed_of_ours_is_left_alone(text: str) -> None:
    assert not stated(text)
