"""Staff log in over HTTP; nobody does what the role does not allow."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.staff_access import COOKIE
from shop.staff import ROLES, Role
from tests.gateway.conftest import Start
from tests.gateway.staff_support import PASSWORD, Worker
from tests.gateway.support import Gateway, Shopper
from tests.studio.support import git, make_checkout

# Route → roles that may; the rest gets 403. What stands here is what the design says, not what the code says.
TALK, LEAD, ADMIN, ALL = ("agent", "supervisor", "admin"), ("supervisor", "admin"), ("admin",), ROLES
TEACH = ("supervisor", "trainer", "admin")
ALLOWED: dict[tuple[str, str], tuple[str, ...]] = {
    ("DELETE", "/session"): ALL,
    ("GET", "/me"): ALL,
    ("POST", "/me/password"): ALL,
    ("PUT", "/me/presence"): TALK,
    ("GET", "/members"): TALK,
    ("POST", "/members"): ADMIN,
    ("PATCH", "/members/{staff_id}"): ADMIN,
    ("POST", "/members/{staff_id}/password"): ADMIN,
    ("GET", "/tokens"): ADMIN,
    ("POST", "/tokens"): ADMIN,
    ("DELETE", "/tokens/{token_id}"): ADMIN,
    ("GET", "/inbox"): TALK,
    ("GET", "/inbox/wanted"): TALK,
    ("GET", "/talks"): TALK,
    ("GET", "/talks/{talk_id}"): TALK,
    ("GET", "/talks/{talk_id}/side"): TALK,
    ("POST", "/talks/{talk_id}/tickets"): TALK,
    ("POST", "/talks/{talk_id}/tickets/{ticket_id}/moves"): TALK,
    ("POST", "/talks/{talk_id}/approvals"): TALK,
    ("PUT", "/talks/{talk_id}/orders/{order_id}/flag"): TALK,
    ("GET", "/talks/{talk_id}/orders/{order_id}/flags"): TALK,
    ("POST", "/talks/{talk_id}/orders/{order_id}/extension"): TALK,
    ("POST", "/talks/{talk_id}/cards"): TALK,
    ("POST", "/talks/{talk_id}/coupons"): TALK,
    ("POST", "/talks/{talk_id}/follow-ups"): TALK,
    ("GET", "/follow-ups"): TALK,
    ("POST", "/follow-ups/{follow_up_id}/done"): TALK,
    ("GET", "/approvals"): TALK,
    ("POST", "/approvals/{approval_id}/decision"): TALK,
    ("POST", "/talks/{talk_id}/take"): TALK,
    ("POST", "/talks/{talk_id}/give"): TALK,
    ("POST", "/talks/{talk_id}/messages"): TALK,
    ("POST", "/talks/{talk_id}/suggestions"): TALK,
    ("POST", "/talks/{talk_id}/notes"): TALK,
    ("POST", "/wording"): TALK,
    # Everybody has scripts of their own; those of the shop are refused inside (test_gateway_scripts.py). Matches and uses need talks.
    ("GET", "/scripts"): ALL,
    ("POST", "/scripts"): ALL,
    ("GET", "/scripts/match"): TALK,
    ("GET", "/scripts/values"): ALL,
    ("POST", "/scripts/check"): ALL,
    ("GET", "/scripts/ranking"): ALL,
    ("GET", "/scripts/folders"): ALL,
    ("POST", "/scripts/folders"): ALL,
    ("PATCH", "/scripts/folders/{folder_id}"): ALL,
    ("DELETE", "/scripts/folders/{folder_id}"): ALL,
    ("GET", "/scripts/files/export"): ALL,
    ("POST", "/scripts/files/preview"): ALL,
    ("POST", "/scripts/files/import"): ALL,
    ("POST", "/scripts/remove"): ALL,
    ("POST", "/scripts/restore"): ALL,
    ("GET", "/scripts/{script_id}"): ALL,
    ("PATCH", "/scripts/{script_id}"): ALL,
    ("POST", "/scripts/{script_id}/uses"): TALK,
    ("GET", "/scripts/{script_id}/picture"): ALL,
    ("POST", "/scripts/{script_id}/picture"): ALL,
    ("DELETE", "/scripts/{script_id}/picture"): ALL,
    ("POST", "/suggestions/alternatives"): TALK,
    ("POST", "/companion/suggestions"): TALK,
    ("POST", "/talks/{talk_id}/read"): TALK,
    ("POST", "/talks/{talk_id}/messages/{message_id}/recall"): TALK,
    ("POST", "/talks/{talk_id}/block"): TALK,
    ("DELETE", "/talks/{talk_id}/block"): TALK,
    ("GET", "/blocks"): LEAD,
    ("POST", "/talks/{talk_id}/attachments"): TALK,
    ("GET", "/talks/{talk_id}/attachments/{file_id}"): TALK,
    ("GET", "/talks/{talk_id}/attachments/{file_id}/poster"): TALK,
    ("GET", "/figures"): ALL,
    ("GET", "/figures/export"): ALL,
    ("GET", "/modes"): TEACH,
    ("PUT", "/modes/{intent}"): LEAD,
    ("GET", "/lessons"): TEACH,
    ("POST", "/lessons/{lesson_id}"): TEACH,
    # the studio's figures
    ("GET", "/studio/figures"): TEACH,
    ("GET", "/studio/figures/lines"): TEACH,
    ("GET", "/studio/figures/export"): TEACH,
    ("GET", "/studio/week"): TEACH,
    ("GET", "/studio/week/export"): LEAD,
    ("GET", "/studio/morning"): TEACH,
    ("GET", "/reviews"): TALK,
    ("POST", "/reviews"): LEAD,
    ("GET", "/reviews/form"): TALK,
    ("GET", "/reviews/sample"): LEAD,
    ("GET", "/reviews/talks/{talk_id}"): LEAD,
    ("PUT", "/reviews/{review_id}"): LEAD,
    ("POST", "/reviews/{review_id}/answer"): TALK,
    ("GET", "/watch"): LEAD,
    # Stories and rules (s8e): a talk by its id is for those who may open it.
    ("GET", "/studio/stories"): TEACH,
    ("GET", "/studio/stories/one"): TEACH,
    ("GET", "/studio/stories/parts"): TEACH,
    ("GET", "/studio/stories/intents"): TEACH,
    ("GET", "/studio/stories/flow"): TEACH,
    ("GET", "/studio/stories/contradictions"): TEACH,
    ("POST", "/studio/stories/propose"): TEACH,
    ("POST", "/studio/stories/next"): TEACH,
    ("POST", "/studio/stories/from-talk"): LEAD,
    ("POST", "/studio/stories/from-inbox"): TEACH,
    ("POST", "/studio/stories/from-turns"): TEACH,
    # The studio: saves, history, publishing.
    ("POST", "/studio/preview"): TEACH,
    ("POST", "/studio/save"): TEACH,
    ("GET", "/studio/history"): TEACH,
    ("GET", "/studio/commits/{commit_id}"): TEACH,
    ("POST", "/studio/commits/{commit_id}/undo"): TEACH,
    ("GET", "/studio/outside"): TEACH,
    ("POST", "/studio/outside"): TEACH,
    ("GET", "/studio/state"): TEACH,
    ("POST", "/studio/publish"): TEACH,
    # The studio: releases.
    ("GET", "/studio/models"): TEACH,
    ("GET", "/studio/models/requests/{request_id}"): TEACH,
    ("POST", "/studio/models/{release_id}/promote"): TEACH,
    ("POST", "/studio/models/rollback"): TEACH,
    ("POST", "/studio/models/{release_id}/try"): TEACH,
    ("DELETE", "/studio/models/{release_id}/try"): TEACH,
    # The studio: responses and trying the bot out.
    ("GET", "/studio/responses"): TEACH,
    ("GET", "/studio/responses/vocabulary"): TEACH,
    ("GET", "/studio/responses/orders"): TEACH,
    ("GET", "/studio/responses/{name}"): TEACH,
    ("POST", "/studio/responses/{name}/check"): TEACH,
    ("POST", "/studio/responses/{name}/propose"): TEACH,
    ("POST", "/studio/responses/{name}/remove"): TEACH,
    ("POST", "/studio/try"): TEACH,
    ("GET", "/studio/try/who"): TEACH,
    ("GET", "/studio/try/talks"): TEACH,
    ("POST", "/studio/try/replay"): TEACH,
    # the studio's tables and parameters
    ("GET", "/studio/tables"): TEACH,
    ("POST", "/studio/tables/{topic}/draft"): TEACH,
    ("POST", "/studio/tables/{topic}/row"): TEACH,
    ("POST", "/studio/tables/{topic}/try"): TEACH,
    ("POST", "/studio/parameters/draft"): TEACH,
    ("GET", "/studio/says"): TEACH,
    # The studio: intents and examples.
    ("GET", "/studio/intents"): TEACH,
    ("GET", "/studio/intents/answers"): TEACH,
    ("POST", "/studio/intents/create"): TEACH,
    ("GET", "/studio/intents/{intent}/references"): TEACH,
    ("POST", "/studio/intents/{intent}/groups"): TEACH,
    ("POST", "/studio/intents/{intent}/propose"): TEACH,
    ("GET", "/studio/examples"): TEACH,
    ("POST", "/studio/examples/look"): TEACH,
    ("GET", "/studio/examples/doubles"): TEACH,
    ("POST", "/studio/examples/propose"): TEACH,
    ("GET", "/studio/examples/files/export"): TEACH,
    ("POST", "/studio/examples/files/preview"): TEACH,
    # The studio's inbox.
    ("GET", "/studio/inbox"): TEACH,
    ("GET", "/studio/inbox/groups/{leader}"): TEACH,
    ("GET", "/studio/inbox/judged"): TEACH,
    ("GET", "/studio/inbox/choices"): TEACH,
    ("GET", "/studio/inbox/tests"): TEACH,
    **{("POST", f"/studio/inbox/{deed}"): TEACH for deed in ("read", "cut", "check", "label", "drop", "reopen", "propose", "save", "join")},
    # The studio: checks, background jobs, training.
    ("GET", "/studio/checks"): TEACH,
    ("POST", "/studio/checks"): TEACH,
    ("GET", "/studio/jobs"): TEACH,
    ("GET", "/studio/jobs/{job_id}"): TEACH,
    ("POST", "/studio/jobs/{job_id}/cancel"): TEACH,
    ("POST", "/studio/train"): TEACH,
    ("POST", "/studio/releases/{release_id}/compare"): TEACH,
    ("GET", "/studio/releases/{release_id}/report"): TEACH,
    ("POST", "/studio/releases/{release_id}/accept"): TEACH,
}


def routes(gateway: Gateway) -> set[tuple[str, str]]:
    """Every route of the staff API but the log-in."""
    paths: dict[str, dict[str, Any]] = gateway.app.openapi()["paths"]
    return {
        (method.upper(), path.removeprefix("/api/v1/staff"))
        for path, methods in paths.items()
        if path.startswith("/api/v1/staff/")
        for method in methods
        if (method, path) != ("post", "/api/v1/staff/session")
    }


def filled(path: str) -> str:
    return re.sub(r"\{\w+\}", "nobody", path)


async def test_every_route_is_in_the_table_of_roles(gateway: Gateway) -> None:
    assert routes(gateway) == set(ALLOWED)


async def test_without_a_log_in_every_route_refuses(gateway: Gateway) -> None:
    for method, path in sorted(ALLOWED):
        for headers in ({}, {"Authorization": "Bearer xs_wrong"}, {"Cookie": f"{COOKIE}=xs_wrong"}):
            answer = await gateway.http.request(method, f"/api/v1/staff{filled(path)}", json={}, headers=headers)
            assert answer.status_code == 401, (method, path, answer.status_code)


# What ends or changes the session that asks; each of these gets an account of its own.
OWN_ACCOUNT = {("DELETE", "/session"), ("POST", "/me/password")}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few of the project's files: routes of the studio are asked for here, and nothing is asked of the project's own checkout."""
    root = make_checkout(tmp_path_factory.mktemp("roles") / "checkout")
    for kind in ("data/nlu", "data/responses", "tests/nlu"):
        for path in (root / kind).rglob("*.yml"):
            if path.name not in ("reviews.yml", "test_reviews.yml", "smalltalk.yml"):
                path.unlink()
    git(root, "commit", "-qam", "A few files.")
    return root


@pytest.mark.parametrize("role", ROLES)
async def test_a_role_may_do_what_it_may_and_nothing_else(start: Start, checkout: Path, role: Role) -> None:
    async with start(XIAOER_CHECKOUT=str(checkout)) as gateway:
        everyday = await Worker.come(gateway, "everyday", "099", role)
        for number, (method, path) in enumerate(sorted(ALLOWED)):
            own = (method, path) in OWN_ACCOUNT
            worker = await Worker.come(gateway, f"w{number}", str(100 + number), role) if own else everyday
            status = (await worker.call(method, filled(path), None if method == "GET" else {})).status_code
            if role in ALLOWED[method, path]:
                assert status not in (401, 403), (method, path, status)
            else:
                assert status == 403, (method, path, status)


async def test_shoppers_tokens_open_no_staff_route(gateway: Gateway, shopper: Shopper) -> None:
    for token in (shopper.token, gateway.services.identities.sign("c05"), gateway.services.settings.integration_token.reveal()):
        answer = await gateway.http.get("/api/v1/staff/talks", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401


async def test_a_change_needs_the_csrf_word(gateway: Gateway) -> None:
    worker = await Worker.come(gateway, "lan", "012")
    for headers in ({}, {"X-CSRF-Token": "wrong"}, {"X-CSRF-Token": ""}):
        answer = await worker.http.put("/api/v1/staff/me/presence", json={"presence": "online"}, headers=headers)
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:xiaoer:problem:csrf")
    assert (await worker.call("PUT", "/me/presence", {"presence": "online"})).json()["presence"] == "online"


async def test_the_cookie_is_kept_from_scripts_and_other_sites(gateway: Gateway) -> None:
    gateway.services.staff.first_admin()
    member, first = gateway.services.staff.add("lan", "小兰", "012", "agent")
    answer = await gateway.http.post("/api/v1/staff/session", json={"login": "lan", "password": first})
    cookie = answer.headers["set-cookie"].lower()
    assert {"httponly", "samesite=strict", "path=/"} <= {part.strip() for part in cookie.split(";")}
    assert first not in answer.text
    assert answer.json()["member"]["id"] == member.id


async def test_a_one_time_password_opens_nothing_but_its_change(gateway: Gateway) -> None:
    _, first = gateway.services.staff.add("lan", "小兰", "012", "agent")
    http = gateway.http
    csrf = (await http.post("/api/v1/staff/session", json={"login": "lan", "password": first})).json()["csrf"]
    refused = await http.get("/api/v1/staff/talks")
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:xiaoer:problem:change-password")
    headers = {"X-CSRF-Token": csrf}
    for body, status in (
        ({"old": "wrong", "new": PASSWORD}, 403),
        ({"old": first, "new": "short"}, 422),
        ({"old": first, "new": PASSWORD}, 204),
    ):
        assert (await http.post("/api/v1/staff/me/password", json=body, headers=headers)).status_code == status
    assert (await http.get("/api/v1/staff/talks")).status_code == 200


async def test_five_wrong_passwords_lock_the_door_for_a_while(gateway: Gateway) -> None:
    await Worker.come(gateway, "lan", "012")
    wrong = {"login": "lan", "password": "not-the-password"}
    answers = [await gateway.http.post("/api/v1/staff/session", json=wrong) for _ in range(6)]
    assert [one.status_code for one in answers] == [401] * 4 + [429] * 2
    assert 0 < int(answers[-1].headers["retry-after"]) <= 900
    right = await gateway.http.post("/api/v1/staff/session", json={"login": "lan", "password": PASSWORD})
    assert right.status_code == 429


async def test_logging_out_ends_the_session_and_the_presence(gateway: Gateway) -> None:
    worker = await Worker.come(gateway, "lan", "012")
    await worker.call("PUT", "/me/presence", {"presence": "online"})
    cookie = f"{COOKIE}={worker.http.cookies[COOKIE]}"
    assert (await worker.call("DELETE", "/session")).status_code == 204
    again = await gateway.http.get("/api/v1/staff/me", headers={"Cookie": cookie})
    assert again.status_code == 401
    assert gateway.services.staff.get(worker.id).presence == "away"


async def test_a_workbench_acts_by_its_token_and_not_by_a_cookie(gateway: Gateway) -> None:
    admin = await Worker.come(gateway, "boss", "001", "admin")
    agent = await Worker.come(gateway, "lan", "012")
    made = await admin.call("POST", "/tokens", {"staff_id": agent.id, "label": "工作台"})
    token = made.json()["token"]
    headers = {"Authorization": f"Bearer {token}"}
    bench = httpx.AsyncClient(transport=httpx.ASGITransport(app=gateway.app), base_url="http://shop.test")
    assert (await bench.get("/api/v1/staff/talks", headers=headers)).status_code == 200
    assert (await bench.put("/api/v1/staff/me/presence", json={"presence": "online"}, headers=headers)).status_code == 200
    assert (await bench.get("/api/v1/staff/talks", headers={"Cookie": f"{COOKIE}={token}"})).status_code == 401
    change = await bench.post("/api/v1/staff/me/password", json={"old": PASSWORD, "new": "another-one-2026"}, headers=headers)
    assert change.status_code == 403
    session = agent.http.cookies[COOKIE]
    assert (await bench.get("/api/v1/staff/talks", headers={"Authorization": f"Bearer {session}"})).status_code == 401
    (listed,) = (await admin.get("/tokens"))["tokens"]
    assert token not in str(listed)
    assert (await admin.call("DELETE", f"/tokens/{listed['id']}")).status_code == 204
    assert (await bench.get("/api/v1/staff/talks", headers=headers)).status_code == 401


async def test_an_administrator_keeps_accounts(gateway: Gateway) -> None:
    begun = gateway.services.clock.now()
    admin = await Worker.come(gateway, "boss", "001", "admin")
    made = await admin.call("POST", "/members", {"login": "lan", "name": "小兰", "number": "012", "role": "agent", "topics": ["ask_stock"]})
    assert made.status_code == 201
    member, first = made.json()["member"], made.json()["one_time_password"]
    assert (await gateway.http.post("/api/v1/staff/session", json={"login": "lan", "password": first})).status_code == 201
    assert (await admin.call("POST", "/members", {"login": "lan", "name": "x", "number": "013", "role": "agent"})).status_code == 422
    changed = await admin.call("PATCH", f"/members/{member['id']}", {"capacity": 9, "role": "supervisor"})
    assert (changed.json()["capacity"], changed.json()["role"]) == (9, "supervisor")
    assert (await admin.call("PATCH", "/members/s_none", {"capacity": 9})).status_code == 404
    assert (await admin.call("PATCH", f"/members/{admin.id}", {"active": False})).status_code == 422
    reset = await admin.call("POST", f"/members/{member['id']}/password")
    assert reset.json()["one_time_password"] != first
    assert {one["login"] for one in (await admin.get("/members"))["staff"]} == {"boss", "lan"}
    kinds = [deed.kind for deed in gateway.services.deeds.of_staff(admin.id, begun)]
    assert {"log_in", "member_add", "member_change", "member_reset"} <= set(kinds)
