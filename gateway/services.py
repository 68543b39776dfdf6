"""The collaborators of one running gateway, made once by the factory and handed to the routes."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine
from starlette.requests import HTTPConnection

from gateway.admission import Admission
from gateway.asked import Asked
from gateway.attachments import Attachments
from gateway.box_rows import Rows
from gateway.conversations import Conversations
from gateway.desk import Desk
from gateway.desk_store import DeskStore
from gateway.events import Hub
from gateway.figures import Figures
from gateway.identity import Identities
from gateway.inbox_filling import InboxFilling
from gateway.lessons import Lessons
from gateway.library import Library
from gateway.library_files import LibraryFiles
from gateway.morning import Morning
from gateway.owner_week import OwnerWeek
from gateway.people import People
from gateway.rasa_client import RasaClient
from gateway.rate import RateLimiter
from gateway.retention import Housekeeping
from gateway.sampling import Sampling
from gateway.scheduler import Scheduler
from gateway.settings import Settings
from gateway.store import Store
from gateway.studio import Studio
from gateway.suggest import Suggestions
from gateway.talk_desk import TalkDesk
from gateway.turns import Turns
from gateway.uploads import Uploads
from gateway.wording import Wording
from gateway.work import Work
from shop.blocks import Blocks
from shop.catalogue import ShopRepository
from shop.clock import Clock
from shop.deeds import Deeds, SuggestionUses
from shop.inbox import InboxMessages
from shop.modes import IntentModes
from shop.reviews import Reviews
from shop.staff import StaffAccounts
from shop.staff_sessions import StaffSessions


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
    uploads: Uploads
    identities: Identities
    rate: RateLimiter
    engine: RasaClient
    words: Wording
    unasked: Wording
    scheduler: Scheduler
    housekeeping: Housekeeping
    staff: StaffAccounts
    staff_sessions: StaffSessions
    deeds: Deeds
    uses: SuggestionUses
    desk_store: DeskStore
    desk: Desk
    blocks: Blocks
    talk_desk: TalkDesk
    modes: IntentModes
    admission: Admission
    figures: Figures
    lessons: Lessons
    inbox: InboxMessages
    inbox_filling: InboxFilling
    reviews: Reviews
    sampling: Sampling
    library: Library
    library_files: LibraryFiles
    suggestions: Suggestions
    people: People
    desk_rows: Rows
    work: Work
    studio: Studio
    asked: Asked
    owner_week: OwnerWeek
    morning: Morning


def of(connection: HTTPConnection) -> Services:
    """The services of the app that serves this request or socket."""
    services = connection.app.state.services
    assert isinstance(services, Services)
    return services


def client_address(connection: HTTPConnection) -> str:
    """The client's address as uvicorn sees it (behind a trusted proxy: as that states it)."""
    return connection.client.host if connection.client else "unknown"
