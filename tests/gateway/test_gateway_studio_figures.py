"""What shoppers ask, the owner's week and the trainer's morning: counted right, to the cent, masked, and led back to the messages."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime, timedelta
from decimal import Decimal

import openpyxl
import pytest
from sqlalchemy import update

from gateway.asked import PAUSE, AskedDay, Line, added, count_visit, visits
from gateway.asked_table import Sheet, as_csv, as_xlsx
from gateway.owner_week import monday
from shop.clock import SHANGHAI, local_day
from shop.concessions import Concessions
from shop.db import writing
from shop.given import give
from shop.models import Conversation, Message, Product
from shop.scripts import PUBLIC, Scripts
from tests.gateway.staff_support import Worker
from tests.gateway.support import Gateway, Shopper, bubble, turn

NOON = datetime(2026, 11, 18, 12, tzinfo=SHANGHAI)


@pytest.fixture
async def lead(gateway: Gateway) -> Worker:
    return await Worker.come(gateway, "lead", "002", "supervisor")


@pytest.fixture
async def trainer(gateway: Gateway) -> Worker:
    return await Worker.come(gateway, "teach", "003", "trainer")


def line(
    minutes: float = 0, intent: str | None = "ask_stock", sender: str = "shopper", state: str = "answered", hand_over: str | None = None
) -> Line:
    """A message so many minutes after noon."""
    return Line("t", 1, sender, NOON + timedelta(minutes=minutes), state, intent, hand_over, False)


def counted(*lines: Line, rating: tuple[int, datetime] | None = None) -> AskedDay:
    """One visit, counted."""
    day = AskedDay()
    for visit in visits(lines):
        count_visit(day, visit, rating)
    return day


class TestCounting:
    def test_a_visit_that_the_bot_ended_alone_is_solved(self) -> None:
        day = counted(line(), line(2, "bargain"))
        assert (day.whole["visits"], day.whole["solved"], day.whole["asked"], day.whole["understood"]) == (1, 1, 2, 2)
        assert day.intents["bargain"]["solved"] == 1

    @pytest.mark.parametrize(
        "last",
        [
            line(2, "nlu_fallback"),
            line(2, state="failed"),
            line(2, hand_over="asked_for_person"),
            line(2, None, sender="agent"),
        ],
    )
    def test_what_was_not_understood_failed_or_needed_a_person_is_not_solved(self, last: Line) -> None:
        assert counted(line(), last).whole["solved"] == 0

    @pytest.mark.parametrize(("stars", "solved"), [(1, 0), (2, 0), (3, 1), (5, 1)])
    def test_a_bad_rating_unmakes_it(self, stars: int, solved: int) -> None:
        day = counted(line(), rating=(stars, NOON + timedelta(hours=1)))
        assert (day.whole["rated"], day.whole["stars"], day.whole["solved"]) == (1, stars, solved)

    def test_a_day_of_silence_begins_another_visit_which_keeps_its_own_rating(self) -> None:
        later = PAUSE.total_seconds() / 60
        day = counted(line(), line(later + 5), rating=(1, NOON + timedelta(minutes=later + 9)))
        assert (day.whole["visits"], day.whole["solved"], day.whole["bad"]) == (2, 1, 1)

    def test_an_agents_word_alone_is_no_visit_and_days_add_up(self) -> None:
        assert counted(line(sender="agent")).whole["visits"] == 0
        both = added([counted(line()), counted(line(hand_over="x"))])
        assert (both.intents["ask_stock"]["asked"], both.reasons["x", "ask_stock"], both.whole["handed_over"]) == (2, 1, 1)

    def test_a_week_begins_on_monday(self) -> None:
        assert [monday(date(2026, 11, day)).day for day in (16, 18, 22, 23)] == [16, 16, 16, 23]


async def asked(gateway: Gateway, text: str, intent: str, customer: str | None = None) -> Shopper:
    """A shopper who says one thing that is read as ``intent``."""
    gateway.engine.answer = lambda body: turn(bubble("好的"), intent=intent)
    identity = {"identity": gateway.services.identities.sign(customer)} if customer else {}
    shopper = await Shopper.come(gateway.http, **identity)
    await shopper.ask(text)
    return shopper


def make_older(gateway: Gateway, by: timedelta) -> None:
    """Put everything that was said so much earlier."""
    with writing(gateway.services.database) as session:
        for column in (Message.at, Conversation.rated_at):
            owner = column.class_
            for row in session.query(owner).all():
                value = getattr(row, column.key)
                if value is not None:
                    session.execute(update(owner).where(owner.shop_id == "demo", owner.id == row.id).values({column.key: value - by}))


class TestFigures:
    async def test_a_number_leads_to_the_messages_behind_it_and_a_trainer_reads_them_masked(
        self, gateway: Gateway, lead: Worker, trainer: Worker
    ) -> None:
        talk = await asked(gateway, "我叫王小明，电话13800138000，这件有货吗", "ask_stock")
        await asked(gateway, "阿巴阿巴", "nlu_fallback")
        found = await trainer.get("/studio/figures")
        assert (found["whole"]["asked"], found["whole"]["understood"], found["whole"]["unclear"]) == (2, 1, 1)
        stock = next(row for row in found["intents"] if row["intent"] == "ask_stock")
        assert (stock["name"], stock["asked"], sum(stock["trend"]), len(found["days"])) == ("问有没有货", 1, 1, 14)
        lines = (await trainer.get("/studio/figures/lines", kind="understood", intent="ask_stock"))["lines"]
        assert len(lines) == 1
        assert "13800138000" not in lines[0]["text"]
        assert "有货吗" in lines[0]["text"]
        assert lines[0]["talk"] is None
        assert (await lead.get("/studio/figures/lines", kind="understood"))["lines"][0]["talk"] == talk.id
        assert [one["text"] for one in (await lead.get("/studio/figures/lines", kind="unclear"))["lines"]] == ["阿巴阿巴"]

    async def test_a_period_that_is_none_is_refused(self, lead: Worker) -> None:
        for query in ({"since": "2026-11-20", "until": "2026-11-19"}, {"since": "2026-01-01", "until": "2026-11-19"}):
            answer = await lead.call("GET", "/studio/figures", **query)
            assert (answer.status_code, answer.json()["type"]) == (422, "urn:xiaoer:problem:period")
            assert (await lead.call("GET", "/studio/figures/lines", kind="asked", **query)).status_code == 422

    async def test_the_figures_go_into_files(self, gateway: Gateway, trainer: Worker) -> None:
        await asked(gateway, "有货吗", "ask_stock")
        answer = await trainer.call("GET", "/studio/figures/export", format="xlsx")
        book = openpyxl.load_workbook(io.BytesIO(answer.content))
        assert book.sheetnames == ["按天", "按意图", "转人工原因"]
        assert [cell.value for cell in book["按意图"][2]][:3] == ["问有没有货", "ask_stock", 1]
        text = (await trainer.call("GET", "/studio/figures/export", format="csv")).content.decode("utf-8-sig")
        assert "问有没有货,ask_stock,1" in text

    def test_no_cell_is_a_formula(self) -> None:
        sheet = Sheet("表", ("甲",), [("=1+1",), ("@x",)])
        assert [row[0] for row in csv.reader(io.StringIO(as_csv([sheet]).decode("utf-8-sig")))][2:] == ["'=1+1", "'@x"]
        cells = openpyxl.load_workbook(io.BytesIO(as_xlsx([sheet])))["表"]
        assert cells["A2"].data_type == "s"


class TestWeek:
    async def test_the_money_is_the_sum_of_the_effects_per_row_bot_and_person(
        self, gateway: Gateway, lead: Worker, trainer: Worker
    ) -> None:
        services = gateway.services
        where = (services.database, "demo", services.clock)
        same = {"customer_id": None, "conversation_id": "t", "product_id": "p1001"}
        Concessions(*where).record(**same, kind="coupon:NEW5", row="bg_06")  # type: ignore[arg-type]
        Concessions(*where).record(**same, kind="gift:运动袜", row="bg_05")  # type: ignore[arg-type]
        cents = [Decimal("0.10"), Decimal("0.20"), Decimal("19.99")]
        with writing(services.database) as session:
            for amount in cents:
                give(
                    *(session, "demo", services.clock.now(), "compensation", amount),
                    **{"table": "compensation", "row": "cl_03", "by": lead.id, "ref": "T1", "talk": None},
                )
        week = await lead.get("/studio/week")
        assert week["money_total"] == "25.29"
        assert sum(Decimal(one["amount"]) for one in week["money"] if one["amount"]) == Decimal("25.29")
        assert (week["money_bot"], week["money_people"], week["gifts"]) == ("5.00", "20.29", 1)
        assert [(one["what"], one["row"], one["by"], one["times"], one["amount"]) for one in week["money"]] == [
            ("compensation", "cl_03", lead.id, 3, "20.29"),
            ("coupon", "bg_06", "bot", 1, "5.00"),
            ("gift", "bg_05", "bot", 1, None),
        ]
        assert week["members"][lead.id].startswith("002")
        seen = await trainer.get("/studio/week")
        assert (seen["members"], {one["by"] for one in seen["money"]}) == ({}, {"bot", "person"})
        assert (await trainer.call("GET", "/studio/week/export", format="csv")).status_code == 403
        book = openpyxl.load_workbook(io.BytesIO((await lead.call("GET", "/studio/week/export", format="xlsx")).content))
        sums = [row[2].value for row in book["给出的钱"].iter_rows(min_row=2) if row[2].value is not None]
        assert sum(Decimal(str(one)) for one in sums) == Decimal("25.29")

    async def test_a_week_before_has_its_own_figures(self, gateway: Gateway, lead: Worker) -> None:
        await asked(gateway, "有货吗", "ask_stock")
        day = gateway.services.clock.today()
        this, later = await lead.get("/studio/week"), await lead.get("/studio/week", day=(day + timedelta(days=7)).isoformat())
        assert (this["visits"], this["solved"], this["solved_share"]) == (1, 1, 1.0)
        assert (later["visits"], later["before"]["visits"]) == (0, 1)


class TestMorning:
    async def test_yesterdays_unclear_messages_bad_ratings_and_gaps_stand_on_one_page(
        self, gateway: Gateway, trainer: Worker, lead: Worker
    ) -> None:
        for text in ("能不能做便携的架子", "能不能做个便携的架子", "完全另一件事情"):
            await asked(gateway, text, "nlu_fallback")
        talk = await asked(gateway, "有货吗", "ask_stock")
        await gateway.http.post(f"{talk.path}/rating", json={"score": 1, "comment": "答非所问，打我电话13800138000"}, headers=talk.headers)
        make_older(gateway, timedelta(days=1))
        with writing(gateway.services.database) as session:
            product = session.get_one(Product, ("demo", "p1001"))
            product.fabric, product.size_chart = None, []
        found = await trainer.get("/studio/morning")
        yesterday = local_day(gateway.services.clock.now()) - timedelta(days=1)
        assert found["yesterday"] == yesterday.isoformat()
        told = [(one["times"], {one["text"], *one["also"]}) for one in found["unclear"]]
        assert told == [(2, {"能不能做便携的架子", "能不能做个便携的架子"}), (1, {"完全另一件事情"})], "what is alike is one line"
        assert [(one["stars"], one["talk"]) for one in found["ratings"]] == [(1, None)]
        assert "13800138000" not in str(found)
        gap = next(one for one in found["gaps"] if one["product_id"] == "p1001")
        assert gap["lacks"] == ["fabric", "chart"]
        assert (await lead.get("/studio/morning"))["ratings"][0]["talk"] == talk.id

    async def test_what_begins_or_ends_today_is_told(self, gateway: Gateway, trainer: Worker) -> None:
        today = gateway.services.clock.today()
        told = {"title": "双十二通知", "text": "双十二活动照常发货。", "valid_from": today.isoformat(), "valid_to": today.isoformat()}
        Scripts(gateway.services.database, "demo", gateway.services.clock).add(PUBLIC, "lead", [told])
        found = await trainer.get("/studio/morning")
        assert [(one["where"], one["name"], one["begins"], one["ends"]) for one in found["dated"]] == [("script", "双十二通知", True, True)]
        next_day = await trainer.get("/studio/morning", day=(today + timedelta(days=1)).isoformat())
        assert next_day["dated"] == []
