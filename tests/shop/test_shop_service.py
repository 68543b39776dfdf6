"""Tickets, effects, proofs, concessions and modes, alone and with two writers at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from statistics import median
from threading import Barrier, Thread
from time import process_time

import pytest
from sqlalchemy import Engine, func, select

from shop.clock import Clock
from shop.concessions import Concessions
from shop.counters import next_seq
from shop.db import make_engine, reading, writing
from shop.effects import Effects
from shop.models import Conversation, Customer, IntentMode, Message, Proof, ProofAttempt
from shop.modes import IntentModes
from shop.proofs import Proofs
from shop.tickets import Tickets

MINE, TAIL = "880000000005", "0003"


def at_once(number: int, work: Callable[[int], None]) -> None:
    """Run ``work`` in so many threads that start together; the first failure is raised."""
    gate, failed = Barrier(number), list[BaseException]()

    def run(which: int) -> None:
        gate.wait()
        try:
            work(which)
        except BaseException as error:
            failed.append(error)

    threads = [Thread(target=run, args=(which,)) for which in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]


class TestTickets:
    def test_the_same_wish_opens_one_ticket_and_updates_it(self, engine: Engine, clock: Clock) -> None:
        tickets = Tickets(engine, "demo", clock)
        due = clock.now() + timedelta(days=2)
        first = tickets.open("return", conversation_id="t", order_id=MINE, row="pr_q_ex_01", fields={"reason": "quality"}, due_at=due)
        again = tickets.open("return", conversation_id="t", order_id=MINE, fields={"remedy": "exchange"}, due_at=due + timedelta(days=9))
        assert (first.id, first.created) == ("T20261122-0001", True)
        assert (again.id, again.created) == (first.id, False)
        assert again.fields == {"reason": "quality", "remedy": "exchange"}
        assert (again.row, again.due_at) == ("pr_q_ex_01", due)

    def test_another_order_kind_or_talk_opens_another(self, engine: Engine, clock: Clock) -> None:
        tickets = Tickets(engine, "demo", clock)
        made = [
            tickets.open("return", conversation_id="t", order_id=MINE),
            tickets.open("repair", conversation_id="t", order_id=MINE),
            tickets.open("return", conversation_id="t", order_id="880000000009"),
            tickets.open("return", conversation_id="u", order_id=MINE),
            tickets.open("return", conversation_id=None, order_id=MINE),
            tickets.open("return", conversation_id=None, order_id=MINE),
        ]
        assert [ticket.id[-4:] for ticket in made] == ["0001", "0002", "0003", "0004", "0005", "0006"]
        assert [ticket.id for ticket in tickets.of_order(MINE)] == [made[number].id for number in (5, 4, 3, 1, 0)]

    def test_a_closed_one_makes_room_for_a_new_one(self, engine: Engine, clock: Clock) -> None:
        tickets = Tickets(engine, "demo", clock)
        first = tickets.open("return", conversation_id="t", order_id=MINE)
        assert tickets.set_state(first.id, "closed").closed_at == clock.now()
        assert tickets.open("return", conversation_id="t", order_id=MINE).created
        with pytest.raises(ValueError, match="no state"):
            tickets.set_state(first.id, "gone")

    def test_a_tracking_number_is_noted_and_the_ticket_waits_for_the_parcel(self, engine: Engine, clock: Clock) -> None:
        tickets = Tickets(engine, "demo", clock)
        ticket = tickets.open("return", conversation_id="t", order_id=MINE)
        tickets.add_note(ticket.id, "photo seen", author="agent:7")
        changed = tickets.set_tracking(ticket.id, " yt99 ")
        assert (changed.tracking, changed.state) == ("YT99", "tracking")
        assert [(note.author, note.text) for note in tickets.notes(ticket.id)] == [("agent:7", "photo seen"), ("shopper", "YT99")]

    def test_the_days_number_begins_anew_in_shanghai(self, engine: Engine, clock: Clock) -> None:
        Tickets(engine, "demo", clock).open("return", conversation_id="t")
        after_midnight = Clock(fixed=clock.now().replace(hour=16, minute=1))
        assert Tickets(engine, "demo", after_midnight).open("return", conversation_id="u").id == "T20261123-0001"

    def test_two_writers_open_one_ticket_for_one_wish(self, engine: Engine, clock: Clock) -> None:
        engines = [engine, make_engine(engine.url.render_as_string(hide_password=False))]
        made: list[tuple[str, bool]] = []

        def work(which: int) -> None:
            for number in range(10):
                ticket = Tickets(engines[which], "demo", clock).open("return", conversation_id=f"t{number}", order_id=MINE)
                made.append((ticket.id, ticket.created))

        at_once(2, work)
        engines[1].dispose()
        assert sorted(created for _, created in made) == [False] * 10 + [True] * 10
        assert len({ticket for ticket, _ in made}) == 10


def test_two_writers_number_messages_without_gap_or_double(engine: Engine, clock: Clock) -> None:
    now = clock.now()
    with writing(engine) as session:
        session.add(Conversation(shop_id="demo", id="c", token_hash="t", created_at=now, updated_at=now))

    def work(which: int) -> None:
        for number in range(25):
            with writing(engine) as session:
                # A read first: the case in which a deferred transaction would fail with "database is locked".
                session.scalar(select(func.count()).select_from(Message))
                seq = next_seq(session, "demo", "c")
                session.add(
                    Message(shop_id="demo", conversation_id="c", seq=seq, id=f"{which}-{number}", sender="shopper", text="在吗", at=now)
                )

    at_once(2, work)
    with reading(engine) as session:
        assert list(session.scalars(select(Message.seq).order_by(Message.seq))) == list(range(1, 51))


class TestEffects:
    def test_a_deed_is_done_only_when_it_is_said_so(self, engine: Engine, clock: Clock) -> None:
        effects = Effects(engine, "demo", clock)
        deed = effects.record("extend_confirmation", state="pending", ref=MINE, conversation_id="t", payload={"days": 3})
        found = effects.get(deed)
        assert found is not None
        assert (found.kind, found.state, found.ref, found.payload) == ("extend_confirmation", "pending", MINE, {"days": 3})
        effects.set_state(deed, "done")
        assert [effect.state for effect in effects.of_conversation("t")] == ["done"]
        with pytest.raises(ValueError, match="no state"):
            effects.record("x", state="maybe")
        assert effects.get("none") is None


class TestProofs:
    def proofs(self, engine: Engine, clock: Clock) -> Callable[..., str]:
        judge = Proofs(engine, "demo", clock)

        def attempt(tail: str, order: str = MINE, address: str | None = "home", talk: str = "t") -> str:
            return judge.try_proof(conversation_id=talk, order_id=order, phone_tail=tail, address=address)

        return attempt

    def test_the_right_digits_prove_the_order_for_this_talk_only(self, engine: Engine, clock: Clock) -> None:
        attempt = self.proofs(engine, clock)
        assert attempt(TAIL) == "proved"
        assert attempt(" ０００３ ") == "proved"
        judge = Proofs(engine, "demo", clock)
        assert judge.proved("t") == {MINE}
        assert judge.proved("u") == set()

    def test_five_wrong_tries_for_an_order_block_it_from_everywhere_that_day(self, engine: Engine, clock: Clock) -> None:
        attempt = self.proofs(engine, clock)
        assert [attempt("9999", address=f"a{number}", talk=f"t{number}") for number in range(5)] == ["refused"] * 5
        assert attempt(TAIL, address="new", talk="new") == "blocked"
        tomorrow = Clock(fixed=clock.now() + timedelta(days=1))
        assert self.proofs(engine, tomorrow)(TAIL) == "proved"

    def test_five_wrong_tries_from_an_address_block_it_for_every_order(self, engine: Engine, clock: Clock) -> None:
        attempt = self.proofs(engine, clock)
        assert [attempt("9999", order=f"88000000000{number}") for number in range(5)] == ["refused"] * 5
        assert attempt("0005", order="880000000009", talk="other talk") == "blocked"
        assert attempt("0005", order="880000000009", address="elsewhere") == "proved"

    def test_an_order_that_does_not_exist_is_refused_and_blocked_alike(self, engine: Engine, clock: Clock) -> None:
        attempt = self.proofs(engine, clock)
        answers = {
            order: [attempt("9999", order=order, address=f"{order}{number}") for number in range(7)] for order in (MINE, "1", "'; --")
        }
        assert answers[MINE] == answers["1"] == answers["'; --"] == ["refused"] * 5 + ["blocked"] * 2

    def test_words_that_are_no_digits_prove_nothing(self, engine: Engine, clock: Clock) -> None:
        attempt = self.proofs(engine, clock)
        for number, said in enumerate(("", "????", "0003x", "13800000003", "零零零三")):
            assert attempt(said, address=f"a{number}") == "refused"

    def test_a_customer_without_a_phone_cannot_be_proved(self, engine: Engine, clock: Clock) -> None:
        with writing(engine) as session:
            session.get_one(Customer, ("demo", "c03")).phone = None
        assert self.proofs(engine, clock)("????") == "refused"

    def test_all_ten_thousand_digits_reveal_nothing(self, engine: Engine, clock: Clock) -> None:
        judge = Proofs(engine, "demo", clock)
        verdicts = [
            judge.try_proof(conversation_id="t", order_id=MINE, phone_tail=f"{number:04d}", address=f"a{number}")
            for number in range(9999, -1, -1)
        ]
        assert verdicts == ["refused"] * 5 + ["blocked"] * 9995
        with reading(engine) as session:
            assert session.scalar(select(func.count()).select_from(Proof)) == 0
            subjects = session.scalars(select(ProofAttempt.subject)).all()
        assert len(subjects) == 6
        assert not any(MINE in subject for subject in subjects)

    def test_wrong_digits_and_no_such_order_take_the_same_time(self, engine: Engine, clock: Clock) -> None:
        taken: dict[str, list[float]] = {"880000000001": [], "990000000001": []}
        for days in range(60):
            judge = Proofs(engine, "demo", Clock(fixed=clock.now() + timedelta(days=days)))
            for order, times in taken.items():
                begun = process_time()
                assert judge.try_proof(conversation_id="t", order_id=order, phone_tail="9999", address=order) == "refused"
                times.append(process_time() - begun)
        # Both run the same statements. The processor's time: what the disk and other work take is the machine's.
        assert 0.5 < median(taken["880000000001"]) / median(taken["990000000001"]) < 2

    def test_a_shop_may_allow_fewer_tries(self, engine: Engine, clock: Clock) -> None:
        judge = Proofs(engine, "demo", clock, tries_a_day=1)
        tries = {"conversation_id": "t", "order_id": MINE, "address": "a"}
        assert [judge.try_proof(phone_tail=tail, **tries) for tail in ("9999", TAIL)] == ["refused", "blocked"]

    def test_tries_at_once_are_counted_one_by_one(self, engine: Engine, clock: Clock) -> None:
        attempt, verdicts = self.proofs(engine, clock), list[str]()
        at_once(8, lambda which: verdicts.append(attempt("9999", address=f"a{which}", talk=f"t{which}")))
        assert sorted(verdicts) == ["blocked"] * 3 + ["refused"] * 5


class TestConcessions:
    def test_they_count_for_a_day_in_the_talk_and_for_a_customer_across_talks(self, engine: Engine, clock: Clock) -> None:
        given = Concessions(engine, "demo", clock)
        given.record(customer_id="c01", conversation_id="t", product_id="p1001", kind="gift", ref="收纳袋")
        given.record(customer_id=None, conversation_id="u", product_id="p1001", kind="coupon")
        assert given.given(customer_id="c01", conversation_id="new", product_id="p1001") == ["gift"]
        assert given.given(customer_id=None, conversation_id="new", product_id="p1001") == []
        assert given.given(customer_id=None, conversation_id="u", product_id="p1001") == ["coupon"]
        assert given.given(customer_id="c01", conversation_id="t", product_id="p1002") == []
        day_after = Concessions(engine, "demo", Clock(fixed=clock.now() + timedelta(hours=24)))
        assert day_after.given(customer_id="c01", conversation_id="t", product_id="p1001") == []

    def test_two_talks_at_once_do_not_get_one_more_than_the_limit(self, engine: Engine, clock: Clock) -> None:
        given, made = Concessions(engine, "demo", clock), list[str | None]()

        def work(which: int) -> None:
            made.append(given.record(customer_id="c01", conversation_id=f"t{which}", product_id="p1001", kind="gift", limit=2))

        at_once(6, work)
        assert sum(each is not None for each in made) == 2


class TestModes:
    def test_hours_and_intents_decide_and_silence_means_suggest(self, two_shops: Engine, clock: Clock) -> None:
        modes = IntentModes(two_shops, "demo", clock)
        assert modes.mode("bargain") == "auto"
        modes.set("bargain", "suggest", 9, 18)
        night = IntentModes(two_shops, "demo", Clock(fixed=clock.now() + timedelta(hours=10)))
        assert (modes.mode("bargain"), modes.mode("ask_size"), night.mode("bargain")) == ("suggest", "auto", "auto")
        with writing(two_shops) as session:
            session.delete(session.get_one(IntentMode, ("other", "*", 0)))
        assert IntentModes(two_shops, "other", clock).mode("bargain") == "suggest"
        for wrong in (("always", 0, 24), ("auto", 9, 9), ("auto", 0, 25)):
            with pytest.raises(ValueError, match="a mode is off"):
                modes.set("bargain", *wrong)  # type: ignore[arg-type]
