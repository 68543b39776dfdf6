"""Alerts the shop's people when shoppers wait and nobody is in front of a desk: after 30 s, and again after 100 s (``docs/webhook.md``).

A talk in the queue is anybody's: one desk in front is enough. A talk that somebody has waits for that one. Talks that become
due together are told in one message, and messages keep a distance: a group's robot takes twenty a minute.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

import httpx

from gateway.events import Hub
from gateway.services import Services
from gateway.settings import Settings, WaitingForm
from gateway.talks import instant
from gateway.threads import in_thread
from gateway.waiting_forms import Alerted, alert_data, alert_text, post_of, refusal
from gateway.webhook import TIMEOUT, Answer
from policy.parameters import load_parameters
from shop.clock import Clock
from shop.staff import TALKS, StaffAccounts
from shop.waits import Wait, Waits

log = logging.getLogger(__name__)

# Two small queries; an alert is at most so much late (seconds).
TICK = 2.0
# Between two messages, whatever happens.
DISTANCE = timedelta(seconds=10)
FIRST, SECOND = "waiting_alert_s", "waiting_alert_again_s"


class WaitingWebhook:
    """Posts alerts to the one configured address; redirects are not followed, and the address (it may hold a key) is never logged."""

    def __init__(self, settings: Settings, http: httpx.AsyncClient) -> None:
        assert settings.waiting_url is not None
        self._url = settings.waiting_url
        self._form: WaitingForm = settings.waiting_form
        self._secret = settings.waiting_secret
        self._http = http

    async def post(self, text: str, data: Mapping[str, object], at: datetime) -> Answer:
        """One try at the real time ``at``; never raises for what the network or the receiver does."""
        post = post_of(self._form, self._url, self._secret, text, data, at)
        try:
            response = await self._http.post(
                post.url, content=post.body, headers=dict(post.headers), timeout=TIMEOUT, follow_redirects=False
            )
        except httpx.HTTPError as error:
            return Answer(False, type(error).__name__)
        why = refusal(self._form, response.status_code, response.content[:4096])
        return Answer(why is None, why or f"status {response.status_code}")


class Watchman:
    """Looks who waits, for as long as one gateway runs. It knows the desks that are open here."""

    def __init__(
        self,
        settings: Settings,
        waits: Waits,
        staff: StaffAccounts,
        hub: Hub,
        clock: Clock,
        shop_name: Callable[[], str],
        parameters: Callable[[], Mapping[str, object]],
    ) -> None:
        self._settings = settings
        self._waits = waits
        self._staff = staff
        self._hub = hub
        self._clock = clock
        self._shop_name = shop_name
        self._parameters = parameters
        self._last: datetime | None = None

    async def run(self, webhook: WaitingWebhook) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(TICK)
            try:
                await self.once(webhook)
            except Exception:  # whoever waits next must still be told of
                log.exception("who waits could not be looked up or told")

    async def once(self, webhook: WaitingWebhook) -> int:
        """Tell of what is due now; of how many talks it was told."""
        now = self._clock.now()
        if self._last is not None and timedelta() <= now - self._last < DISTANCE:
            return 0
        waiting, due = await in_thread(self._due, now)
        if not due:
            return 0
        shop = await in_thread(self._shop_name)
        desk = self._settings.desk_url
        text = alert_text(shop, due, len(waiting), desk)
        data = alert_data(self._settings.shop_id, due, len(waiting), desk, text, instant(now))
        # Signed with the real time, whatever XIAOER_NOW says: the receiver compares it with its own clock.
        answer = await webhook.post(text, data, datetime.now(UTC))
        self._last = now
        await in_thread(lambda: self._waits.ended([one.alert for one in due], delivered=answer.taken))
        if not answer.taken:
            log.warning("the webhook did not take the alert about %d waiting talks (%s)", len(due), answer.why)
            return 0
        return len(due)

    def _due(self, now: datetime) -> tuple[list[Wait], list[Alerted]]:
        """Who waits without anybody in front, and which of them are to be told of now."""
        parameters = load_parameters(self._parameters(), now)
        first, second = (timedelta(seconds=int(str(parameters[name]))) for name in (FIRST, SECOND))
        waits = self._waits.now(first)
        if not waits:
            return [], []
        front = self._hub.in_front()
        there = {one.id for one in self._staff.all() if one.id in front and one.active and one.role in TALKS and one.presence == "online"}
        alone = [one for one in waits if (one.agent not in there if one.agent is not None else not there)]
        due = self._waits.claim(alone, second)
        return alone, [
            Alerted(one.id, one.wait.talk_id, int((now - one.wait.since).total_seconds()), one.again, one.wait.agent is None) for one in due
        ]


def watchman(services: Services) -> Watchman:
    """The one of a running gateway."""
    waits = Waits(services.database, services.settings.shop_id, services.clock)
    return Watchman(
        *(services.settings, waits, services.staff, services.hub, services.clock),
        shop_name=lambda: services.shop.shop().name,
        parameters=services.shop.parameters,
    )
