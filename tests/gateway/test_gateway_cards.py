"""Cards of messages: whose they are, what is on them, what stands behind their buttons; and quoted messages."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from gateway.card_schemas import OrdersCard, ProductCard, SizesCard, TimelineCard
from gateway.cards import safe, steps_of, yuan
from policy.lifecycle import Lifecycle
from policy.parameters import load_parameters
from shop.proofs import Proofs
from shop.return_records import Return
from shop.returns import Returns
from shop.tickets import Tickets
from tests.gateway.support import FakeEngine, Gateway, Shopper, bubble, turn


async def signed_in(gateway: Gateway, customer: str, **body: Any) -> Shopper:
    """A shopper whom the shop's page has signed in."""
    return await Shopper.come(gateway.http, identity=gateway.services.identities.sign(customer), **body)


def of(gateway: Gateway, customer: str, *states: str) -> list[str]:
    """Numbers of a customer's orders, newest first."""
    return [order.order_id for order in gateway.services.shop.orders_of(customer) if not states or order.state in states]


def shows(kind: str, subject: str) -> httpx.Response:
    """An answer that says what it is about."""
    return turn(bubble("说明", card={"show": {"kind": kind, "id": subject}}))


def owners(gateway: Gateway) -> tuple[str, str]:
    """Two customers of the demonstration shop who both have a parcel on its way with scans."""
    found = [f"c{n:02}" for n in range(1, 20) if any(o.scans for o in gateway.services.shop.orders_of(f"c{n:02}"))]
    return found[0], found[1]


async def test_the_bot_asks_which_order_and_the_orders_are_a_picker(gateway: Gateway, engine: FakeEngine) -> None:
    shopper = await signed_in(gateway, "c05")
    numbers = of(gateway, "c05")
    assert len(numbers) > 1
    buttons = [{"title": f"单{n[-4:]}", "payload": f'/track_parcel{{"order_number": "{n}"}}'} for n in numbers]
    engine.answer = lambda body: turn(bubble("请问是哪一单？", buttons=buttons))
    (reply,) = await shopper.ask("物流")
    card = OrdersCard.model_validate(reply["card"])
    assert [order.id for order in card.orders] == numbers
    assert all(order.state_word and order.choose and not order.actions for order in card.orders)
    # The buttons are still there, for a client that draws no card, and they are the same choices.
    assert [button["choice"] for button in reply["buttons"]] == [order.choose.choice for order in card.orders if order.choose]
    pressed = await shopper.post({"choice": reply["card"]["orders"][1]["choose"]["choice"]})
    assert pressed.json()["message"]["text"] == buttons[1]["title"]
    assert engine.turns[-1]["payload"] == buttons[1]["payload"]


async def test_an_order_of_somebody_else_is_on_no_card(gateway: Gateway, engine: FakeEngine) -> None:
    mine, theirs = owners(gateway)
    stranger = next(o.order_id for o in gateway.services.shop.orders_of(theirs) if o.scans)
    shopper = await signed_in(gateway, mine)
    engine.answer = lambda body: shows("timeline", stranger)
    assert [reply["card"] for reply in await shopper.ask("物流")] == [None]
    engine.answer = lambda body: turn(
        bubble(
            "哪一单？",
            buttons=[{"title": n, "payload": f'/track_parcel{{"order_number": "{n}"}}'} for n in (of(gateway, mine)[0], stranger)],
        )
    )
    assert [reply["card"] for reply in await shopper.ask("物流")] == [None]
    anonymous = await Shopper.come(gateway.http)
    engine.answer = lambda body: shows("timeline", stranger)
    assert [reply["card"] for reply in await anonymous.ask("物流")] == [None]


async def test_a_parcels_journey_is_drawn_newest_first(gateway: Gateway, engine: FakeEngine) -> None:
    mine, _ = owners(gateway)
    order = next(o for o in gateway.services.shop.orders_of(mine) if o.scans)
    shopper = await signed_in(gateway, mine)
    engine.answer = lambda body: shows("timeline", order.order_id)
    (reply,) = await shopper.ask("到哪了")
    card = TimelineCard.model_validate(reply["card"])
    assert len(card.scans) == len(order.scans)
    assert [scan.at for scan in card.scans] == sorted((scan.at for scan in order.scans), reverse=True)
    assert card.tracking == order.tracking
    # Asked again at once, the same drawing is still in sight and is not drawn twice.
    assert [again["card"] for again in await shopper.ask("到哪了")] == [None]


async def test_a_product_is_shown_once_and_without_its_floor_price(gateway: Gateway, engine: FakeEngine) -> None:
    product = gateway.services.shop.product("p1001")
    assert product is not None
    assert product.floor_price not in (0, product.price)
    shopper = await Shopper.come(gateway.http)
    engine.answer = lambda body: shows("product", "p1001")
    (reply,) = await shopper.ask("这条裙子多少钱")
    card = ProductCard.model_validate(reply["card"])
    assert (card.product.name, card.product.price) == (product.name, yuan(product.price))
    assert yuan(product.floor_price) not in json.dumps(reply["card"])
    assert [again["card"] for again in await shopper.ask("有货吗")] == [None]
    engine.answer = lambda body: shows("product", "no-such-product")
    assert [other["card"] for other in await shopper.ask("那个呢")] == [None]


async def test_the_products_page_is_told_by_a_card_at_the_opening_and_when_it_changes(gateway: Gateway) -> None:
    shopper = await Shopper.come(gateway.http, product_id="p1001")
    opening = await shopper.messages()
    assert opening[-1]["card"]["product"]["id"] == "p1001"
    same = (await shopper.post({"text": "有货吗", "product_id": "p1001"})).json()["message"]
    other = (await shopper.post({"text": "这个呢", "product_id": "p1002"})).json()["message"]
    again = (await shopper.post({"text": "还有吗", "product_id": "p1002"})).json()["message"]
    unknown = (await shopper.post({"text": "这个呢", "product_id": "p-unknown"})).json()["message"]
    assert same["card"] is None
    assert other["card"]["product"]["id"] == "p1002"
    assert again["card"] is None
    assert unknown["card"] is None


async def test_a_size_chart_is_a_table_with_units(gateway: Gateway, engine: FakeEngine) -> None:
    product = gateway.services.shop.product("p1001")
    assert product is not None
    shopper = await Shopper.come(gateway.http)
    engine.answer = lambda body: shows("sizes", "p1001")
    (reply,) = await shopper.ask("尺码表")
    card = SizesCard.model_validate(reply["card"])
    assert [row.size for row in card.rows] == [row.size for row in product.size_chart]
    assert [column.key for column in card.columns][:2] == ["height", "weight"]
    assert all(column.title and column.unit for column in card.columns)
    low, high = product.size_chart[0].ranges["height"]
    assert card.rows[0].cells[0] == f"{low:g}–{high:g}"


async def test_my_orders_with_what_can_be_done_now(gateway: Gateway, engine: FakeEngine) -> None:
    shopper = await signed_in(gateway, "c05")
    answer = await gateway.http.get(f"{shopper.path}/orders", headers=shopper.headers)
    assert answer.status_code == 200
    card = OrdersCard.model_validate(answer.json()["card"])
    assert [order.id for order in card.orders] == of(gateway, "c05")
    assert all(order.choose is None and order.actions for order in card.orders)
    order = card.orders[0]
    pressed = await shopper.post({"choice": order.actions[0].choice})
    assert pressed.status_code == 200
    assert order.id in engine.turns[-1]["payload"]
    assert order.actions[0].title in pressed.json()["message"]["text"]
    assert order.product in pressed.json()["message"]["text"]
    # Opened again it is the same list with the same ids; in another talk they open nothing.
    again = (await gateway.http.get(f"{shopper.path}/orders", headers=shopper.headers)).json()["card"]
    assert again == answer.json()["card"]
    other = await signed_in(gateway, "c05")
    assert (await other.post({"choice": order.actions[0].choice})).status_code == 422


async def test_somebody_without_an_account_sees_no_orders(gateway: Gateway) -> None:
    shopper = await Shopper.come(gateway.http)
    answer = await gateway.http.get(f"{shopper.path}/orders", headers=shopper.headers)
    assert answer.json() == {"card": {"kind": "orders", "orders": []}, "signed_in": False}
    assert (await gateway.http.get(f"{shopper.path}/orders")).status_code == 401


async def test_an_order_proved_in_the_talk_is_listed_with_reading_only(gateway: Gateway) -> None:
    shopper = await Shopper.come(gateway.http)
    order = next(o for o in gateway.services.shop.orders_of("c05") if o.state == "received")
    tail = gateway.services.shop.customer("c05")
    assert tail is not None
    assert tail.phone_tail
    proofs = Proofs(gateway.services.database, "demo", gateway.services.clock)
    assert proofs.try_proof(conversation_id=shopper.id, order_id=order.order_id, phone_tail=tail.phone_tail, address=None) == "proved"
    card = OrdersCard.model_validate((await gateway.http.get(f"{shopper.path}/orders", headers=shopper.headers)).json()["card"])
    assert [shown.id for shown in card.orders] == [order.order_id]
    assert len(card.orders[0].actions) == 1


async def test_a_returns_steps_are_drawn_for_its_own_shopper_only(gateway: Gateway, engine: FakeEngine) -> None:
    services = gateway.services
    order = next(o for o in services.shop.orders_of("c05") if o.state == "received")
    shopper, stranger = await signed_in(gateway, "c05"), await signed_in(gateway, "c06")
    tickets = Tickets(services.database, "demo", services.clock)
    ticket = tickets.open("return", conversation_id=shopper.id, order_id=order.order_id, customer_id="c05")
    engine.answer = lambda body: shows("progress", ticket.id)
    assert [reply["card"] for reply in await shopper.ask("退货到哪一步了")] == [None], "nothing is on its way back yet"
    approve(gateway, ticket.id)
    (reply,) = await shopper.ask("退货到哪一步了")
    states = [step["state"] for step in reply["card"]["steps"]]
    assert states == ["done", "current", "next", "next", "next"]
    assert reply["card"]["steps"][0]["at"] is not None
    assert [other["card"] for other in await stranger.ask("退货到哪一步了")] == [None]
    # The order is under way now: its own button asks for the progress.
    mine = (await gateway.http.get(f"{shopper.path}/orders", headers=shopper.headers)).json()["card"]["orders"]
    titles = next([action["title"] for action in each["actions"]] for each in mine if each["id"] == order.order_id)
    assert "退货进度" in titles
    assert "申请退货" not in titles


def approve(gateway: Gateway, ticket_id: str) -> None:
    """The shop expects these goods back."""
    services = gateway.services
    Returns(services.database, "demo", services.clock, Lifecycle(load_parameters())).approve(ticket_id, remedy="return_refund")


def test_steps_that_did_not_happen_are_left_out() -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    refused = Return(
        "T1", None, "exchange", "refused", "open", None, "open", 0, None, None, None, "nobody", None, now, None, None, None, None, now, 1, 0
    )
    assert [(step.state, step.at is None) for step in steps_of(refused)] == [("done", False), ("done", False)]
    received = Return(
        "T1", None, "exchange", "received", "open", None, "open", 0, None, None, None, "shop", None, now, now, now, None, None, None, 1, 0
    )
    assert [step.state for step in steps_of(received)] == ["done", "done", "done", "current", "next"]


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("https://shop.example/a.jpg", True),
        ("/static/demo/p1001.svg", True),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("//elsewhere.example/x", False),
        ("/\\elsewhere.example", False),
        ("https:///nowhere", False),
        ("http://[", False),
        (None, False),
    ],
)
def test_only_addresses_that_a_page_may_load_are_sent(address: str | None, kept: bool) -> None:
    assert (safe(address) == address and address is not None) is kept


async def test_a_quoted_message_travels_with_its_words(gateway: Gateway) -> None:
    shopper = await Shopper.come(gateway.http)
    (reply,) = await shopper.ask("发什么快递")
    sent = await shopper.post({"text": "这个什么时候到", "quote": reply["seq"]})
    assert sent.json()["message"]["quote"] == {"seq": reply["seq"], "from": "bot", "text": reply["text"]}
    stored = await shopper.messages()
    assert [message["quote"] for message in stored if message["quote"]] == [sent.json()["message"]["quote"]]
    assert next(message["card"] for message in stored if message["quote"]) is None
    assert (await shopper.post({"text": "这个呢", "quote": 999})).status_code == 422
    other = await Shopper.come(gateway.http)
    assert (await other.post({"text": "这个呢", "quote": reply["seq"]})).status_code == 422
    long = "一" * 300
    asked = (await shopper.post({"text": long})).json()["message"]
    cut = (await shopper.post({"text": "就是这个", "quote": asked["seq"]})).json()["message"]["quote"]["text"]
    assert len(cut) == 120
    assert cut.endswith("…")


async def test_the_same_client_id_with_another_quote_is_another_content(gateway: Gateway) -> None:
    shopper = await Shopper.come(gateway.http)
    (reply,) = await shopper.ask("在吗")
    body = {"client_id": "5b0c3f8e-1111-4222-8333-944455556666", "text": "这个"}
    assert (await shopper.post(body)).status_code == 200
    assert (await shopper.post({**body, "quote": reply["seq"]})).status_code == 409


async def test_what_must_not_wait_is_marked(gateway: Gateway, engine: FakeEngine) -> None:
    shopper = await Shopper.come(gateway.http)
    assert [reply["urgent"] for reply in await shopper.ask("发什么快递")] == [False]
    engine.answer = lambda body: turn(bubble("请马上断电。"), bubble("人没事吧？"), intent="report_danger")
    assert [reply["urgent"] for reply in await shopper.ask("插座冒烟了")] == [True, True]
    engine.answer = lambda body: turn(bubble("好的。", card={"hand_over": {"reason": "asked"}}))
    assert all(reply["urgent"] for reply in await shopper.ask("人工"))


async def test_the_api_describes_every_card(gateway: Gateway) -> None:
    schemas = (await gateway.http.get("/api/v1/openapi.json")).json()["components"]["schemas"]
    assert {"OrdersCard", "ProductCard", "SizesCard", "TimelineCard", "ProgressCard", "Quote"} <= set(schemas)
    kinds = schemas["MessageOut"]["properties"]["card"]["anyOf"][0]["discriminator"]["mapping"]
    assert set(kinds) == {"orders", "product", "sizes", "timeline", "progress"}
