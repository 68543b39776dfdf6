"""The call to the action server, trimmed: no domain, only the last events, one kept-alive connection.

Rasa sends the whole tracker and the whole domain (200 KB) with every custom action, over a new connection each time.
Our actions read slots, the open form, the latest message and a few last events; nothing else travels.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import aiohttp
from rasa.core.agent import Agent
from rasa.utils.endpoints import ClientResponseError, EndpointConfig

from engine import explain, quick_json, rasa_speed

logger = logging.getLogger(__name__)

EVENTS = 80  # as many as the tracker store keeps; at least the whole present turn
SECONDS = 6.0  # the gateway waits 8
# Events and keys of events' metadata that no action reads; `metadata` in the metadata is the script of a variation.
_UNREAD = {"user_featurization"}
_RASAS = {"model_id", "assistant_id", "template", "metadata", "explain"}
# Less than the 5 s after which the action server closes an idle connection, so that we never write into a closed one.
IDLE_SECONDS = 3.0


def trimmed(body: dict[str, Any]) -> dict[str, Any]:
    """The body of an action call with what our actions read."""
    tracker = dict(body.get("tracker") or {})
    events = tracker.get("events") or []
    start = max(len(events) - EVENTS, 0)
    for index in range(start - 1, -1, -1):
        # Never cut the present turn: forms look back to the user's message for the slots it set.
        if any(event.get("event") == "user" for event in events[start:]):
            break
        start = index
    tracker["events"] = [_light(event) for event in events[start:] if event.get("event") not in _UNREAD]
    latest = tracker.get("latest_message")
    if isinstance(latest, dict):
        tracker["latest_message"] = {key: value for key, value in latest.items() if key not in {"text_tokens", "response_selector"}}
    return {**body, "domain": {}, "tracker": tracker}


def _light(event: dict[str, Any]) -> dict[str, Any]:
    """An event without what stands in it twice (the parse result's metadata) or is Rasa's own (which model, empty fields)."""
    light = {key: value for key, value in event.items() if value is not None or key in ("name", "value")}
    if isinstance(light.get("metadata"), dict):
        told = {key: value for key, value in light["metadata"].items() if key not in _RASAS}
        light = {**light, "metadata": told} if told else {key: value for key, value in light.items() if key != "metadata"}
    if event.get("event") == "user":
        parsed = event.get("parse_data") or {}
        light["parse_data"] = {key: parsed[key] for key in ("intent", "entities", "text", "message_id") if key in parsed}
    elif event.get("event") == "bot":
        light["data"] = {key: value for key, value in (event.get("data") or {}).items() if value is not None}
    return light


class TrimmedEndpoint(EndpointConfig):
    """The action endpoint with a session of its own; `enable_selective_domain` keeps Rasa from building the domain's copy."""

    def __init__(self, configured: EndpointConfig) -> None:
        super().__init__(
            configured.url,
            configured.params,
            configured.headers,
            configured.basic_auth,
            configured.token,
            configured.token_name,
            configured.cafile,
            **{**configured.kwargs, "enable_selective_domain": True},
        )
        self._session: aiohttp.ClientSession | None = None

    def _kept_alive(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            auth = aiohttp.BasicAuth(self.basic_auth["username"], self.basic_auth["password"]) if self.basic_auth else None
            self._session = aiohttp.ClientSession(
                headers=self.headers,
                auth=auth,
                timeout=aiohttp.ClientTimeout(total=SECONDS),
                connector=aiohttp.TCPConnector(keepalive_timeout=IDLE_SECONDS, limit=64),
                json_serialize=quick_json.dumps,
            )
        return self._session

    async def request(
        self,
        method: str = "post",
        subpath: str | None = None,
        content_type: str | None = "application/json",
        compress: bool = False,
        **kwargs: Any,
    ) -> Any:
        """POST a trimmed body; the answer's JSON.

        Raises:
            ClientResponseError: status 400 and above (400 is how the SDK rejects an action).
            aiohttp.ClientError: no connection, or no answer in time.
        """
        body = kwargs.get("json")
        if isinstance(body, dict) and "next_action" in body:
            body = trimmed(body)
        try:
            async with self._kept_alive().post(self.url, json=body, params=self.combine_parameters({})) as response:
                if response.status >= 400:
                    raise ClientResponseError(response.status, response.reason or "", (await response.read()).decode("utf-8", "replace"))
                return explain.called(await response.json(loads=quick_json.loads))
        except asyncio.TimeoutError as error:  # noqa: UP041 another class than TimeoutError until Python 3.11
            raise aiohttp.ServerTimeoutError(f"the action server gave no answer in {SECONDS:.0f} s") from error

    async def close(self) -> None:
        """Close the kept connection."""
        if self._session is not None:
            await self._session.close()


def trim_actions(agent: Agent) -> None:
    """Put the trimmed endpoint into a loaded agent, for every channel of this engine; does nothing the second time."""
    rasa_speed.apply()
    processor = agent.processor
    if processor is not None and processor.action_endpoint is not None and not isinstance(processor.action_endpoint, TrimmedEndpoint):
        processor.action_endpoint = TrimmedEndpoint(processor.action_endpoint)
