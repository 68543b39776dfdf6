"""The collaborators of one running gateway, made once by the factory and handed to the routes."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine
from starlette.requests import HTTPConnection

from gateway.attachments import Attachments
from gateway.conversations import Conversations
from gateway.events import Hub
from gateway.identity import Identities
from gateway.rasa_client import RasaClient
from gateway.rate import RateLimiter
from gateway.settings import Settings
from gateway.store import Store
from gateway.turns import Turns
from gateway.wording import Wording
from shop.catalogue import ShopRepository
from shop.clock import Clock


@dataclass(frozen=True)
class Services:
    """Everything a route may need."""

    settings: Settings
    clock: Clock
    database: Engine
    shop: ShopRepository
    store: Store
    conversations: Conversations
    turns: Turns
    hub: Hub
    files: Attachments
    identities: Identities
    rate: RateLimiter
    engine: RasaClient
    words: Wording


def of(connection: HTTPConnection) -> Services:
    """The services of the app that serves this request or socket."""
    services = connection.app.state.services
    assert isinstance(services, Services)
    return services


def client_address(connection: HTTPConnection) -> str:
    """The client's address as uvicorn sees it (behind a trusted proxy: as that states it)."""
    return connection.client.host if connection.client else "unknown"
