"""What the tables of after-sales life say, asked as shop and actions ask it; and which deeds a text states."""

from __future__ import annotations

from decimal import Decimal

import pytest

from policy.decide import load_table
from policy.deeds import handed_in, stated
from policy.lifecycle import Lifecycle, kind_of
from policy.parameters import load_parameters
from policy.words import words

RULES = Lifecycle(load_parameters())
STATES = ("new", "mine", "tracking", "suspended", "closed")


def test_f18_has_the_edges_of_the_flow_and_no_other() -> None:
    edges = set()
    for state in STATES:
        for event in load_table("tickets").inputs["event"].words or ():
            move = RULES.ticket(state, event, who="agent", reason=True, date=True)
            if move.allowed and move.to not in ("same", state):
                edges.add((state, move.to))
    drawn = {("new", "mine"), ("mine", "tracking"), ("tracking", "mine"), ("mine", "suspended"), ("suspended", "mine"), ("mine", "closed")}
    assert drawn | {("closed", "mine")} <= edges
    # Beyond the drawing: whatever is open may also be waited with, paused or closed at once.
    assert edges - drawn == {
        ("closed", "mine"),
        ("new", "tracking"),
        ("new", "suspended"),
        ("tracking", "suspended"),
        ("new", "closed"),
        ("tracking", "closed"),
        ("suspended", "closed"),
    }


def test_the_days_of_reopening_are_the_shops() -> None:
    strict = Lifecycle(load_parameters({"ticket_reopen_days": 3}))
    assert RULES.ticket("closed", "reopen", who="shopper", reason=True, days=7).to == "mine"
    assert strict.ticket("closed", "reopen", who="shopper", reason=True, days=7).need == "new_ticket"


@pytest.mark.parametrize(
    ("role", "amount", "may"),
    [("bot", "1", False), ("agent", "20", True), ("agent", "20.01", False), ("supervisor", "500", True), ("supervisor", "501", False)],
)
def test_a_limit_counts_to_the_fen(role: str, amount: str, may: bool) -> None:
    assert RULES.approval(role=role, kind="compensation", amount=Decimal(amount))[0] is may


def test_every_ticket_kind_of_a_team_has_its_word_record_and_party() -> None:
    teams, kinds = words()["teams"], words()["ticket_kinds"]
    assert not [kind for kind in teams if kind not in kinds], "describe the kind in policy/wordlists/tickets.yml"
    for kind in kinds:
        known = kind_of(kind)
        assert known.record in (load_table("records").inputs["record"].words or ())
        assert known.waits_for in words()["waits_for"]
    assert kind_of("never heard of") == kind_of("other")


@pytest.mark.parametrize("kind", sorted(words()["ticket_kinds"]))
def test_a_bare_ticket_lacks_something_and_a_full_one_nothing(kind: str) -> None:
    required = RULES.required(kind)
    assert RULES.missing(kind, {}) == required
    assert RULES.missing(kind, dict.fromkeys(required, "x")) == ()
    assert set(RULES.missing(kind, {}, order=True, customer=True)) <= set(required)


def test_what_has_to_be_written_down_grows_with_the_return() -> None:
    assert RULES.missing("return", {"reason": "quality"}, stage="sent_back") == ("tracking",)
    assert set(RULES.required("return", "inspected")) == {"order", "tracking", "received", "finding", "refund_way"}
    assert set(RULES.required("return", "closed")) == {"reason", "variant", "refund", "handler", "handled_at"}


def test_what_a_ticket_proves_and_what_only_an_effect_does() -> None:
    assert handed_in("已提交，编号T1")
    assert not stated("已提交，编号T1")
    assert stated("已为您登记") == ["已为您登记"]
