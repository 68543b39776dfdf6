"""A trainer asks why the bot said something, whoever said it: the engine, the gateway itself, or the shop unasked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from gateway import explain
from gateway.reproduce import NothingKept, Reproducer, said_again
from gateway.store import NoSuchTalk
from policy import witness
from policy.decide import decide
from policy.parameters import load_parameters
from shop.clock import Clock
from shop.db import make_engine, reading, writing
from shop.models import AnswerTraceRow, Message, SnapshotRow
from shop.snapshots import Snapshots
from shop.traces import Traces, call_told
from shop.witness import Facts
from tests.gateway.support import CLOCK, FakeEngine, Gateway, Shopper, bubble, turn

VARIATION = {
    "text": "{product}开线，来回邮费我们承担。\n\n以{cap}元为限。",
    "buttons": [{"title": "退{product}", "payload": '/choose_option{"option": "refund"}'}],
    "metadata": {"script": "s_exchange_quality", "source": "000§三"},
}
VALUES = {"product": "连衣裙", "cap": "15"}
FACTS = {"reason": "quality", "remedy": "exchange", "insurance": "no", "stage": "received", "days": 3, "kind": "clothing"}


@pytest.fixture
def told(home: Path, engine: FakeEngine) -> dict[str, Any]:
    """The engine answers with a decision of the table of postage, and tells what it was made from."""
    database = make_engine(f"sqlite:///{home / 'shop.db'}")
    with witness.watching() as decided:
        found = decide("postage", FACTS, load_parameters())
    call = call_told("action_x", CLOCK.now(), decided, Facts(), {"return_postage_cap": "15"}, Snapshots(database, "demo", CLOCK))
    database.dispose()
    spoken = {"response": "utter_returns_quality_exchange", "variation": VARIATION, "values": VALUES, "given": ["转人工"]}
    record = {"model": {"name": "a.tar.gz", "made_from": "f" * 64, "sha256": "e" * 64}, "calls": [call], "spoken": [spoken]}
    where = {"table": "postage", "row": found.row, "script": "s_exchange_quality", "response": "utter_returns_quality_exchange"}
    buttons = [{"title": "退连衣裙", "payload": "/choose_option{}"}, {"title": "转人工", "payload": "/request_human"}]

    def answer(_: dict[str, Any]) -> httpx.Response:
        said = turn(
            bubble("连衣裙开线，来回邮费我们承担。", **where, explain=[0, 0, 0]),
            bubble("以15元为限。", **{**where, "buttons": buttons}, explain=[0, 0, 1]),
        )
        return httpx.Response(200, json={**said.json(), "explain": [record]})

    engine.answer = answer
    return {"row": found.row}


def reproducer(home: Path, **shift: float) -> Reproducer:
    engine = make_engine(f"sqlite:///{home / 'shop.db'}")
    clock = Clock(fixed=CLOCK.now() + timedelta(**shift)) if shift else CLOCK
    return Reproducer(engine, "demo", clock, Path("data/responses"))


@pytest.fixture
def ask(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """`python -m gateway.explain …`: exit code and what it printed."""

    def run(*messages: str) -> tuple[int, str]:
        monkeypatch.setenv("XIAOER_DATABASE_URL", f"sqlite:///{home / 'shop.db'}")
        code = explain.main(messages)
        out, err = capsys.readouterr()
        return code, out + err

    return run


async def test_the_engines_answer_is_made_again(shopper: Shopper, told: dict[str, Any], ask: Callable[..., tuple[int, str]]) -> None:
    replies = await shopper.ask("开线了，我叫张晓丽，电话13812345678")
    question = (await shopper.messages())[-3]
    code, out = ask(question["id"])
    assert code == 0
    assert out.count("重算　一致：1 个决定和文字逐字相同") == len(replies) == 2
    for line in (f"依据　表 postage 行 {told['row']}", "让位　也符合", "说了　以15元为限。 [退连衣裙] [转人工]", "训练指纹 ffffffffffff"):
        assert line in out
    assert "13812345678" not in out
    assert "张晓丽" not in out
    assert ask(replies[1]["id"])[0] == 0
    assert "explain" not in str(replies), "no window hears of it"


async def test_a_text_that_was_tampered_with_is_told_apart(
    shopper: Shopper, told: dict[str, Any], home: Path, ask: Callable[..., tuple[int, str]]
) -> None:
    replies = await shopper.ask("开线了")
    engine = make_engine(f"sqlite:///{home / 'shop.db'}")
    with writing(engine) as session:
        session.scalars(select(Message).where(Message.id == replies[1]["id"])).one().text = "以99元为限。"
    engine.dispose()
    code, out = ask(replies[1]["id"])
    assert code == 1
    assert "文字不同：当时「以99元为限。」，重算「以15元为限。」" in out


async def test_what_the_gateway_says_itself_is_made_again(shopper: Shopper, engine: FakeEngine, home: Path) -> None:
    engine.goes_down()
    await shopper.post({"text": "我的快递到哪了"})
    await shopper.post({"text": "转人工"})
    said = [message for message in await shopper.messages() if message["from"] != "shopper"]
    assert len(said) > 3
    for message in said:
        (made,) = reproducer(home).answers(message["id"])
        assert not made.differences
        assert made.text_again == message["text"]


async def test_answers_with_the_same_words_share_them(shopper: Shopper, told: dict[str, Any], home: Path) -> None:
    engine = make_engine(f"sqlite:///{home / 'shop.db'}")

    def kept() -> int:
        with reading(engine) as session:
            return len(session.scalars(select(SnapshotRow.hash)).all())

    await shopper.ask("开线了")
    once = kept()
    await shopper.ask("真的开线了")
    assert kept() == once
    engine.dispose()


async def test_without_what_the_engine_told_a_message_is_stored_all_the_same(
    shopper: Shopper, home: Path, ask: Callable[..., tuple[int, str]]
) -> None:
    (reply,) = await shopper.ask("你好")
    code, out = ask(reply["id"])
    assert code == 2
    assert "没有底稿" in out


@pytest.mark.parametrize("message", ["m_nowhere", "", "'; DROP TABLE messages; --"])
def test_an_unknown_message_is_a_clear_error(home: Path, message: str, ask: Callable[..., tuple[int, str]]) -> None:
    code, out = ask(message)
    assert code == 2
    assert "没有消息" in out
    assert "Traceback" not in out


async def test_a_database_that_cannot_be_read_is_a_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "other.db").write_bytes(b"nothing of the kind" * 100)
    monkeypatch.setenv("XIAOER_DATABASE_URL", f"sqlite:///{tmp_path / 'other.db'}")
    assert explain.main(["m_1"]) == 2
    assert "数据库读不了" in capsys.readouterr().err


async def test_an_erased_talk_takes_its_traces_along(
    shopper: Shopper, gateway: Gateway, told: dict[str, Any], home: Path, ask: Callable[..., tuple[int, str]]
) -> None:
    replies = await shopper.ask("开线了")
    assert (await gateway.http.delete(shopper.path, headers=shopper.headers)).status_code < 300
    code, out = ask(replies[0]["id"])
    assert code == 2
    assert "已经删除" in out
    engine = make_engine(f"sqlite:///{home / 'shop.db'}")
    with reading(engine) as session:
        assert not session.scalars(select(AnswerTraceRow).where(AnswerTraceRow.conversation_id == shopper.id)).all()
    engine.dispose()


async def test_after_ninety_days_it_says_that_nothing_is_kept(shopper: Shopper, told: dict[str, Any], home: Path) -> None:
    replies = await shopper.ask("开线了")
    engine = make_engine(f"sqlite:///{home / 'shop.db'}")
    Traces(engine, "demo", Clock(fixed=CLOCK.now() + timedelta(days=91))).forget_expired()
    engine.dispose()
    with pytest.raises(NothingKept, match="90天"):
        reproducer(home).answers(replies[0]["id"])


async def test_a_turn_that_is_not_stored_leaves_no_trace(gateway: Gateway, shopper: Shopper, told: dict[str, Any], home: Path) -> None:
    """Message and trace are one transaction."""
    store = gateway.services.store
    engine = make_engine(f"sqlite:///{home / 'shop.db'}")
    with reading(engine) as session:
        before = len(session.scalars(select(AnswerTraceRow.id)).all())
    with pytest.raises(NoSuchTalk):
        store.finish("c_nowhere", [], "answered", [])
    with reading(engine) as session:
        assert len(session.scalars(select(AnswerTraceRow.id)).all()) == before
    engine.dispose()


def test_a_variation_is_filled_as_the_engine_fills_it() -> None:
    variation = {"text": "甲{a}\n\n{{b}}乙 ", "buttons": [{"title": "要{a}", "payload": '/x{"y": 1}'}]}
    assert said_again(variation, {"a": "{b}", "b": "2"}, ["人工"]) == (["甲{b}", "2乙"], ("要{b}", "人工"))
    assert said_again({"text": ""}, {}, []) == ([""], ())
