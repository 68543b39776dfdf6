"""What the bot says, rendered live from data/responses: an edited sentence is spoken at the next turn, without training.

Named in endpoints.yml (`nlg: {type: engine.nlg.LiveResponses}`). Differences from Rasa's own generator: files are read again
when they change (a broken file keeps the last good wording and is logged), a variable without a value never reaches a
shopper as braces or `None` (another response is said instead, and the error logged), a variation that was just said is not
repeated while there is another, dated variations (`valid_from`, `valid_to`) speak instead of the everyday ones while their time
lasts, and a variation may be for one outlet, way of address or speaker (`condition` on `outlet`, `profile`, `address_style`, `speaker`).
docs/dates.md tells the format.
"""

from __future__ import annotations

import copy
import logging
import os
import random
import re
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from rasa.core.nlg.generator import ResponseVariationFilter
from rasa.core.nlg.response import TemplatedNaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import BotUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from engine import explain, paths, periods
from engine.nlu import clock

logger = logging.getLogger(__name__)
Responses = dict[str, list[dict[str, Any]]]

MISSING_VALUE = "utter_smalltalk_missing_value"
LOOK_AGAIN = 0.5  # seconds between looks at the files
SETTLED = 0.3  # seconds without a change until a file counts as written: editors write in pieces
OWN_SITE, PLATFORM = "own_site", "platform_chat"  # the profiles of policy/wording: our own window, somebody else's
_VARIABLE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_RENDERED = ("text", "image", "custom", "buttons", "attachment", "quick_replies")
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class MissingValue(KeyError):
    """A variable of a response has no value; its name is the argument."""


def fill(content: Any, values: Mapping[str, Any]) -> Any:
    """A copy of `content` with every `{variable}` of its strings replaced.

    Braces that hold anything else than a name (the JSON of a button's payload) stay; Rasa's doubled braces become single.

    Raises:
        MissingValue: a variable is unknown, None or empty.
    """
    if isinstance(content, str):

        def value(match: re.Match[str]) -> str:
            found = values.get(match[1])
            if found is None or found == "":
                raise MissingValue(match[1])
            return f"{found:g}" if isinstance(found, float) else str(found)

        doubled = "{{" in content
        return _VARIABLE.sub(value, content.replace("{{", "{").replace("}}", "}") if doubled else content)
    if isinstance(content, dict):
        return {key: fill(one, values) for key, one in content.items()}
    if isinstance(content, list):
        return [fill(one, values) for one in content]
    return content


class ResponseFiles:
    """The responses of a folder of YAML files, read again when one changes, appears or goes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._stamps: dict[Path, tuple[int, int]] = {}
        self._files: dict[Path, Responses] = {}
        self._looked = float("-inf")
        self._all: Responses = {}
        self.broken: dict[Path, str] = {}

    def responses(self) -> Responses:
        """All responses by name."""
        moment = time.monotonic()
        if moment - self._looked >= LOOK_AGAIN:
            self._looked = moment
            self._refresh()
        return self._all

    def _refresh(self) -> None:
        changed = False
        stamps: dict[Path, tuple[int, int]] = {}
        for path in sorted(self.folder.rglob("*.yml")):
            try:
                stat = path.stat()
            except FileNotFoundError:
                continue
            stamps[path] = (stat.st_mtime_ns, stat.st_size)
            if self._stamps.get(path) == stamps[path]:
                continue
            if path in self._files and 0 <= time.time() - stat.st_mtime < SETTLED:
                stamps[path] = self._stamps[path]  # still being written: looked at again
                continue
            self._read(path)
            changed = True
        for gone in set(self._stamps) - set(stamps):
            self._files.pop(gone, None)
            self.broken.pop(gone, None)
            changed = True
        self._stamps = stamps
        if changed:
            self._all = {name: variations for path in sorted(self._files) for name, variations in self._files[path].items()}

    def _read(self, path: Path) -> None:
        try:
            content = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 the safe loader, in C
            found = (content or {}).get("responses")
            if not isinstance(found, dict):
                raise ValueError("it has no responses")
            for name, variations in found.items():
                if not isinstance(variations, list) or not variations or not all(isinstance(one, dict) for one in variations):
                    raise ValueError(f"{name} needs a list of variations")
                periods.check(name, variations)
                found[name] = [periods.plain(one) for one in variations]
            self._files[path] = found
            self.broken.pop(path, None)
        except (OSError, ValueError, AttributeError, yaml.YAMLError) as error:
            self.broken[path] = str(error)
            logger.error("%s cannot be used, the last good wording stays: %s", path, error)


class LiveResponses(TemplatedNaturalLanguageGenerator):
    """Renders responses from the files as they are now; the model's own copies serve only names that no file has."""

    def __init__(self, endpoint_config: EndpointConfig | None = None, domain: Domain | None = None) -> None:
        given = (endpoint_config.kwargs.get("folder") if endpoint_config else None) or os.environ.get("XIAOER_RESPONSES")
        self._files = ResponseFiles(Path(given) if given else paths.RESPONSES)
        self._trained: Responses = dict(domain.responses) if domain else {}
        self._random = random.Random()  # noqa: S311 wording is no secret
        super().__init__(self._trained)

    @property
    def responses(self) -> Responses:
        """Live wording over the model's."""
        live = self._files.responses()
        return {**self._trained, **live} if any(name not in live for name in self._trained) else live

    @responses.setter
    def responses(self, trained: Responses) -> None:
        """Rasa sets the model's responses here after loading it."""
        self._trained = dict(trained)

    @property
    def broken_files(self) -> dict[Path, str]:
        """Files that cannot be used at present, with the reason."""
        return dict(self._files.broken)

    async def generate(self, utter_action: str, tracker: DialogueStateTracker, output_channel: str, **kwargs: Any) -> dict[str, Any] | None:
        """Render one response with the talk's slots and the action's values; None when no such response exists."""
        slots = {**tracker.current_slot_values(), **_outlet(tracker)}
        return self._rendered(utter_action, slots, output_channel, kwargs, _just_said(tracker), steady=_steady(tracker))

    def generate_from_slots(
        self, utter_action: str, filled_slots: dict[str, Any], output_channel: str, **kwargs: Any
    ) -> dict[str, Any] | None:
        """As `generate`, for callers without a tracker."""
        return self._rendered(utter_action, filled_slots, output_channel, kwargs, frozenset())

    def _speaking(
        self, name: str, variations: list[dict[str, Any]], channel: str, values: Mapping[str, Any]
    ) -> Iterator[list[dict[str, Any]]]:
        """The variations that may be said now: first the dated ones of this moment, then, should they lack a value, the everyday ones.

        The moment is the action's own (`moment`, ISO), so that wording and sums are of one instant; else the clock's.
        """
        told = values.get("moment")
        for some in periods.in_force(variations, datetime.fromisoformat(told) if told else clock.now()):
            yield ResponseVariationFilter({name: some}).responses_for_utter_action(name, channel, dict(values))

    def _rendered(
        self, name: str, slots: Mapping[str, Any], channel: str, given: Mapping[str, Any], said: frozenset[str], *, steady: bool = False
    ) -> dict[str, Any] | None:
        responses = self.responses
        if name not in responses:
            logger.error("no response is named %s", name)
            return None
        values = {**slots, **given}
        # An action's values count for conditions too: the slot of a shop's setting may be older than the setting.
        missing: set[str] = set()
        for variations in self._speaking(name, responses[name], channel, values):
            rendered: list[tuple[dict[str, Any], dict[str, Any]]] = []
            for variation in variations:
                try:
                    rendered.append((variation, _filled(variation, values)))
                except MissingValue as error:
                    missing.add(str(error.args[0]))
            if rendered:
                fresh = [one for one in rendered if one[1].get("text") not in said]
                variation, chosen = (fresh or rendered)[0] if steady else self._random.choice(fresh or rendered)
                return explain.spoke(name, variation, values, chosen)
        logger.error("response %s lacks a value for %s", name, ", ".join(sorted(missing)) or "any variation")
        if name == MISSING_VALUE:
            return None
        instead = self._rendered(MISSING_VALUE, slots, channel, given, said, steady=steady)
        if instead is not None:
            instead["metadata"] = {**(instead.get("metadata") or {}), "instead_of": name, "said": MISSING_VALUE, "missing": sorted(missing)}
        return instead


def _filled(variation: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """The variation with its values, without its dates. MissingValue when it lacks one."""
    kept = ((key, one) for key, one in variation.items() if key not in periods.KEYS)
    return {key: fill(one, values) if key in _RENDERED else copy.deepcopy(one) for key, one in kept}


def _outlet(tracker: DialogueStateTracker) -> dict[str, str]:
    """Where the shopper writes, for conditions: `outlet` (own_site, or a platform's name) and its `profile` of wording.

    Also who will say it: `speaker` is `agent` in the dark run of a suggestion, else `bot` (a tried talk is the bot's own).
    """
    message = tracker.latest_message
    told = (message.metadata or {}) if message else {}
    outlet = str(told.get("outlet") or OWN_SITE)
    return {
        "outlet": outlet,
        "profile": OWN_SITE if outlet == OWN_SITE else PLATFORM,
        "speaker": "agent" if told.get("dry_run") and not told.get("rehearsal") else "bot",
    }


def _steady(tracker: DialogueStateTracker) -> bool:
    """Whether the first variation is always said: two engines that are compared must not differ by chance."""
    message = tracker.latest_message
    return bool(message and (message.metadata or {}).get("steady"))


def _just_said(tracker: DialogueStateTracker) -> frozenset[str]:
    """Texts of the bot's last few sentences."""
    said: list[str] = []
    for event in reversed(tracker.events):
        if isinstance(event, BotUttered) and event.text:
            said.append(event.text)
            if len(said) == 4:
                break
    return frozenset(said)
