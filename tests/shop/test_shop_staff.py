"""Staff log in, are locked out, come back; and every shop has its own staff, log and suggestions."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from shop.clock import Clock
from shop.db import ROOT, reading, writing
from shop.deeds import Deeds, SuggestionUses, forget_talk_deeds
from shop.models import Conversation, Staff, StaffSession, SuggestionUse
from shop.staff import InvalidAccount, LoginRefused, Member, StaffAccounts, UnknownMember
from shop.staff_sessions import IDLE, LOCKED, LONGEST_SESSION, TRIES, StaffSessions

OFFER = [
    {"text": "这款连衣裙M码有货。", "intent": "ask_stock", "script": "s_stock"},
    {"text": "请稍等。", "intent": "wait", "script": "s_wait"},
]


@pytest.fixture
def accounts(two_shops: Engine, clock: Clock) -> StaffAccounts:
    return StaffAccounts(two_shops, "demo", clock)


@pytest.fixture
def agent(accounts: StaffAccounts) -> tuple[Member, str]:
    return accounts.add("lan", "小兰", "012", "agent")


def later(engine: Engine, clock: Clock, by: timedelta) -> StaffSessions:
    return StaffSessions(engine, "demo", Clock(fixed=clock.now() + by))


def talk_in(engine: Engine, shop_id: str, clock: Clock) -> str:
    with writing(engine) as session:
        now = clock.now()
        session.add(Conversation(shop_id=shop_id, id=f"t_{shop_id}", token_hash=f"h_{shop_id}", created_at=now, updated_at=now))
    return f"t_{shop_id}"


class TestLogin:
    def test_right_words_open_a_session_and_logging_out_ends_it(self, two_shops: Engine, clock: Clock, agent: tuple[Member, str]) -> None:
        sessions = StaffSessions(two_shops, "demo", clock)
        login = sessions.log_in(" LAN ", agent[1])
        assert login.member.id == agent[0].id
        assert login.member.must_change
        assert login.token is not None
        entered = sessions.enter(login.token)
        assert entered is not None
        assert (entered.member.login, entered.csrf, entered.token) == ("lan", login.csrf, None)
        sessions.log_out(login.token)
        assert sessions.enter(login.token) is None

    def test_passwords_and_tokens_are_not_in_the_database(self, two_shops: Engine, clock: Clock, agent: tuple[Member, str]) -> None:
        login = StaffSessions(two_shops, "demo", clock).log_in("lan", agent[1])
        with reading(two_shops) as session:
            (row,) = session.scalars(select(Staff).where(Staff.login == "lan"))
            (held,) = session.scalars(select(StaffSession))
        assert row.password_hash.startswith("$argon2id$")
        assert agent[1] not in row.password_hash
        assert login.token not in (held.token_hash, held.csrf)

    def test_five_wrong_passwords_lock_and_time_unlocks(self, two_shops: Engine, clock: Clock, agent: tuple[Member, str]) -> None:
        sessions = StaffSessions(two_shops, "demo", clock)
        for _ in range(TRIES - 1):
            with pytest.raises(LoginRefused) as refused:
                sessions.log_in("lan", "wrong-password")
            assert refused.value.until is None
        with pytest.raises(LoginRefused) as locked:
            sessions.log_in("lan", "wrong-password")
        assert locked.value.until == clock.now() + LOCKED
        with pytest.raises(LoginRefused):
            sessions.log_in("lan", agent[1])
        assert later(two_shops, clock, LOCKED).log_in("lan", agent[1]).member.login == "lan"

    def test_a_right_password_forgives_the_wrong_ones_before(self, two_shops: Engine, clock: Clock, agent: tuple[Member, str]) -> None:
        sessions = StaffSessions(two_shops, "demo", clock)
        for _ in range(2):
            for _ in range(TRIES - 1):
                with pytest.raises(LoginRefused):
                    sessions.log_in("lan", "wrong-password")
            sessions.log_in("lan", agent[1])

    @pytest.mark.parametrize(("login", "password"), [("nobody", "x"), ("lan", ""), ("lan", "x" * 5000), ("", "")])
    def test_what_is_wrong_is_not_told(self, two_shops: Engine, clock: Clock, agent: tuple[Member, str], login: str, password: str) -> None:
        with pytest.raises(LoginRefused) as refused:
            StaffSessions(two_shops, "demo", clock).log_in(login, password)
        assert refused.value.until is None

    def test_a_session_ends_when_idle_and_after_a_shift(self, two_shops: Engine, clock: Clock, agent: tuple[Member, str]) -> None:
        token = StaffSessions(two_shops, "demo", clock).log_in("lan", agent[1]).token or ""
        assert later(two_shops, clock, IDLE + timedelta(seconds=1)).enter(token) is None
        step, passed = IDLE - timedelta(minutes=1), timedelta()
        while passed + step < LONGEST_SESSION:
            passed += step
            assert later(two_shops, clock, passed).enter(token) is not None, passed
        ended = later(two_shops, clock, LONGEST_SESSION)
        assert ended.enter(token) is None
        assert ended.forget_old_sessions() == 0
        assert later(two_shops, clock, LONGEST_SESSION + timedelta(seconds=1)).forget_old_sessions() == 1

    def test_a_workbenchs_token_lasts_until_it_is_taken_back(self, two_shops: Engine, clock: Clock, agent: tuple[Member, str]) -> None:
        sessions = StaffSessions(two_shops, "demo", clock)
        token = sessions.make_token(agent[0].id, "千牛旁边的工具").token or ""
        months = later(two_shops, clock, timedelta(days=90))
        assert months.enter(token) is not None
        (told,) = sessions.tokens()
        assert (told["label"], told["staff_id"]) == ("千牛旁边的工具", agent[0].id)
        assert not sessions.revoke_token("0" * 16)
        assert not sessions.revoke_token("%")
        assert sessions.revoke_token(str(told["id"]))
        assert months.enter(token) is None
        with pytest.raises(InvalidAccount):
            sessions.make_token(agent[0].id, " ")


class TestAccounts:
    def test_the_first_admin_is_made_once(self, accounts: StaffAccounts, two_shops: Engine, clock: Clock) -> None:
        made = accounts.first_admin()
        assert made is not None
        assert accounts.first_admin() is None
        login = StaffSessions(two_shops, "demo", clock).log_in(*made)
        assert (login.member.role, login.member.must_change) == ("admin", True)

    def test_a_new_password_ends_other_sessions_and_the_old_one(
        self, accounts: StaffAccounts, two_shops: Engine, clock: Clock, agent: tuple[Member, str]
    ) -> None:
        sessions = StaffSessions(two_shops, "demo", clock)
        here, there = (sessions.log_in("lan", agent[1]).token or "" for _ in range(2))
        with pytest.raises(LoginRefused):
            accounts.set_password(agent[0].id, "wrong", "a-better-one-2026")
        for bad in ("short", "x" * 201, agent[1]):
            with pytest.raises(InvalidAccount):
                accounts.set_password(agent[0].id, agent[1], bad)
        accounts.set_password(agent[0].id, agent[1], "a-better-one-2026", keep=here)
        assert sessions.enter(here) is not None
        assert sessions.enter(there) is None
        assert not sessions.log_in("lan", "a-better-one-2026").member.must_change
        with pytest.raises(LoginRefused):
            sessions.log_in("lan", agent[1])

    def test_a_reset_gives_a_one_time_password_and_unlocks(
        self, accounts: StaffAccounts, two_shops: Engine, clock: Clock, agent: tuple[Member, str]
    ) -> None:
        sessions = StaffSessions(two_shops, "demo", clock)
        for _ in range(TRIES):
            with pytest.raises(LoginRefused):
                sessions.log_in("lan", "wrong-password")
        assert sessions.log_in("lan", accounts.reset_password(agent[0].id)).member.must_change

    def test_who_leaves_is_logged_out_at_once(
        self, accounts: StaffAccounts, two_shops: Engine, clock: Clock, agent: tuple[Member, str]
    ) -> None:
        sessions = StaffSessions(two_shops, "demo", clock)
        token = sessions.log_in("lan", agent[1]).token or ""
        bench = sessions.make_token(agent[0].id, "bench").token or ""
        assert not accounts.change(agent[0].id, active=False).active
        assert (sessions.enter(token), sessions.enter(bench)) == (None, None)
        with pytest.raises(LoginRefused):
            sessions.log_in("lan", agent[1])

    def test_the_last_administrator_stays(self, accounts: StaffAccounts) -> None:
        accounts.first_admin()
        (admin,) = accounts.all()
        for change in ({"active": False}, {"role": "agent"}):
            with pytest.raises(InvalidAccount, match="administrator"):
                accounts.change(admin.id, **change)  # type: ignore[arg-type]
        assert accounts.get(admin.id).role == "admin"
        accounts.add("boss", "老板", "002", "admin")
        assert accounts.change(admin.id, role="supervisor").role == "supervisor"

    @pytest.mark.parametrize(
        ("login", "name", "number", "role", "capacity"),
        [
            ("Lan", "小兰", "1", "agent", 5),
            ("l", "小兰", "1", "agent", 5),
            ("lan2", " ", "1", "agent", 5),
            ("lan2", "小兰", "1-1", "agent", 5),
            ("lan2", "小兰", "1", "king", 5),
            ("lan2", "小兰", "1", "agent", -1),
        ],
    )
    def test_malformed_accounts_are_refused(
        self, accounts: StaffAccounts, login: str, name: str, number: str, role: str, capacity: int
    ) -> None:
        with pytest.raises(InvalidAccount):
            accounts.add(login, name, number, role, capacity=capacity)  # type: ignore[arg-type]

    def test_logins_and_numbers_are_had_once(self, accounts: StaffAccounts, agent: tuple[Member, str]) -> None:
        for login, number in (("lan", "099"), ("other", "012")):
            with pytest.raises(InvalidAccount, match="taken"):
                accounts.add(login, "小绿", number, "agent")

    def test_presence_is_kept_with_its_time(self, accounts: StaffAccounts, agent: tuple[Member, str], clock: Clock) -> None:
        assert agent[0].presence == "away"
        assert accounts.set_presence(agent[0].id, "online").presence == "online"
        with pytest.raises(InvalidAccount):
            accounts.set_presence(agent[0].id, "asleep")  # type: ignore[arg-type]
        with pytest.raises(UnknownMember):
            accounts.set_presence("s_none", "online")

    def test_the_command_makes_the_first_admin_and_resets(self, seeded_file: Path, tmp_path: Path) -> None:
        import shutil

        shutil.copy(seeded_file, tmp_path / "shop.db")
        env = {"PYTHONPATH": str(ROOT), "XIAOER_HOME": str(tmp_path), "XIAOER_DATABASE_URL": f"sqlite:///{tmp_path / 'shop.db'}"}

        def run(*words: str) -> subprocess.CompletedProcess[str]:
            return subprocess.run([sys.executable, "-m", "shop.staff", *words], env=env, capture_output=True, text=True, check=False)

        assert run("first-admin").stdout.split()[0] == "admin"
        assert run("first-admin").stdout == ""
        assert len(run("reset", "admin").stdout.split()) == 2
        assert run("reset", "nobody").returncode == 2
        assert run("dance").returncode == 2


class TestDeeds:
    def test_deeds_and_notes_are_told_in_order_and_leave_with_the_talk(self, two_shops: Engine, clock: Clock) -> None:
        talk, deeds = talk_in(two_shops, "demo", clock), Deeds(two_shops, "demo", clock)
        deeds.log("s1", "take", conversation_id=talk)
        deeds.log("s1", "coupon", conversation_id=talk, ref="C5", payload={"amount": "5.00"})
        assert [deed.kind for deed in deeds.of_talk(talk)] == ["take", "coupon"]
        assert len(deeds.of_staff("s1", clock.now())) == 2
        assert deeds.add_note(talk, "s1", " 等快递回电 ").text == "等快递回电"
        for bad in ("", " ", "长" * 2001):
            with pytest.raises(ValueError, match="characters"):
                deeds.add_note(talk, "s1", bad)
        with pytest.raises(LookupError):
            deeds.add_note("no-talk", "s1", "x")
        with writing(two_shops) as session:
            forget_talk_deeds(session, "demo", talk)
            session.delete(session.get(Conversation, ("demo", talk)))
        assert (deeds.of_talk(talk), deeds.notes(talk)) == ([], [])
        assert [deed.conversation_id for deed in deeds.of_staff("s1", clock.now())] == [None, None]

    def test_what_became_of_suggestions_is_counted(self, two_shops: Engine, clock: Clock) -> None:
        talk, uses = talk_in(two_shops, "demo", clock), SuggestionUses(two_shops, "demo", clock)
        assert uses.offered(talk, "m0", "s1", [], 40) is None
        first = uses.offered(talk, "m1", "s1", OFFER, 40)
        assert uses.offered(talk, "m1", "s1", OFFER, 30) == first, "asked again, counted once"
        assert uses.settle(talk, "s1", OFFER[0]["text"], use=first, place=0) == "sent"
        second = uses.offered(talk, "m2", "s1", OFFER, 40)
        assert uses.settle(talk, "s1", "请稍等，我看一下。", use=second, place=1) == "edited"
        third = uses.offered(talk, "m3", "s1", OFFER, 40)
        assert uses.settle(talk, "s1", "我自己写的", use=None) is None
        with reading(two_shops) as session:
            found = {row.id: (row.outcome, row.place) for row in session.scalars(select(SuggestionUse))}
        assert found == {first: ("sent", 0), second: ("edited", 1), third: ("ignored", None)}
        with pytest.raises(LookupError):
            uses.offered("no-talk", "m", "s1", OFFER, 1)


def test_each_shop_has_its_own_staff(two_shops: Engine, clock: Clock, accounts: StaffAccounts, agent: tuple[Member, str]) -> None:
    other, sessions = StaffAccounts(two_shops, "other", clock), StaffSessions(two_shops, "other", clock)
    token = StaffSessions(two_shops, "demo", clock).log_in("lan", agent[1]).token or ""
    bench = StaffSessions(two_shops, "demo", clock).make_token(agent[0].id, "bench")
    assert other.all() == []
    assert sessions.enter(token) is None
    assert sessions.tokens() == []
    assert not sessions.revoke_token(str(StaffSessions(two_shops, "demo", clock).tokens()[0]["id"]))
    sessions.log_out(token)
    assert StaffSessions(two_shops, "demo", clock).enter(bench.token or "") is not None
    assert later(two_shops, clock, timedelta(days=1)).forget_old_sessions() == 1
    with pytest.raises(LoginRefused):
        sessions.log_in("lan", agent[1])
    for call in (
        lambda: other.get(agent[0].id),
        lambda: other.change(agent[0].id, name="x"),
        lambda: other.reset_password(agent[0].id),
        lambda: other.set_password(agent[0].id, agent[1], "a-better-one-2026"),
        lambda: other.set_presence(agent[0].id, "online"),
        lambda: sessions.make_token(agent[0].id, "x"),
    ):
        with pytest.raises(UnknownMember):
            call()
    assert other.add("lan", "别家小兰", "012", "agent")[0].name == "别家小兰"


def test_each_shop_has_its_own_log_notes_and_suggestions(two_shops: Engine, clock: Clock) -> None:
    theirs = talk_in(two_shops, "other", clock)
    others, mine = Deeds(two_shops, "other", clock), Deeds(two_shops, "demo", clock)
    others.log("s1", "take", conversation_id=theirs)
    others.add_note(theirs, "s1", "别家的事")
    assert (mine.of_talk(theirs), mine.notes(theirs), mine.of_staff("s1", clock.now())) == ([], [], [])
    with pytest.raises(LookupError):
        mine.add_note(theirs, "s1", "x")
    uses = SuggestionUses(two_shops, "other", clock)
    use = uses.offered(theirs, "m1", "s1", OFFER, 40)
    foreign = SuggestionUses(two_shops, "demo", clock)
    with pytest.raises(LookupError):
        foreign.offered(theirs, "m1", "s1", OFFER, 40)
    assert foreign.settle(theirs, "s1", "x", use=use, place=0) is None
    assert uses.settle(theirs, "s1", OFFER[0]["text"], use=use, place=0) == "sent"
    with reading(two_shops) as session:
        assert session.get(Conversation, ("other", theirs)) is not None
