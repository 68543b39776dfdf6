"""Product knowledge over the demonstration shop, from the shopper's words to the answer (issue 4, item 2)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from launch.product import Product
from shop.answers import Answers
from shop.clock import Clock
from shop.db import make_engine, writing
from shop.models import ProductAnswer
from tests.dialogue.checks import answered
from tests.dialogue.talk import Talk

pytestmark = pytest.mark.live
Begin = Callable[..., Talk]
QUESTIONS: list[dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("product_questions.yml").read_text("utf-8"))["questions"]
# Rows that say that nothing states it (policy/tables/product_info.yml, missing).
UNKNOWN = {"pi_03", "pi_11", "pi_17", "pi_21", "pi_23", "pi_29", "pi_z_01"}
HONEST = {"pi_26", "pi_27"}
LEAST_RIGHT = 0.95


def known(talk: Talk) -> list[str]:
    """The reviewed answers that the last turn told."""
    found = [((reply.get("trace") or {}).get("known") or {}).get("id") for reply in talk.replies]
    return list(dict.fromkeys(str(one) for one in found if one))


def ask(begin: Begin, question: dict[str, Any]) -> Talk:
    talk = begin(question.get("customer"), product_id=question.get("page"))
    for line in question.get("before", []):
        talk.say(line)
    return talk.say(question["say"])


def is_right(talk: Talk, question: dict[str, Any]) -> bool:
    told, rows = known(talk), set(talk.rows)
    if "answer" in question:
        return question["answer"] in told
    return not told and bool(rows & (HONEST if question.get("honest") else UNKNOWN))


def invents(talk: Talk, question: dict[str, Any]) -> bool:
    """Whether something is told that was not asked, or that nothing states."""
    wanted = question.get("answer")
    return any(one != wanted and (wanted is None or not question.get("also") or one not in question["also"]) for one in known(talk))


def test_sixty_questions_are_answered_right_and_nothing_is_invented(talk: Begin) -> None:
    wrong, invented = [], []
    for question in QUESTIONS:
        said = ask(talk, question)
        assert said.texts, said.transcript
        if not is_right(said, question):
            wrong.append(f"{question}\n{said.transcript}")
        if invents(said, question):
            invented.append(f"{question}\n{said.transcript}")
    assert len(QUESTIONS) >= 60
    assert sum("unknown" in one for one in QUESTIONS) >= 12
    assert sum("honest" in one for one in QUESTIONS) >= 6
    assert not invented, "\n\n".join(invented)
    assert 1 - len(wrong) / len(QUESTIONS) >= LEAST_RIGHT, "\n\n".join(wrong)


def test_a_changed_answer_is_spoken_at_the_next_question(talk: Begin, product: Product) -> None:
    said = talk(product_id="p3003").say("床头柜带锁不")
    assert "抽屉不带锁" in said.text
    engine = make_engine(product.env["XIAOER_DATABASE_URL"])

    def change(text: str) -> None:
        with writing(engine) as session:
            session.get_one(ProductAnswer, ("demo", "p3003.lock")).answer = text

    change("上面的抽屉带锁")
    try:
        said = talk(product_id="p3003").say("床头柜带锁不")
        answered(said)
        assert "上面的抽屉带锁" in said.text
        assert (said.row, known(said)) == ("pi_28", ["p3003.lock"])
    finally:
        change("抽屉不带锁")
        engine.dispose()


def test_what_is_not_stated_is_asked_of_a_colleague_and_counted(talk: Begin, product: Product) -> None:
    engine = make_engine(product.env["XIAOER_DATABASE_URL"])
    answers = Answers(engine, "demo", Clock.from_env(product.env))

    def times() -> int:
        return sum(one.times for one in answers.missing() if (one.product_id, one.attribute) == ("p3002", "mirror"))

    before = times()
    said = talk(product_id="p3002").say("衣柜门上带镜子吗")
    answered(said)
    assert said.row == "pi_29"
    assert said.ticket
    assert times() == before + 1
    engine.dispose()
    assert said.click("请人工核实").owner == "queue"
