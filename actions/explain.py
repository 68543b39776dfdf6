"""What an action's answer was made from, sent along with it: decisions, facts, parameters, the clock.

The engine takes it off the answer before Rasa sees it, so none of it is kept in the tracker; the gateway stores it with the
message (shop/traces.py) and ``gateway/explain.py`` reads it. The floor price is never part of it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from rasa_sdk.executor import ActionExecutor, ActionExecutorRunResult, CollectingDispatcher

from actions import context
from policy import witness as decisions
from policy.parameters import UNSPOKEN
from shop import witness as facts
from shop.catalogue import one_moment
from shop.snapshots import Snapshots
from shop.traces import call_told

log = logging.getLogger(__name__)
_read: ContextVar[dict[str, Any] | None] = ContextVar("read_parameters", default=None)


class Watched(dict[str, Any]):
    """Parameters that note which of them were read while an answer is being made."""

    def __getitem__(self, name: str) -> Any:
        return _noted(name, super().__getitem__(name))

    def get(self, name: str, default: Any = None) -> Any:
        """As of every dict."""
        return _noted(name, super().get(name, default))


def _noted(name: str, value: Any) -> Any:
    read = _read.get()
    if read is not None and name not in (UNSPOKEN, "moment"):
        read[name] = value
    return value


@contextmanager
def _reading() -> Iterator[dict[str, Any]]:
    read: dict[str, Any] = {}
    token = _read.set(read)
    try:
        yield read
    finally:
        _read.reset(token)


class ExplainedResult(ActionExecutorRunResult):
    """An action's events and responses, and what they were made from."""

    explain: dict[str, Any] = {}  # noqa: RUF012  # a field of a pydantic model, copied for each


class Executor(ActionExecutor):
    """Runs actions as rasa_sdk does, and watches what they decide by."""

    def __init__(self) -> None:
        super().__init__()
        self._snapshots: dict[tuple[int, str], Snapshots] = {}

    async def run(
        self, action_call: dict[str, Any], sink: asyncio.Queue[Any] | None = None, dispatcher: CollectingDispatcher | None = None
    ) -> ActionExecutorRunResult | None:
        """One action call; the result carries ``explain``, but for one in the dark: nobody was told anything, and nothing is written.

        A trainer's rehearsal is in the dark and explained: what it decided by is told and not kept.
        """
        metadata = _metadata(action_call)
        if metadata.get("dry_run") and not metadata.get("rehearsal"):
            with one_moment():
                return await super().run(action_call, sink, dispatcher)
        with one_moment(), decisions.watching() as decided, facts.watching() as known, _reading() as read:
            result = await super().run(action_call, sink, dispatcher)
        if result is None:
            return None
        try:
            told = self._explained(action_call, decided, known, read)
        except Exception:
            # An answer is worth more than its explanation.
            log.exception("what %s decided by could not be noted", action_call.get("next_action"))
            return result
        return ExplainedResult(events=result.events, responses=result.responses, explain=told)

    def _explained(
        self, action_call: Mapping[str, Any], decided: list[decisions.Seen], known: facts.Facts, read: Mapping[str, Any]
    ) -> dict[str, Any]:
        metadata = _metadata(action_call)
        shop_id = str(metadata.get("shop_id") or "demo")
        found = context.current()
        store = None
        if not metadata.get("dry_run"):
            store = self._snapshots.setdefault((id(found.engine), shop_id), Snapshots(found.engine, shop_id, found.clock))
        return call_told(action_call.get("next_action"), found.clock.now(), decided, known, read, store)


def _metadata(action_call: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the gateway told of the message that is answered."""
    message = (action_call.get("tracker") or {}).get("latest_message") or {}
    return message.get("metadata") or {}
