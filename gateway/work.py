"""Everything that agents do beside the words of a talk, wired once: side panel, tickets, approvals, orders, follow-ups."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine

from gateway.agent_ground import Ground
from gateway.agent_orders import AgentOrders
from gateway.agent_tickets import AgentTickets
from gateway.agent_voice import NAMES, Voice
from gateway.cards import Cards
from gateway.desk import Desk
from gateway.desk_store import DeskStore
from gateway.events import Hub
from gateway.settings import Settings
from gateway.side import Side
from gateway.wording import Wording
from shop.catalogue import ShopRepository
from shop.clock import Clock
from shop.deeds import Deeds
from shop.follow_ups import FollowUps


@dataclass(frozen=True)
class Work:
    """What the routes of the side panel and of the approvals queue use."""

    voice: Voice
    tickets: AgentTickets
    orders: AgentOrders
    follow_ups: FollowUps
    side: Side


def make_work(
    settings: Settings, database: Engine, shop: ShopRepository, clock: Clock, deeds: Deeds, store: DeskStore, hub: Hub, desk: Desk
) -> Work:
    """Wire it; what shoppers are told are the responses of ``tickets.yml``."""
    words = Wording(settings.ticket_responses, NAMES, (), clock=clock)
    voice = Voice(database, store, hub, words, desk.told_later, with_trace=settings.trace_to_shopper)
    ground = Ground(database, shop, clock, deeds, voice, Cards(shop))
    tickets = AgentTickets(ground, store.talk)
    orders = AgentOrders(ground, tickets)
    follow_ups = FollowUps(database, settings.shop_id, clock)
    return Work(voice, tickets, orders, follow_ups, Side(ground, store, tickets, orders, follow_ups))
