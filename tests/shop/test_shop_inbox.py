"""The trainers' inbox of a shop: groups, labels and drops, and nothing of another shop's."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import Engine

from shop.clock import Clock
from shop.db import writing
from shop.inbox import Filter, InboxMessages, hashed
from shop.models import Conversation, InboxRow


def put(engine: Engine, clock: Clock, name: str, text: str, *, shop: str = "demo", leader: str | None = None, share: int = 500) -> str:
    """A message of the inbox; ``name`` is its id's end."""
    row_id, now = f"i_{shop}_{name}", clock.now()
    with writing(engine) as session:
        if session.get(Conversation, (shop, "inbox-talk")) is None:
            session.add(Conversation(shop_id=shop, id="inbox-talk", token_hash="t", created_at=now, updated_at=now))
            session.flush()
        session.add(
            InboxRow(
                shop_id=shop,
                id=row_id,
                conversation_id="inbox-talk",
                message_id=f"m_{shop}_{name}",
                text=text,
                plain=hashed(text),
                at=now + timedelta(seconds=len(name)),
                day=date(2026, 11, 22),
                reasons="|margin|",
                intent="bargain",
                share=share,
                second=100,
                ranking=[],
                leader=leader or row_id,
                entities=[],
            )
        )
    return row_id


@pytest.fixture
def inbox(two_shops: Engine, clock: Clock) -> InboxMessages:
    return InboxMessages(two_shops, "demo", clock)


def test_a_judgement_holds_for_the_same_words_and_can_be_taken_back(two_shops: Engine, clock: Clock, inbox: InboxMessages) -> None:
    first, same = put(two_shops, clock, "a", "便宜点"), put(two_shops, clock, "ab", "便宜点")
    other = put(two_shops, clock, "abc", "便宜一点", leader=first)
    marks = [{"start": 0, "end": 2, "entity": "reason", "value": "便宜", "text": "便宜"}]
    assert inbox.label([first], "bargain", None, by="xue", entities=marks, train=True) == [first, same]
    assert [(one.id, one.train, one.entities) for one in inbox.unsaved("xue")] == [(first, True, tuple(marks)), (same, True, ())]
    assert inbox.unsaved("somebody else") == []
    counts = inbox.counts("xue")
    assert {name: counts[name] for name in ("open", "labelled", "unsaved", "mine", "reason_margin")} == {
        **{"open": 1, "labelled": 2, "unsaved": 2, "mine": 2, "reason_margin": 1}
    }
    assert inbox.mark_saved([first], "c0ffee") == 1
    assert inbox.mark_saved([first], "another") == 0
    assert inbox.reopen([first, same]) == [same], "what the files have is changed there"
    assert inbox.drop([other], "useless", by="xue") == [other]
    dropped = inbox.get(other)
    assert dropped is not None
    assert (dropped.state, dropped.why, dropped.judged_by) == ("dropped", "useless", "xue")
    assert [one.id for one in inbox.some([other, "gone", first])] == [other, first]


def test_groups_are_sorted_and_paged_on_the_server(two_shops: Engine, clock: Clock, inbox: InboxMessages) -> None:
    first = put(two_shops, clock, "a", "便宜点")
    for name in ("aa", "aaa"):
        put(two_shops, clock, name, f"便宜点{name}", leader=first)
    unsure = put(two_shops, clock, "aaaa", "哪天到", share=150)
    groups, total, messages = inbox.groups(Filter())
    assert ([(one.leader, one.count) for one in groups], total, messages) == ([(first, 3), (unsure, 1)], 2, 4)
    assert [one.leader for one in inbox.groups(Filter(), sort="unsure")[0]] == [unsure, first]
    assert [one.leader for one in inbox.groups(Filter(), sort="newest")[0]] == [unsure, first]
    assert inbox.groups(Filter(), limit=1, offset=1)[0][0].leader == unsure
    inbox.drop([first], "useless", by="x")
    assert inbox.groups(Filter())[0][0].first.text == "便宜点aa", "the group is shown by what is left of it"
    for wanted, count in (
        (Filter(words="哪天"), 1),
        (Filter(words="%"), 0),
        (Filter(reason="margin"), 3),
        (Filter(reason="edited"), 0),
        (Filter(intent="bargain"), 3),
        (Filter(intent="-"), 0),
        (Filter(since=date(2026, 11, 23)), 0),
        (Filter(state="dropped"), 1),
    ):
        assert inbox.groups(wanted)[2] == count, wanted
    assert inbox.intents() == {"bargain": 3}


def test_one_shop_has_no_message_of_the_other(two_shops: Engine, clock: Clock, inbox: InboxMessages) -> None:
    theirs = put(two_shops, clock, "a", "便宜点", shop="other")
    mine = put(two_shops, clock, "a", "便宜点")
    assert inbox.get(theirs) is None
    assert [one.id for one in inbox.some([theirs, mine])] == [mine]
    assert inbox.label([mine, theirs], "bargain", None, by="x") == [mine]
    assert inbox.drop([theirs], "useless", by="x") == []
    assert inbox.reopen([theirs]) == []
    assert inbox.mark_saved([theirs], "c") == 0
    assert inbox.of_group(theirs, Filter()) == ([], 0)
    assert inbox.messages(Filter()) == ([], 0)
    assert inbox.counts()["open"] == 0
    other = InboxMessages(two_shops, "other", clock)
    assert (other.groups(Filter())[2], other.intents(), [one.state for one in other.messages(Filter())[0]]) == (1, {"bargain": 1}, ["open"])
