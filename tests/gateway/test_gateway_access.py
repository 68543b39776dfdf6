"""Who may do what: tokens, identities, other people's talks and orders, rates, headers."""

from __future__ import annotations

import time
from typing import Any

import httpx
import jwt
import pytest

from gateway import identity
from gateway.identity import TALK_DAYS, TalkTokens
from gateway.problems import Problem
from gateway.settings import Secret
from tests.gateway.support import FakeEngine, Gateway, Shopper

CALLS = [
    ("GET", ""),
    ("DELETE", ""),
    ("GET", "/messages"),
    ("POST", "/messages"),
    ("POST", "/release"),
    ("POST", "/rating"),
    ("GET", "/attachments/a_x"),
]
BODY = {"/messages": {"client_id": "5f0c9d0e-6f3e-4b5e-9f39-0d3f2a3c1b11", "text": "嗨"}, "/rating": {"score": 5}}


@pytest.mark.parametrize(("method", "call"), CALLS)
async def test_without_a_token_or_with_a_wrong_one_nothing_is_done(shopper: Shopper, method: str, call: str) -> None:
    none = jwt.encode({"sub": shopper.id, "aud": "xiaoer-talk", "shop": "demo", "exp": time.time() + 60}, None, algorithm="none")
    forged = jwt.encode(
        {"sub": shopper.id, "aud": "xiaoer-talk", "shop": "demo", "exp": int(time.time()) + 60}, "k" * 48, algorithm="HS256"
    )
    for header in (
        None,
        "Bearer ",
        "Bearer x",
        "Basic eDp5",
        f"Bearer {none}",
        f"Bearer {forged}",
        f"Bearer {shopper.token}x",
        f"Bearer {'a' * 5000}",
    ):
        headers = {"Authorization": header} if header else {}
        answer = await shopper.http.request(method, shopper.path + call, headers=headers, json=BODY.get(call))
        assert answer.status_code == 401, header
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(("method", "call"), CALLS[:6])
async def test_anothers_talk_and_no_talk_look_alike(http: httpx.AsyncClient, shopper: Shopper, method: str, call: str) -> None:
    other = await Shopper.come(http)
    theirs = await http.request(method, other.path + call, headers=shopper.headers, json=BODY.get(call))
    nothing = await http.request(method, f"/api/v1/conversations/c_nothing{call}", headers=shopper.headers, json=BODY.get(call))
    assert theirs.status_code == nothing.status_code == 404
    assert theirs.json() == nothing.json()
    assert len(await other.messages()) == 2


@pytest.mark.parametrize(
    "identity",
    [
        lambda secret: jwt.encode({"sub": "c05", "exp": int(time.time()) - 5}, secret, algorithm="HS256"),
        lambda secret: jwt.encode({"sub": "c05", "exp": int(time.time()) + 60}, "z" * 48, algorithm="HS256"),
        lambda secret: jwt.encode({"sub": "c05", "exp": int(time.time()) + 60}, None, algorithm="none"),
        lambda secret: jwt.encode({"sub": "c05", "exp": int(time.time()) + 60}, secret * 2, algorithm="HS512"),
        lambda secret: jwt.encode({"sub": "c05"}, secret, algorithm="HS256"),
        lambda secret: jwt.encode({"exp": int(time.time()) + 60}, secret, algorithm="HS256"),
        lambda secret: jwt.encode({"sub": "", "exp": int(time.time()) + 60}, secret, algorithm="HS256"),
        lambda secret: "c05",
        lambda secret: "",
    ],
    ids=["expired", "other key", "alg none", "other algorithm", "no exp", "no sub", "empty sub", "no JWT", "empty"],
)
async def test_an_identity_that_the_shop_did_not_sign_is_refused(gateway: Gateway, identity: Any) -> None:
    token = identity(gateway.services.settings.identity_secret.reveal())
    answer = await gateway.http.post("/api/v1/conversations", json={"identity": token})
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_talks_token_is_no_identity_and_the_other_way_round(gateway: Gateway, shopper: Shopper) -> None:
    assert (await gateway.http.post("/api/v1/conversations", json={"identity": shopper.token})).status_code == 401
    identity = gateway.services.identities.sign("c05")
    assert (await gateway.http.get(shopper.path, headers={"Authorization": f"Bearer {identity}"})).status_code == 401


async def test_customers_see_only_their_own_orders_on_the_page(http: httpx.AsyncClient) -> None:
    assert (await http.get("/demo/orders")).status_code == 401
    seen = {}
    for customer in ("c05", "c06"):
        identity = (await http.post("/demo/identity", json={"customer": customer})).json()["identity"]
        answer = await http.get("/demo/orders", headers={"Authorization": f"Bearer {identity}"})
        seen[customer] = {order["id"] for order in answer.json()["orders"]}
    assert seen == {"c05": {"880000000009", "880000000010", "880000000023"}, "c06": {"880000000011", "880000000012"}}


async def test_the_page_signs_in_its_seeded_customers_only(http: httpx.AsyncClient) -> None:
    for name in ("c99", "admin", "", "c05'--"):
        assert (await http.post("/demo/identity", json={"customer": name})).status_code == 404
    shop = (await http.get("/demo/shop")).text
    assert "floor" not in shop
    assert "138000" not in shop
    assert "149" not in shop, "a floor price has left the server"


async def test_another_shop_has_no_demonstration_page(start: Any) -> None:
    async with start(XIAOER_SHOP_ID="other") as gateway:
        for path in ("/", "/demo/shop"):
            assert (await gateway.http.get(path)).status_code == 404
        assert (await gateway.http.post("/demo/identity", json={"customer": "c01"})).status_code == 404


async def test_every_answer_carries_a_strict_policy(http: httpx.AsyncClient) -> None:
    for path in ("/", "/static/widget/xiaoer.js", "/api/v1/conversations/x", "/nothing", "/readyz"):
        headers = (await http.get(path)).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
    page = (await http.get("/")).text
    assert "<style" not in page
    assert "style=" not in page
    assert "onclick" not in page
    assert "http" not in page.replace("http-equiv", "")


async def test_unknown_addresses_are_problems_too(http: httpx.AsyncClient) -> None:
    for answer in (await http.get("/api/v1/nothing"), await http.put("/healthz"), await http.post("/api/v1/conversations", content=b"{")):
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == answer.status_code


async def test_a_flood_of_one_talk_is_slowed_and_told_when_to_come_back(start: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async with start(XIAOER_RATE_FACTOR="1") as gateway:
        # On a slow machine thirty messages are no flood.
        monkeypatch.setattr(gateway.services.rate, "_clock", lambda: 0.0)
        shopper = await Shopper.come(gateway.http)
        answers = [await shopper.post({"text": str(number)}, wait=False) for number in range(30)]
        refused = [answer for answer in answers if answer.status_code == 429]
        assert answers[0].status_code == 202
        assert len(refused) == 10
        assert 1 <= int(refused[0].headers["retry-after"]) <= 60
        other = await Shopper.come(gateway.http)
        assert (await other.post({"text": "嗨"})).status_code == 200


async def test_opening_talks_is_limited_per_address(start: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async with start(XIAOER_RATE_FACTOR="0.1") as gateway:
        monkeypatch.setattr(gateway.services.rate, "_clock", lambda: 0.0)
        codes = [(await gateway.http.post("/api/v1/conversations", json={})).status_code for _ in range(8)]
    assert codes == [201] * 3 + [429] * 5


async def test_a_body_too_large_is_refused_before_it_is_read(shopper: Shopper) -> None:
    async def endless() -> Any:
        for _ in range(100):
            yield b"x" * 65536

    stated = await shopper.http.post(f"{shopper.path}/messages", content=b"x" * 300_000, headers=shopper.headers)
    unstated = await shopper.http.post(f"{shopper.path}/messages", content=endless(), headers=shopper.headers)
    assert (stated.status_code, unstated.status_code) == (413, 413)


async def test_erasing_a_talk_leaves_a_receipt_and_nothing_else(shopper: Shopper, gateway: Gateway, engine: FakeEngine) -> None:
    from tests.gateway.support import picture

    await shopper.ask("我住在文三路")
    await shopper.upload(picture())
    folder = gateway.services.settings.attachments / shopper.id
    assert list(folder.iterdir())
    answer = await shopper.http.delete(shopper.path, headers=shopper.headers)
    assert answer.status_code == 200
    receipt = answer.json()
    assert receipt["engine"] == "done"
    assert receipt["erased"] == {"messages": 4, "choices": 4, "attachments": 1, "proofs": 0, "engine_events": 7}
    assert engine.erased == [shopper.id]
    assert not folder.exists()
    assert (await shopper.http.get(shopper.path, headers=shopper.headers)).status_code == 404
    assert (await shopper.http.delete(shopper.path, headers=shopper.headers)).status_code == 404
    assert gateway.services.store.owed_erasures() == []


async def test_an_erasure_that_the_engine_missed_is_made_up_for_after_a_restart(start: Any, engine: FakeEngine) -> None:
    import asyncio

    async with start() as gateway:
        shopper = await Shopper.come(gateway.http)
        engine.is_ready = False
        receipt = (await gateway.http.delete(shopper.path, headers=shopper.headers)).json()
        assert receipt["engine"] == "pending"
    engine.is_ready = True
    async with start() as gateway:
        async with asyncio.timeout(20):
            while gateway.services.store.owed_erasures():
                await asyncio.sleep(0.02)
    assert engine.erased == [shopper.id]


async def test_rating_a_talk(shopper: Shopper, gateway: Gateway) -> None:
    async def rate(**body: Any) -> int:
        return (await shopper.http.post(f"{shopper.path}/rating", json=body, headers=shopper.headers)).status_code

    assert await rate(score=4, comment="挺快") == 204
    assert await rate(score=5) == 204
    assert [await rate(score=score) for score in (0, 6)] == [422, 422]
    assert await rate() == 422


async def test_openapi_is_where_the_contract_says(http: httpx.AsyncClient) -> None:
    paths = (await http.get("/api/v1/openapi.json")).json()["paths"]
    assert "/api/v1/conversations/{conversation_id}/messages" in paths
    assert "/api/v1/shop/{kind}/{object_id}" in paths
    assert not [path for path in paths if path.startswith("/demo")]
    assert (await http.get("/docs")).status_code == 404


async def test_a_shops_own_system_sends_stock_with_its_token(gateway: Gateway) -> None:
    async def put(version: int, token: str | None = None, **stock: int) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token or gateway.services.settings.integration_token.reveal()}"}
        return await gateway.http.put("/api/v1/shop/stock/p1001", json={"version": version, "stock": stock}, headers=headers)

    assert (await put(5, "x" * 40, **{"米白/M": 1})).status_code == 401
    assert (await put(5, gateway.services.identities.sign("c01"), **{"米白/M": 1})).status_code == 401
    assert (await put(5, **{"米白/M": 7})).json()["outcome"] == "updated"
    assert (await put(5, **{"米白/M": 7})).json()["outcome"] == "unchanged"
    assert (await put(4, **{"米白/M": 9})).status_code == 409
    bad = await put(6, **{"米白/M": -1})
    assert bad.status_code == 422
    assert bad.json()["errors"][0]["field"] == "stock"
    product = gateway.services.shop.product("p1001")
    assert product is not None
    assert product.stock == {"米白/M": 7}


def test_a_token_that_was_good_is_refused_when_its_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = TalkTokens(Secret("k" * 48), "demo")
    token = tokens.make("c_1")
    assert [tokens.conversation(token) for _ in range(2)] == ["c_1", "c_1"]
    real = time.time
    later = TALK_DAYS * 86400 + 5
    monkeypatch.setattr(time, "time", lambda: real() + later)

    def over(*_: object, **__: object) -> None:
        raise jwt.ExpiredSignatureError

    # PyJWT's own clock is no attribute of `time`.
    monkeypatch.setattr(jwt, "decode", over)
    with pytest.raises(Problem):
        tokens.conversation(token)


def test_tokens_that_were_good_are_forgotten_when_they_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "MOST_GOOD", 3)
    tokens = TalkTokens(Secret("k" * 48), "demo")
    for number in range(10):
        assert tokens.conversation(tokens.make(f"c_{number}")) == f"c_{number}"
        assert len(tokens._good) <= 3
