"""The side panel and the approvals queue over HTTP: what stands beside a talk, and what an agent may do with it."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request

from gateway import side_schemas as schemas
from gateway.agent_tickets import Wanted
from gateway.problems import Problem
from gateway.services import Services, of
from gateway.side import flag_out, follow_up_out
from gateway.staff_access import needs
from gateway.talks import StoredMessage, Talk
from gateway.threads import in_thread
from shop.staff import LEADS, TALKS
from shop.staff_sessions import Login

router = APIRouter(prefix="/api/v1/staff", tags=["desk"])
Speaker = Annotated[Login, needs(TALKS)]
TalkId = Annotated[str, Path(max_length=64)]
Id = Annotated[str, Path(max_length=64)]
# So far back the queue shows what was decided.
DECIDED = timedelta(days=30)


def _done(about: str, state: str, said: StoredMessage | None) -> dict[str, Any]:
    return {"id": about, "state": state, "message": said.text if said is not None else None}


async def _talk(services: Services, talk_id: str) -> Talk:
    return await services.desk.talk(talk_id)


@router.get("/talks/{talk_id}/side", response_model=schemas.SideOut)
async def side(login: Speaker, talk_id: TalkId, request: Request) -> dict[str, Any]:
    """What stands beside a talk: whose it is, their orders, tickets, coupons, earlier talks, and what may be done with each."""
    services = of(request)
    talk = await _talk(services, talk_id)
    return await in_thread(services.work.side.of, login.member, talk)


@router.post("/talks/{talk_id}/tickets", status_code=201, response_model=schemas.DoneOut)
async def open_ticket(login: Speaker, talk_id: TalkId, body: schemas.NewTicket, request: Request) -> dict[str, Any]:
    """Open a ticket for the shopper's matter; an open one of the same talk, order and kind is returned with the new words."""
    services = of(request)
    talk = await _talk(services, talk_id)
    ticket, said = await services.work.tickets.open(login.member, talk, body.kind, body.text, body.order_id, tell=body.tell)
    return _done(ticket.id, ticket.state, said)


@router.post("/talks/{talk_id}/tickets/{ticket_id}/moves", response_model=schemas.DoneOut)
async def move_ticket(login: Speaker, talk_id: TalkId, ticket_id: Id, body: schemas.TicketMove, request: Request) -> dict[str, Any]:
    """Move a ticket along (rules.md §19): assign, wait, result, suspend, resume, solve, confirm, withdraw, reopen.

    409 ``ticket-step`` with ``need`` when the table says no, ``changed`` when somebody was faster; 422 with ``findings`` when the
    reason of a suspension, which the shopper hears, wants a second look.
    """
    services = of(request)
    talk = await _talk(services, talk_id)
    ticket, said = await services.work.tickets.move(login.member, talk, ticket_id, Wanted(**body.model_dump()))
    return _done(ticket.id, ticket.state, said)


@router.post("/talks/{talk_id}/approvals", status_code=201, response_model=schemas.DoneOut)
async def ask_approval(login: Speaker, talk_id: TalkId, body: schemas.NewApproval, request: Request) -> dict[str, Any]:
    """Ask a supervisor for what is above one's authority; the shopper hears until when the answer comes."""
    services = of(request)
    talk = await _talk(services, talk_id)
    asked, said = await services.work.tickets.ask(login.member, talk, body.kind, body.amount, body.reason, body.order_id, tell=body.tell)
    return _done(asked.id, asked.state, said)


@router.put("/talks/{talk_id}/orders/{order_id}/flag")
async def put_flag(login: Speaker, talk_id: TalkId, order_id: Id, body: schemas.NewFlag, request: Request) -> dict[str, Any]:
    """Put a flag and note on an order (备注插旗). 409 ``changed`` when a colleague was faster."""
    services = of(request)
    talk = await _talk(services, talk_id)
    put = await services.work.orders.flag(login.member, talk, order_id, body.flag, body.note, body.version)
    return flag_out(put, order_id)


@router.get("/talks/{talk_id}/orders/{order_id}/flags", response_model=schemas.FlagsOut)
async def flags(login: Speaker, talk_id: TalkId, order_id: Id, request: Request) -> dict[str, Any]:
    """Every flag and note that an order of this shopper ever had, newest first."""
    services = of(request)
    talk = await _talk(services, talk_id)
    found = await in_thread(services.work.orders.history, talk, order_id)
    return {"flags": [flag_out(one, order_id) for one in found]}


@router.post("/talks/{talk_id}/orders/{order_id}/extension", status_code=201, response_model=schemas.DoneOut)
async def extend(login: Speaker, talk_id: TalkId, order_id: Id, body: schemas.Extension, request: Request) -> dict[str, Any]:
    """More time before an order confirms itself. 403 ``authority`` or 409 ``extension`` with ``need`` when the table says no.

    409 ``changed`` when ``so_far`` is not what the order was given so far.
    """
    services = of(request)
    talk = await _talk(services, talk_id)
    ticket, said = await services.work.orders.extend(
        login.member, talk, order_id, body.days, done=body.done, so_far=body.so_far, tell=body.tell
    )
    return _done(ticket.id, ticket.state, said)


@router.post("/talks/{talk_id}/cards", status_code=201, response_model=schemas.DoneOut)
async def send_card(login: Speaker, talk_id: TalkId, body: schemas.NewCard, request: Request) -> dict[str, Any]:
    """Send the shopper a card of an order, its parcel's journey, or how far a return is. The talk must be one's own."""
    services = of(request)
    talk = await _talk(services, talk_id)
    said = await services.work.orders.card(login.member, talk, body.kind, body.id)
    return _done(said.id if said is not None else "", "sent", said)


@router.post("/talks/{talk_id}/coupons", status_code=201, response_model=schemas.DoneOut)
async def give_coupon(login: Speaker, talk_id: TalkId, body: schemas.NewCoupon, request: Request) -> dict[str, Any]:
    """Give one of the shop's coupons for a product, within one's authority; beyond it, with a ``reason``, a supervisor is asked."""
    services = of(request)
    talk = await _talk(services, talk_id)
    state, said = await services.work.orders.coupon(login.member, talk, body.code, body.product_id, body.reason)
    return _done(body.code, state, said)


@router.post("/talks/{talk_id}/follow-ups", status_code=201)
async def follow_up(login: Speaker, talk_id: TalkId, body: schemas.NewFollowUp, request: Request) -> dict[str, Any]:
    """Come back to a talk at a time; one's open mark on this talk is moved. 422 when the time is past or the note too long."""
    services = of(request)
    talk = await _talk(services, talk_id)
    try:
        made = await in_thread(services.work.follow_ups.mark, talk.id, login.member.id, body.due_at, body.note)
    except ValueError as error:
        raise Problem(422, "follow-up", str(error)) from None
    except LookupError:
        raise Problem(404, "not-found", "There is no such conversation.") from None
    await in_thread(lambda: services.deeds.log(login.member.id, "follow_up", conversation_id=talk.id, ref=made.id))
    services.work.voice.changed(talk.id)
    return follow_up_out(made)


@router.get("/follow-ups", response_model=schemas.FollowUpsOut)
async def follow_ups(login: Speaker, request: Request) -> dict[str, Any]:
    """One's own open follow-ups, the earliest first."""
    services = of(request)
    found = await in_thread(services.work.follow_ups.open_of_staff, login.member.id)
    return {"follow_ups": [follow_up_out(one) for one in found], "now": services.clock.now()}


@router.post("/follow-ups/{follow_up_id}/done")
async def follow_up_done(login: Speaker, follow_up_id: Id, request: Request) -> dict[str, Any]:
    """Somebody came back: one's own mark, or any for leads. 404 for another's and for none."""
    services = of(request)
    found = await in_thread(services.work.follow_ups.get, follow_up_id)
    if found is None or (found.staff_id != login.member.id and login.member.role not in LEADS):
        raise Problem(404, "not-found", "There is no such follow-up.")
    done = await in_thread(lambda: services.work.follow_ups.done(follow_up_id, by=login.member.id))
    await in_thread(lambda: services.deeds.log(login.member.id, "follow_up_done", conversation_id=done.conversation_id, ref=done.id))
    services.work.voice.changed(done.conversation_id)
    return follow_up_out(done)


@router.get("/approvals", response_model=schemas.ApprovalsOut)
async def approvals(
    login: Speaker,
    request: Request,
    state: Literal["open", "decided"] = "open",
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
) -> dict[str, Any]:
    """The queue: what waits for a decision, or what was decided lately. Leads see all, agents what concerns their own talks."""
    services = of(request)
    now = services.clock.now()
    since = now - DECIDED if state == "decided" else None
    found = await in_thread(lambda: services.work.side.queue(login.member, since=since, limit=limit))
    return {"approvals": found, "now": now}


@router.post("/approvals/{approval_id}/decision", response_model=schemas.DoneOut)
async def decide(login: Speaker, approval_id: Id, body: schemas.Decision, request: Request) -> dict[str, Any]:
    """Grant or refuse. 403 ``authority`` with ``need`` when it is above one's role, 409 ``decided`` or ``changed``."""
    services = of(request)
    decided, said = await services.work.tickets.decide(
        login.member, approval_id, body.decision == "grant", body.reason, body.version, tell=body.tell, confirmed=body.confirmed
    )
    return _done(decided.id, decided.state, said)
