"""Figures, admission, the trainers' inbox, reviews and the floor, over the staff API."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from sqlalchemy import update

from gateway.figures_table import COLUMNS, Table, as_csv, as_xlsx
from policy.review_form import form
from shop.clock import SHANGHAI
from shop.db import writing
from shop.models import Conversation, Customer, Message, SuggestionUse
from shop.modes import Window
from tests.gateway.staff_support import Worker
from tests.gateway.support import Gateway, Shopper, bubble, suggestions, turn

FIRST = "这款M码有货。"


@pytest.fixture
async def lan(gateway: Gateway) -> Worker:
    return await Worker.come(gateway, "lan", "012")


@pytest.fixture
async def lead(gateway: Gateway) -> Worker:
    return await Worker.come(gateway, "lead", "002", "supervisor")


async def taken(gateway: Gateway, worker: Worker, customer: str | None = None) -> Shopper:
    """A talk that an agent has taken, with a question of the shopper's."""
    identity = {"identity": gateway.services.identities.sign(customer)} if customer else {}
    shopper = await Shopper.come(gateway.http, **identity)
    await worker.take(shopper.id)
    await shopper.ask("M码有货吗")
    return shopper


async def offered(worker: Worker, shopper: Shopper) -> str:
    """Ask for suggestions; the id of their use."""
    return str((await worker.call("POST", f"/talks/{shopper.id}/suggestions", {})).json()["use"])


async def answered(worker: Worker, shopper: Shopper, text: str = FIRST) -> str | None:
    """Take the first suggestion, changed when ``text`` is another; what became of it."""
    use = await offered(worker, shopper)
    sent = await worker.say(shopper.id, text, use=use, place=0, confirmed=True)
    assert sent.status_code == 201, sent.text
    return sent.json()["outcome"]


def age(gateway: Gateway, talk: str, by: timedelta) -> None:
    """Make a talk and what became of its suggestions so much older."""
    with writing(gateway.services.database) as session:
        for model, key in ((Message, Message.conversation_id), (SuggestionUse, SuggestionUse.conversation_id)):
            for row in session.query(model).filter(key == talk):
                row.at -= by
                if isinstance(row, SuggestionUse) and row.settled_at:
                    row.settled_at -= by


class TestFigures:
    async def test_what_became_of_suggestions_and_how_long_shoppers_waited(self, gateway: Gateway, lan: Worker, lead: Worker) -> None:
        for text in (FIRST, FIRST, "这款M码有货，今天发出。"):
            await answered(lan, await taken(gateway, lan), text)
        ignored = await taken(gateway, lan)
        await offered(lan, ignored)
        await lan.say(ignored.id, "您好，稍等我核实。", confirmed=True)
        found = await lead.get("/figures")
        total = found["total"]
        assert {name: total[name] for name in ("offered", "sent", "edited", "ignored", "first")} == {
            **{"offered": 4, "sent": 2, "edited": 1, "ignored": 1, "first": 3}
        }
        assert (total["acceptance"], total["unedited"], total["coverage"]) == (0.75, 0.6667, 1.0)
        assert (total["talks"], total["answers"], total["asked"]) == (4, 4, 4)
        assert total["first_reply"] is not None
        assert total["first_reply"] < 20
        (mine,) = found["tables"]["agents"]["rows"]
        assert (mine["number"], mine["sent"]) == ("012", 2)
        assert found["tables"]["scripts"]["rows"][0]["script"] == "s_stock"
        assert found["tables"]["intents"]["rows"][0]["intent"] == "问有没有货"
        assert len(found["tables"]["days"]["rows"]) == 7
        assert set(found["columns"]) == set(COLUMNS)

    async def test_several_lines_answered_at_once_are_one_refusal_and_one_wait(self, gateway: Gateway, lan: Worker, lead: Worker) -> None:
        shopper = await taken(gateway, lan)
        await offered(lan, shopper)
        await shopper.ask("在吗")
        await offered(lan, shopper)
        await lan.say(shopper.id, "您好，我来看看。", confirmed=True)
        total = (await lead.get("/figures"))["total"]
        assert (total["ignored"], total["asked"], total["answers"]) == (1, 2, 1)

    async def test_a_talk_is_solved_when_nobody_comes_back_within_a_day(self, gateway: Gateway, lan: Worker, lead: Worker) -> None:
        solved, back = await taken(gateway, lan), await taken(gateway, lan)
        for shopper in (solved, back):
            await answered(lan, shopper)
            await lan.call("POST", f"/talks/{shopper.id}/give", {"to": "closed"})
        gateway.engine.answer = lambda body: turn(
            bubble("马上为您转人工。", card={"hand_over": {"reason": "asked"}}), intent="request_human"
        )
        await back.ask("转人工")
        total = (await lead.get("/figures"))["total"]
        assert (total["ended"], total["solve_rate"]) == (2, 0.0), "one came back, the other's day is not over"
        for shopper in (solved, back):
            age(gateway, shopper.id, timedelta(days=2))
        assert (await lead.get("/figures"))["total"]["solve_rate"] == 0.5

    async def test_satisfaction_is_that_of_who_spoke_last(self, gateway: Gateway, lan: Worker, lead: Worker) -> None:
        shopper, alone = await taken(gateway, lan), await Shopper.come(gateway.http)
        await answered(lan, shopper)
        for one, score in ((shopper, 5), (alone, 1)):
            gateway.services.store.rate(one.id, score, None)
        total = (await lead.get("/figures"))["total"]
        assert (total["rated"], total["satisfaction"], total["content"]) == (1, 5.0, 1.0), "the bot's talk is nobody's"

    async def test_an_agent_sees_their_own_and_a_trainer_nobodys(self, gateway: Gateway, lan: Worker, lead: Worker) -> None:
        mei = await Worker.come(gateway, "mei", "013")
        trainer = await Worker.come(gateway, "xun", "020", "trainer")
        await answered(lan, await taken(gateway, lan))
        await answered(mei, await taken(gateway, mei), "别的话")
        mine = await lan.get("/figures", staff=mei.id)
        assert ([row["number"] for row in mine["tables"]["agents"]["rows"]], mine["total"]["edited"], mine["members"]) == (["012"], 0, [])
        theirs = await trainer.get("/figures")
        assert "agents" not in theirs["tables"]
        assert theirs["total"]["offered"] == 2
        assert (await trainer.call("GET", "/figures/export", table="agents")).status_code == 403
        assert (await lead.get("/figures", staff=mei.id))["total"]["edited"] == 1

    @pytest.mark.parametrize("query", [{"since": "2026-11-22", "until": "2026-11-20"}, {"since": "2026-01-01", "until": "2026-06-01"},
                                       {"since": "0001-01-01", "until": "0001-01-02"}, {"since": "gestern"}])  # fmt: skip
    async def test_a_period_that_is_none_is_refused(self, lead: Worker, query: dict[str, str]) -> None:
        assert (await lead.call("GET", "/figures", **query)).status_code == 422

    async def test_files_open_in_a_spreadsheet_and_hold_no_formula(self, gateway: Gateway, lan: Worker, lead: Worker) -> None:
        gateway.services.staff.change(lan.id, name='=HYPERLINK("x")')
        await answered(lan, await taken(gateway, lan))
        made = await lead.call("GET", "/figures/export", format="csv")
        assert made.headers["content-disposition"].startswith("attachment")
        rows = list(csv.reader(io.StringIO(made.content.decode("utf-8-sig"))))
        assert next(row[:2] for row in rows if row[:1] == ["012"]) == ["012", '\'=HYPERLINK("x")']
        book = openpyxl.load_workbook(io.BytesIO((await lead.call("GET", "/figures/export")).content))
        assert book.sheetnames == ["按天", "按客服", "按话术", "按意图"]
        cell = book["按客服"]["B2"]
        assert (cell.value, cell.data_type) == ('=HYPERLINK("x")', "s")
        assert book["按天"].max_row == 8

    def test_every_way_to_begin_a_formula_is_taken_away(self) -> None:
        names = ["=1+1", "+1", "-1", "@x", "\t=1", "＝1", "s_stock"]
        table = Table("scripts", "按话术", {"script": "话术"}, ("offered",), [{"script": name, "offered": 1} for name in names])
        rows = list(csv.reader(io.StringIO(as_csv([table]).decode("utf-8-sig"))))
        assert [row[0] for row in rows[2:]] == [*(f"'{name}" for name in names[:-1]), "s_stock"]
        sheet = openpyxl.load_workbook(io.BytesIO(as_xlsx([table])))["按话术"]
        assert {cell.data_type for (cell,) in sheet["A2:A7"]} == {"s"}


class TestAdmission:
    async def earn(self, gateway: Gateway, lan: Worker, sends: int, edited: int = 0) -> None:
        """So many sends of ``ask_stock``, some of them edited."""
        shopper = await taken(gateway, lan)
        for number in range(sends):
            message = (await shopper.post({"text": f"第{number}件有货吗"})).json()["message"]["id"]
            use = gateway.services.uses.offered(shopper.id, message, lan.id, [{"text": FIRST, "intent": "ask_stock"}], 9)
            gateway.services.uses.settle(shopper.id, lan.id, "改过" if number < edited else FIRST, use=use, place=0)

    async def test_auto_is_offered_by_what_agents_did_and_asks_otherwise(self, gateway: Gateway, lan: Worker, lead: Worker) -> None:
        await lead.call("PUT", "/modes/ask_stock", {"windows": [{"from_hour": 0, "to_hour": 24, "mode": "suggest"}]})
        await self.earn(gateway, lan, 29)

        async def line() -> dict[str, Any]:
            return next(one for one in (await lead.get("/modes"))["modes"] if one["intent"] == "ask_stock")

        assert ((await line())["n"], (await line())["auto_offered"]) == (29, False)
        auto = {"windows": [{"from_hour": 0, "to_hour": 24, "mode": "auto"}]}
        early = await lead.call("PUT", "/modes/ask_stock", auto)
        assert (early.status_code, early.json()["type"], early.json()["n"]) == (422, "urn:xiaoer:problem:auto-early", 29)
        assert (await line())["now"] == "suggest"
        await self.earn(gateway, lan, 4, edited=3)
        assert (await line(), (await line())["auto_offered"])[1] is True
        assert (await line())["unedited"] == 30 / 33
        assert (await lead.call("PUT", "/modes/ask_stock", auto)).status_code == 200
        deed = gateway.services.deeds.of_staff(lead.id, gateway.services.clock.now() - timedelta(hours=1))[-1]
        assert (deed.kind, deed.ref, deed.payload["early"]) == ("mode", "ask_stock", False)

    async def test_a_decision_holds_from_the_next_message_on(self, gateway: Gateway, lead: Worker) -> None:
        gateway.engine.answer = lambda body: turn(bubble("有货的。"), intent="ask_stock")
        shopper = await Shopper.come(gateway.http)
        assert [reply["text"] for reply in await shopper.ask("有货吗")] == ["有货的。"]
        for mode, held in (("suggest", [{"text": "有货的。", "response": None, "script": None, "row": None}]), ("off", [])):
            body = {"windows": [{"from_hour": 0, "to_hour": 24, "mode": mode}], "confirmed": True}
            assert (await lead.call("PUT", "/modes/ask_stock", body)).status_code == 200
            other = await Shopper.come(gateway.http)
            assert "有货的。" not in [reply["text"] for reply in await other.ask("有货吗")]
            assert (await other.about())["owner"] == "queue"
            asked = [one for one in (await lead.get(f"/talks/{other.id}"))["messages"] if one["from"] == "shopper"]
            assert asked[-1]["suggestion"] == held
        await lead.call("PUT", "/modes/ask_stock", {"windows": []})
        again = await Shopper.come(gateway.http)
        assert [reply["text"] for reply in await again.ask("有货吗")] == ["有货的。"], "as any other"

    async def test_by_the_hour(self, gateway: Gateway, lead: Worker) -> None:
        hour = gateway.services.clock.now().astimezone(SHANGHAI).hour
        now = {"from_hour": hour, "to_hour": hour + 1, "mode": "suggest"}
        made = await lead.call("PUT", "/modes/ask_stock", {"windows": [now]})
        line = next(one for one in made.json()["modes"] if one["intent"] == "ask_stock")
        # Asked within the same hour as a rule; in the next one it follows the default again.
        assert line["now"] == ("suggest" if made.json()["hour"] == hour else "auto")
        rest = [Window(0, hour, "off")] if hour else [Window(1, 24, "off")]
        gateway.services.modes.decide("ask_stock", rest)
        assert gateway.services.modes.mode("ask_stock") in ("auto", "off")

    async def test_what_is_off_is_no_suggestion_either(self, gateway: Gateway, lan: Worker, lead: Worker) -> None:
        shopper = await taken(gateway, lan)
        gateway.engine.suggest = lambda body: suggestions([FIRST, "请稍等。"])
        await lead.call("PUT", "/modes/ask_stock", {"windows": [{"from_hour": 0, "to_hour": 24, "mode": "off"}]})
        found = (await lan.call("POST", f"/talks/{shopper.id}/suggestions", {})).json()
        assert (found["suggestions"], found["reason"], found["use"]) == ([], "nothing", None)
        beside = (await lan.call("POST", "/companion/suggestions", {"text": "有货吗"})).json()
        assert (beside["suggestions"], beside["reason"]) == ([], "nothing")
        await lead.call("PUT", "/modes/ask_stock", {"windows": [{"from_hour": 0, "to_hour": 24, "mode": "suggest"}]})
        assert len((await lan.call("POST", f"/talks/{shopper.id}/suggestions", {})).json()["suggestions"]) == 2

    async def test_two_leads_at_once_and_windows_that_cannot_be(self, lead: Worker) -> None:
        body = {"windows": [{"from_hour": 0, "to_hour": 24, "mode": "off"}], "seen": []}
        assert (await lead.call("PUT", "/modes/bargain", body)).status_code == 200
        late = await lead.call("PUT", "/modes/bargain", {**body, "windows": []})
        assert (late.status_code, late.json()["now"]) == (409, body["windows"])
        night = await lead.call("PUT", "/modes/bargain", {"windows": [{"from_hour": 22, "to_hour": 8, "mode": "off"}]})
        assert night.status_code == 422
        assert "two windows" in night.json()["detail"]
        assert (await lead.call("PUT", "/modes/none_such", {"windows": []})).status_code == 404


class TestLessons:
    async def test_what_was_edited_or_ignored_reaches_trainers_without_the_person(self, gateway: Gateway, lan: Worker) -> None:
        trainer = await Worker.come(gateway, "xun", "020", "trainer")
        with writing(gateway.services.database) as session:
            name = session.get_one(Customer, ("demo", "c05")).name
        shopper = await taken(gateway, lan, "c05")
        await shopper.ask(f"我叫{name}，电话13812345678，M码有吗")
        await answered(lan, shopper, f"{name}您好，M码有货，会打13812345678联系您。")
        await answered(lan, await taken(gateway, lan))
        plain = await taken(gateway, lan)
        await offered(lan, plain)
        await lan.say(plain.id, "您好，请看商品页的尺码表。", confirmed=True)
        found = (await trainer.get("/lessons"))["lessons"]
        assert [one["outcome"] for one in found] == ["ignored", "edited"]
        told = str(found)
        for secret in (name, "13812345678", shopper.id, plain.id):
            assert secret not in told
        # As a word: the hexadecimal digits of an id may spell it by chance.
        assert re.search(r"\bc05\b", told) is None
        assert "M码有货，会打" in found[1]["written"]
        assert found[1]["offered"][found[1]["place"]]["script"] == "s_stock"
        assert [one["outcome"] for one in (await trainer.get("/lessons", outcome="edited"))["lessons"]] == ["edited"]
        assert (await trainer.get("/lessons", intent="bargain"))["lessons"] == []
        assert (await trainer.call("POST", f"/lessons/{found[0]['id']}", {"verdict": "used"})).status_code == 204
        assert len((await trainer.get("/lessons"))["lessons"]) == 1
        assert [one["id"] for one in (await trainer.get("/lessons", verdict="used"))["lessons"]] == [found[0]["id"]]
        assert (await trainer.call("POST", "/lessons/u_none", {"verdict": "used"})).status_code == 404

    async def test_a_lesson_goes_with_its_talk(self, gateway: Gateway, lan: Worker, lead: Worker) -> None:
        shopper = await taken(gateway, lan)
        await answered(lan, shopper, "改过的话")
        assert len((await lead.get("/lessons"))["lessons"]) == 1
        await gateway.http.delete(shopper.path, headers=shopper.headers)
        assert (await lead.get("/lessons"))["lessons"] == []


class TestReviews:
    async def test_a_lead_draws_reads_and_scores_and_the_agent_answers(self, gateway: Gateway, lan: Worker, lead: Worker) -> None:
        talks = [await taken(gateway, lan) for _ in range(3)]
        for shopper in talks:
            await answered(lan, shopper)
        await lan.say(talks[0].id, "你自己看说明，别烦我", confirmed=True)
        drawn = (await lead.get("/reviews/sample", each=2))["sample"]
        assert len(drawn) == 2
        assert drawn == (await lead.get("/reviews/sample", each=2))["sample"], "nobody picks"
        overruled = (await lead.get("/reviews/sample", focus="overruled"))["sample"]
        assert [(one["talk_id"], one["overruled"], one["answers"]) for one in overruled] == [(talks[0].id, 1, 2)]
        (part,) = (await lead.get(f"/reviews/talks/{talks[0].id}"))["parts"]
        assert part["findings"]
        criteria = (await lead.get("/reviews/form"))["criteria"]
        body = {
            "talk_id": talks[0].id,
            "staff_id": lan.id,
            "marks": {**{one["id"]: 2 for one in criteria}, "empathy": None, "writing": 1},
            "faults": [],
            "comment": "办法给得清楚，语气要改",
        }
        made = await lead.call("POST", "/reviews", body)
        assert made.status_code == 201, made.text
        assert made.json()["score"] == round(100 * 170 / 180)
        assert (await lead.call("POST", "/reviews", body)).json()["review"] == made.json()["id"]
        assert talks[0].id not in str((await lead.get("/reviews/sample", each=20))["sample"])
        (mine,) = (await lan.get("/reviews"))["reviews"]
        assert (mine["score"], mine["comment"]) == (made.json()["score"], "办法给得清楚，语气要改")
        path = f"/reviews/{mine['id']}"
        assert (await lan.call("POST", f"{path}/answer", {"version": 1, "agrees": False})).status_code == 422, "says why"
        objected = await lan.call("POST", f"{path}/answer", {"version": 1, "agrees": False, "answer": "顾客先骂人"})
        assert (objected.json()["agrees"], objected.json()["version"]) == (False, 2)
        form_only = {name: body[name] for name in ("marks", "faults", "comment")}
        assert (await lead.call("PUT", path, {**form_only, "version": 1})).status_code == 409
        corrected = await lead.call("PUT", path, {**form_only, "version": 2, "faults": ["taboo"]})
        assert (corrected.json()["score"], corrected.json()["agrees"]) == (0, None)
        kinds = [deed.kind for deed in gateway.services.deeds.of_talk(talks[0].id)]
        assert kinds[-3:] == ["review", "review_answer", "review_change"]

    async def test_who_may_not(self, gateway: Gateway, lan: Worker, lead: Worker) -> None:
        mei = await Worker.come(gateway, "mei", "013")
        shopper, own = await taken(gateway, lan), await taken(gateway, lead)
        await answered(lan, shopper)
        await answered(lead, own)
        marks = {one.id: 2 for one in form().criteria}
        body = {"talk_id": shopper.id, "staff_id": lan.id, "marks": marks}
        assert (await lan.call("POST", "/reviews", body)).status_code == 403
        for change, kind in (
            ({"talk_id": own.id, "staff_id": lead.id}, "own-talk"),
            ({"staff_id": mei.id}, "no-part"),
            ({"marks": {}}, "marks"),
            ({"faults": ["rude"]}, "marks"),
        ):
            refused = await lead.call("POST", "/reviews", {**body, **change})
            assert (refused.status_code, refused.json()["type"]) == (422, f"urn:xiaoer:problem:{kind}")
        made = (await lead.call("POST", "/reviews", body)).json()
        assert (await mei.get("/reviews", staff=lan.id))["reviews"] == []
        assert (await mei.call("POST", f"/reviews/{made['id']}/answer", {"version": 1, "agrees": True})).status_code == 403

    async def test_slow_and_unhappy_talks_are_found(self, gateway: Gateway, lan: Worker, lead: Worker) -> None:
        slow, fine = await taken(gateway, lan), await taken(gateway, lan)
        with writing(gateway.services.database) as session:
            for row in session.query(Message).filter(Message.conversation_id == slow.id, Message.sender == "shopper"):
                row.at -= timedelta(seconds=200)
        for shopper in (slow, fine):
            await answered(lan, shopper)
        gateway.services.store.rate(fine.id, 1, "不好")
        assert [one["talk_id"] for one in (await lead.get("/reviews/sample", focus="slow"))["sample"]] == [slow.id]
        assert [one["talk_id"] for one in (await lead.get("/reviews/sample", focus="unhappy"))["sample"]] == [fine.id]
        assert (await lead.get("/reviews/sample", focus="handwritten"))["sample"] == []


async def test_the_floor_shows_who_is_there_and_who_waits(gateway: Gateway, lan: Worker, lead: Worker) -> None:
    await lan.call("PUT", "/me/presence", {"presence": "online"})
    shopper = await taken(gateway, lan)
    bot = await Shopper.come(gateway.http)
    await bot.ask("在吗")
    found = await lead.get("/watch")
    of = {one["number"]: one for one in found["staff"]}
    assert (of["012"]["load"], of["012"]["presence"], of["012"]["at_desk"]) == (1, "online", False)
    assert of["012"]["waits"] is not None
    assert {(one["id"], one["box"]) for one in found["talks"]} >= {(shopper.id, "agents"), (bot.id, "bot")}
    await answered(lan, shopper)
    assert next(one for one in (await lead.get("/watch"))["staff"] if one["number"] == "012")["waits"] is None
    with writing(gateway.services.database) as session:
        session.execute(update(Conversation).where(Conversation.id == bot.id).values(owner="closed"))
    assert bot.id not in {one["id"] for one in (await lead.get("/watch"))["talks"]}
