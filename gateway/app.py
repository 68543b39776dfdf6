"""The factory of the gateway: collaborators in, application out. Nothing is opened before the application starts."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
from fastapi import FastAPI, Request
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from gateway import (
    chat_api,
    chat_socket,
    companion_api,
    customer_api,
    demo,
    desk_api,
    desk_boxes,
    desk_pages,
    desk_socket,
    draft_api,
    figures_api,
    health,
    learning_api,
    modes_api,
    problems,
    reference,
    review_api,
    scripts_api,
    scripts_files_api,
    shop_api,
    side_api,
    staff_api,
    studio_api,
    studio_figures_api,
    studio_inbox_api,
    studio_intents_api,
    studio_intents_files_api,
    studio_models_api,
    studio_pages,
    studio_responses_api,
    studio_stories_api,
    studio_tables_api,
    studio_training_api,
    studio_try_api,
    talk_desk_api,
    upload_api,
    watch_api,
    widget_api,
)
from gateway.about import About
from gateway.admission import Admission
from gateway.answers import Answers
from gateway.asked import Asked
from gateway.assets import WidgetFiles
from gateway.assigner import Assigner
from gateway.attachments import Attachments
from gateway.box_rows import Rows
from gateway.cards import Cards
from gateway.conversations import Conversations
from gateway.desk import Desk
from gateway.desk_store import DeskStore
from gateway.drafts import ACKNOWLEDGE, Drafts
from gateway.engines import Engines
from gateway.erased_again import erase_again
from gateway.events import Hub
from gateway.figures import Figures
from gateway.identity import Identities, TalkTokens
from gateway.inbox_filling import InboxFilling
from gateway.lessons import Lessons
from gateway.library import Library
from gateway.library_files import LibraryFiles
from gateway.marketing import Marketing
from gateway.morning import Morning
from gateway.owed import Owed
from gateway.owner_week import OwnerWeek
from gateway.people import People
from gateway.planner import Planner
from gateway.proactive import Proactive, names
from gateway.rasa_client import RasaClient
from gateway.rate import RateLimiter
from gateway.retention import Housekeeping
from gateway.sampling import Sampling
from gateway.scheduler import Scheduler
from gateway.script_start import put_starting_content
from gateway.script_texts import ScriptTexts
from gateway.script_values import ScriptValues
from gateway.security import Guard
from gateway.services import Services
from gateway.settings import Settings
from gateway.store import Store
from gateway.studio import install as install_studio
from gateway.studio import make_studio
from gateway.suggest import Suggestions
from gateway.talk_desk import TalkDesk
from gateway.turns import Turns
from gateway.uploads import Uploads
from gateway.waiting import WaitingWebhook, watchman
from gateway.webhook import Webhook
from gateway.wording import Wording
from gateway.work import make_work
from shop.blocks import Blocks
from shop.catalogue import ShopRepository
from shop.clock import Clock
from shop.db import make_engine
from shop.deeds import Deeds, SuggestionUses
from shop.inbox import InboxMessages
from shop.modes import IntentModes
from shop.proofs import Proofs
from shop.reviews import Reviews
from shop.script_folders import ScriptFolders
from shop.script_uses import ScriptUses
from shop.scripts import Scripts
from shop.seed import confirm_demo
from shop.staff import StaffAccounts
from shop.staff_sessions import StaffSessions
from shop.tickets import Tickets
from shop.watch import Watch

log = logging.getLogger(__name__)
STATIC = Path(__file__).resolve().parent / "static"
VERSION = "1.0.0"


def make_services(
    settings: Settings, *, database: Engine | None = None, clock: Clock | None = None, transport: httpx.AsyncBaseTransport | None = None
) -> Services:
    """Wire one gateway together. ``transport`` stands in for the network to the engine in tests."""
    clock = clock or Clock.from_env()
    database = database or make_engine(settings.database_url)
    shop = ShopRepository(database, settings.shop_id, clock)
    store = Store(database, settings.shop_id, clock)
    engines = Engines(settings.engine_urls, settings.actions_url, settings.live)
    engine = RasaClient(engines, settings.engine_token, timeout=settings.engine_timeout, transport=transport)
    words = Wording(settings.responses, clock=clock)
    hub = Hub()

    def values() -> dict[str, str]:
        facts = shop.shop()
        return {"shop": facts.name, "hours": facts.opening_hours}

    unasked = Wording(settings.proactive_responses, names(), (), clock=clock)
    proactive = Proactive(settings, database, shop, store, hub, unasked, clock)
    watch = Watch(database, settings.shop_id, clock)
    planner = Planner(shop, proactive.outbox, watch, proactive.news, proactive.consents, clock)
    marketing = Marketing(proactive.consents, proactive.outbox, unasked)
    cards = Cards(shop)
    people = People(database, settings.shop_id, clock, store, hub.at_desk)
    modes = IntentModes(database, settings.shop_id, clock)
    answers = Answers(store, modes, engine, words, settings.shop_id, values, marketing, cards, people)
    about = About(store, database, settings.shop_id, clock)

    async def engine_is_ready() -> bool:
        return bool((await engine.ready())["ready"])

    owed = Owed(database, settings.shop_id, clock, engine_is_ready)
    staff, desk_store = StaffAccounts(database, settings.shop_id, clock), DeskStore(database, settings.shop_id, clock)
    desk_rows = Rows(desk_store, staff, hub)
    turns = Turns(
        *(store, answers, hub, about, owed, desk_rows.row),
        join_seconds=settings.join_seconds,
        with_trace=settings.trace_to_shopper,
    )
    files = Attachments(store, settings.home)
    uploads = Uploads(files, settings.home)

    def is_order(digits: str) -> bool:
        return shop.order(digits) is not None

    tokens = TalkTokens(settings.token_key, settings.shop_id)
    blocks = Blocks(database, settings.shop_id, clock)
    conversations = Conversations(
        store, answers, turns, hub, tokens, engine, files, marketing, cards, is_order, blocks, with_trace=settings.trace_to_shopper
    )
    deeds, uses = Deeds(database, settings.shop_id, clock), SuggestionUses(database, settings.shop_id, clock)
    suggestions = Suggestions(store, engine, settings.shop_id)
    calming = Wording(settings.responses.with_name("complaints.yml"), (ACKNOWLEDGE,), (), clock=clock)
    drafts = Drafts(shop, desk_store, uses, ScriptTexts(settings.responses.parent), calming, clock)
    desk = Desk(
        *(desk_store, answers, turns, hub, words, values, suggestions, staff, deeds, uses, drafts),
        with_trace=settings.trace_to_shopper,
    )
    library = Library(
        Scripts(database, settings.shop_id, clock),
        ScriptFolders(database, settings.shop_id),
        ScriptUses(database, settings.shop_id, clock),
        ScriptValues(shop, store, Proofs(database, settings.shop_id, clock), Tickets(database, settings.shop_id, clock), clock),
        *(deeds, shop, clock, lambda: put_starting_content(database, settings.shop_id, clock)),
    )
    drafts.fill, drafts.library = library.fill_for, library.words_of
    asked, figures = Asked(database, settings.shop_id, clock), Figures(database, settings.shop_id, clock)
    lessons = Lessons(database, settings.shop_id, clock)
    return Services(
        settings=settings,
        clock=clock,
        database=database,
        shop=shop,
        store=store,
        conversations=conversations,
        turns=turns,
        hub=hub,
        files=files,
        uploads=uploads,
        identities=Identities(settings.identity_secret),
        rate=RateLimiter(settings.rate_factor),
        engine=engine,
        words=words,
        unasked=unasked,
        scheduler=Scheduler(
            *(planner, proactive, hub, clock, settings.proactive_tick),
            on=settings.proactive,
            confirm=lambda: confirm_demo(database, settings.shop_id, clock),
        ),
        housekeeping=Housekeeping(settings, database, shop, store, conversations, engine, clock, uploads),
        staff=staff,
        staff_sessions=StaffSessions(database, settings.shop_id, clock),
        deeds=deeds,
        uses=uses,
        desk_store=desk_store,
        desk=desk,
        blocks=blocks,
        talk_desk=TalkDesk(desk_store, desk, hub, words, blocks, deeds, clock, with_trace=settings.trace_to_shopper),
        modes=modes,
        admission=Admission(database, settings.shop_id, clock),
        inbox=InboxMessages(database, settings.shop_id, clock),
        inbox_filling=InboxFilling(database, settings.shop_id, clock),
        figures=figures,
        lessons=lessons,
        reviews=Reviews(database, settings.shop_id, clock),
        sampling=Sampling(database, settings.shop_id, clock),
        library=library,
        library_files=LibraryFiles(library),
        suggestions=suggestions,
        people=people,
        desk_rows=desk_rows,
        studio=make_studio(settings),
        work=make_work(settings, database, shop, clock, deeds, desk_store, hub, desk),
        asked=asked,
        owner_week=OwnerWeek(database, settings.shop_id, clock, asked, figures),
        morning=Morning(database, settings.shop_id, clock, asked, lessons, settings.responses.parent),
    )


def make_app(
    services: Services,
    *,
    actions_transport: httpx.AsyncBaseTransport | None = None,
    webhook_transport: httpx.AsyncBaseTransport | None = None,
) -> FastAPI:
    """The ASGI application of these services. The transports stand in for the network in tests."""

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        services.words.check()
        services.unasked.check()
        services.work.voice.words.check()

        settings = services.settings
        async with (
            httpx.AsyncClient(transport=actions_transport, trust_env=False) as http,
            httpx.AsyncClient(transport=webhook_transport, trust_env=False) as outside,
        ):
            app.state.http = http
            webhook = None
            if settings.webhook_url and settings.webhook_secret:
                webhook = Webhook(settings.webhook_url, settings.webhook_secret, outside)
            tasks = [
                asyncio.create_task(services.turns.recover(), name="recover"),
                asyncio.create_task(services.turns.owed.run(services.turns.wake), name="owed answers"),
                asyncio.create_task(services.conversations.settle_erasures(), name="erasures"),
                asyncio.create_task(erase_again(services), name="erased again"),
                asyncio.create_task(services.scheduler.run(webhook), name="proactive"),
                asyncio.create_task(services.housekeeping.run(), name="retention"),
                asyncio.create_task(services.inbox_filling.run(), name="trainers' inbox"),
            ]
            if settings.assign:
                assigner = Assigner(services.desk, services.desk_store, services.staff, services.hub, services.clock)
                tasks.append(asyncio.create_task(assigner.run(), name="assigner"))
            if settings.waiting_url:
                tasks.append(asyncio.create_task(watchman(services).run(WaitingWebhook(settings, outside)), name="waiting alerts"))
            for task in tasks:
                task.add_done_callback(_report)
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                await services.turns.stop()
                await services.desk.stop()
                await services.engine.close()
                services.database.dispose()

    app = FastAPI(
        title="Xiaoer public chat API",
        version=VERSION,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.services = services
    problems.install(app)
    install_studio(app)

    @app.exception_handler(DBAPIError)
    @app.exception_handler(PoolTimeout)
    async def storage(_: Request, error: Exception) -> JSONResponse:
        log.error("the database failed: %s", type(error).__name__, exc_info=error)
        return problems.problem_response(503, "storage", "Nothing could be stored now; send the same message again.", {"Retry-After": "2"})

    app.include_router(health.router)
    app.include_router(chat_api.router)
    app.include_router(upload_api.router)
    app.include_router(customer_api.router)
    app.include_router(widget_api.router)
    app.include_router(widget_api.pages)
    app.include_router(reference.router)
    app.include_router(chat_socket.router)
    app.include_router(shop_api.router)
    app.include_router(studio_figures_api.router)
    app.include_router(staff_api.router)
    app.include_router(desk_boxes.router)
    app.include_router(desk_api.router)
    app.include_router(scripts_files_api.router)
    app.include_router(scripts_api.router)
    app.include_router(draft_api.router)
    app.include_router(desk_socket.router)
    app.include_router(companion_api.router)
    app.include_router(talk_desk_api.router)
    app.include_router(side_api.router)
    for part in (figures_api, modes_api, learning_api, review_api, watch_api):
        app.include_router(part.router)
    for part in (
        studio_api,
        studio_inbox_api,
        studio_intents_api,
        studio_intents_files_api,
        studio_models_api,
        studio_responses_api,
        studio_stories_api,
        studio_tables_api,
        studio_try_api,
    ):
        app.include_router(part.router)
    app.include_router(studio_training_api.router)
    app.include_router(desk_pages.router)
    app.include_router(studio_pages.router)
    if services.settings.shop_id == "demo":
        app.include_router(demo.router)
    app.mount("/static/widget", WidgetFiles(), name="widget")
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    if services.settings.shop_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(services.settings.shop_origins),
            allow_methods=["GET", "POST", "PUT", "DELETE"],
            allow_headers=["Authorization", "Content-Type"],
            expose_headers=["Retry-After", "Xiaoer-Protocol"],
            max_age=600,
        )
    app.add_middleware(Guard, shop_origins=services.settings.shop_origins)
    return app


def _report(task: asyncio.Task[object]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("the task %s ended with an error", task.get_name(), exc_info=error)
