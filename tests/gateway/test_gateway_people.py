"""Who has a talk, when people are there, the place in the queue, and the one question for a rating."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from gateway.talks import Draft
from shop.clock import Clock
from shop.db import writing
from shop.models import Conversation, Parameter, Shop, Staff
from shop.models.base import new_stamp
from tests.gateway.conftest import Start
from tests.gateway.support import FakeEngine, Gateway, Shopper, bubble, turn

THANKS = "好的谢谢，没有别的了"


def answers(engine: FakeEngine, **state: object) -> None:
    """A real question is tracked; thanks are thanks."""

    def answer(body: dict[str, str]) -> object:
        intent = "thank_you" if body.get("text") == THANKS else "track_parcel"
        return turn(bubble("好的"), intent=intent, **state)

    engine.answer = answer  # type: ignore[assignment]


async def test_a_rating_is_due_when_the_shopper_says_thanks_after_an_answer(shopper: Shopper, engine: FakeEngine) -> None:
    answers(engine)
    await shopper.ask("我的快递到哪里了")
    assert (await shopper.about())["rating_due"] is False
    await shopper.ask(THANKS)
    assert (await shopper.about())["rating_due"] is True
    await shopper.ask("那另一个包裹呢")
    assert (await shopper.about())["rating_due"] is False


async def test_thanks_alone_or_with_a_question_open_ask_for_no_rating(gateway: Gateway, engine: FakeEngine) -> None:
    answers(engine)
    quick = await Shopper.come(gateway.http)
    await quick.ask(THANKS)
    assert (await quick.about())["rating_due"] is False
    answers(engine, requested_slot="severity")
    asked = await Shopper.come(gateway.http)
    await asked.ask("裙子开线了想换")
    await asked.ask(THANKS)
    assert (await asked.about())["rating_due"] is False


@pytest.mark.parametrize("how", ["rated", "skipped"])
async def test_the_question_is_asked_once_a_talk(shopper: Shopper, engine: FakeEngine, how: str) -> None:
    answers(engine)
    await shopper.ask("我的快递到哪里了")
    await shopper.ask(THANKS)
    path, body = ("/rating", {"score": 4, "comment": "回复很快"}) if how == "rated" else ("/rating/skip", None)
    assert (await shopper.http.post(f"{shopper.path}{path}", json=body, headers=shopper.headers)).status_code == 204
    await shopper.ask("还有一个包裹到哪里了")
    await shopper.ask(THANKS)
    assert (await shopper.about())["rating_due"] is False


async def test_putting_the_question_away_takes_no_given_rating_back(shopper: Shopper, gateway: Gateway) -> None:
    await shopper.http.post(f"{shopper.path}/rating", json={"score": 2}, headers=shopper.headers)
    await shopper.http.post(f"{shopper.path}/rating/skip", headers=shopper.headers)
    told = await shopper.http.get(f"{shopper.path}/data", headers=shopper.headers)
    assert told.status_code == 200
    with writing(gateway.services.database) as session:
        row = session.get(Conversation, ("demo", shopper.id))
        assert row is not None
        assert row.rating == 2


async def test_a_rating_is_due_when_a_persons_part_is_over_and_never_while_it_lasts(shopper: Shopper, gateway: Gateway) -> None:
    await shopper.ask("我要找人工处理一下")
    store = gateway.services.store
    now = gateway.services.clock.now()
    with writing(gateway.services.database) as session:
        agent = {"id": "s_1", "login": "lin", "name": "林", "number": "012", "role": "agent", "password_hash": "none"}
        session.add(Staff(shop_id="demo", presence_at=now, created_at=now, **agent))
    store.touch_owner(shopper.id, "agent:s_1")
    said = Draft("agent", "已经为您登记了", trace={"staff": "s_e2e", "number": "012"})
    assert store.set_owner(shopper.id, "agent:s_1", [said], ("agent",)) is not None
    about = await shopper.about()
    assert (about["owner"], about["staff"], about["rating_due"]) == ("agent", "012", False)
    assert [message["staff"] for message in await shopper.messages()][-1] == "012"
    store.touch_owner(shopper.id, "bot")
    about = await shopper.about()
    assert (about["owner"], about["staff"], about["rating_due"]) == ("bot", None, True)
    await shopper.ask("再问一下快递")
    assert (await shopper.about())["rating_due"] is False
    store.touch_owner(shopper.id, "closed")
    assert (await shopper.about())["rating_due"] is True


async def test_who_waits_hears_of_a_new_place_when_somebody_leaves_the_queue(gateway: Gateway, engine: FakeEngine) -> None:
    engine.answer = lambda body: turn(bubble("马上转接", card={"hand_over": {"reason": "asked"}}))
    first, second = await Shopper.come(gateway.http), await Shopper.come(gateway.http)
    await first.ask("转人工")
    await second.ask("转人工")
    with gateway.services.hub.open(second.id) as window:
        answer = await first.http.post(f"{first.path}/release", headers=first.headers)
        assert answer.json()["owner"] == "bot"
        places = []
        async with asyncio.timeout(20):
            # What is told of both ways into the queue may still be under way.
            while 1 not in places:
                news = await window.get()
                if news["type"] == "owner":
                    assert news["owner"] == "queue"
                    places.append(news["waiting_place"])
    assert set(places[:-1]) <= {2}


@pytest.mark.parametrize(("now", "there"), [("2026-11-18T12:00:00+08:00", True), ("2026-11-18T03:00:00+08:00", False)])
async def test_the_window_learns_whether_people_are_there(start: Start, monkeypatch: pytest.MonkeyPatch, now: str, there: bool) -> None:
    async with start() as gateway:
        with writing(gateway.services.database) as session:
            shop = session.get_one(Shop, "demo")
            shop.opening_hours, shop.stamp = "10:00-24:00", new_stamp()
        monkeypatch.setattr(Clock, "now", lambda self: datetime.fromisoformat(now).astimezone(UTC))
        told = (await gateway.http.get("/api/v1/shops/demo/widget")).json()
    assert told["people"]["open"] is there
    assert told["people"]["hours"] == "10:00-24:00"
    if there:
        assert told["people"]["opens_at"] is None
    else:
        assert datetime.fromisoformat(told["people"]["opens_at"]) - datetime.fromisoformat(now) == timedelta(hours=7)


async def test_the_window_shows_the_shops_own_privacy_words_and_colour(gateway: Gateway) -> None:
    before = (await gateway.http.get("/api/v1/shops/demo/widget")).json()
    assert before["privacy"] == {"text": None, "link": None, "ask": False}
    own = {
        "widget_privacy_text": "对话保存一年。",
        "widget_privacy_link": "https://shop.example/privacy",
        "widget_consent": "ask",
        "widget_color": "#aa3355",
    }
    with writing(gateway.services.database) as session:
        now = gateway.services.clock.now()
        session.add_all(Parameter(shop_id="demo", name=name, value={"value": value}, updated_at=now) for name, value in own.items())
        shop = session.get(Shop, "demo")
        assert shop is not None
        shop.stamp = "changed"
    told = (await gateway.http.get("/api/v1/shops/demo/widget")).json()
    assert told["privacy"] == {"text": "对话保存一年。", "link": "https://shop.example/privacy", "ask": True}
    assert told["color"] == "#aa3355"
    assert (await gateway.http.get("/api/v1/shops/other/widget")).status_code == 404
