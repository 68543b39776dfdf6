"""The domain's words as stories and rules use them: intents, entities, slots with what they are worth to a policy, forms, actions.

Read from ``domain.yml`` (one file or several) and the names of ``data/responses``. What Rasa adds by itself (its own intents and
actions, ``requested_slot``) is known here too, so that nobody is told that ``action_listen`` does not exist.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from studio.workspace import Workspace

LISTEN = "action_listen"
# rasa.shared.core.constants.DEFAULT_ACTION_NAMES and DEFAULT_INTENTS of Rasa 3.6.
OWN_ACTIONS = frozenset(
    {
        LISTEN,
        "action_restart",
        "action_session_start",
        "action_default_fallback",
        "action_deactivate_loop",
        "action_revert_fallback_events",
        "action_default_ask_affirmation",
        "action_default_ask_rephrase",
        "action_two_stage_fallback",
        "action_unlikely_intent",
        "action_back",
        "action_extract_slots",
    }
)
OWN_INTENTS = frozenset({"restart", "back", "out_of_scope", "session_start", "nlu_fallback"})
OWN_SLOTS = ("requested_slot", "session_started_metadata")
# A value of a categorical slot that is none of its words counts as this one.
OTHER = "__other__"
SHOULD_NOT_BE_SET = "should_not_be_set"

Feature = tuple[float, ...]


@dataclass(frozen=True)
class Slot:
    """A slot: ``values`` its words when it is categorical, ``influences``: whether a policy sees it, ``entities`` that fill it."""

    name: str
    type: str
    values: tuple[str, ...] = ()
    influences: bool = True
    initial: Any = None
    entities: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 1.0

    def feature(self, value: Any) -> Feature:
        """What a policy sees of this value (rasa.shared.core.slots): empty when nothing."""
        if not self.influences or value is None or self.type == "any":
            return ()
        if self.type == "categorical":
            words = [*(one.lower() for one in self.values), OTHER]
            word = str(value).lower()
            place = words.index(word) if word in words else len(words) - 1
            return tuple(1.0 if at == place else 0.0 for at in range(len(words)))
        if self.type == "bool":
            return 1.0, 1.0 if value in (True, 1, "true", "True", "1") else 0.0
        if self.type == "float":
            return self._scaled(value)
        if self.type == "list":
            return (1.0,) if value else ()
        return (1.0,)

    def _scaled(self, value: Any) -> Feature:
        try:
            number = min(max(float(value), self.low), self.high)
        except (TypeError, ValueError):
            return ()
        span = abs(self.high - self.low) or 1.0
        return 1.0, (number - self.low) / span


@dataclass(frozen=True)
class Vocabulary:
    """All names that a story may use. ``used``: for an intent the entities that policies see with it, None: all."""

    intents: Mapping[str, tuple[str, ...] | None]
    entities: frozenset[str]
    slots: Mapping[str, Slot]
    forms: Mapping[str, tuple[str, ...]]
    actions: tuple[str, ...]
    responses: frozenset[str]
    fallback: str | None = "action_default_fallback"
    fallback_on: bool = True
    max_history: int | None = None
    groups: Mapping[str, str] = field(default_factory=dict)

    def knows_action(self, name: str) -> bool:
        """Whether this can be said or done."""
        return name in self._done or name in self.responses or name in self.forms or name in OWN_ACTIONS

    @property
    def _done(self) -> frozenset[str]:
        return frozenset(self.actions)

    def knows_intent(self, name: str) -> bool:
        """Whether this can be understood; a retrieval intent by its first part."""
        return name.partition("/")[0] in self.intents or name in OWN_INTENTS

    def seen_entities(self, intent: str, entities: Sequence[str]) -> tuple[str, ...]:
        """Entities of a message that a policy sees."""
        wanted = self.intents.get(intent)
        return tuple(sorted({one for one in entities if one in self.entities and (wanted is None or one in wanted)}))


def vocabulary(workspace: Workspace) -> Vocabulary:
    """The vocabulary of these files. A broken file raises StudioError with its place."""
    domains = [_mapping(workspace.parsed(path)) for path in workspace.files("domain")]
    responses: set[str] = set()
    for path in workspace.files("responses"):
        responses |= set(_mapping(_mapping(workspace.parsed(path)).get("responses")))
    for domain in domains:
        responses |= set(_mapping(domain.get("responses")))
    entities = frozenset(_name(one) for domain in domains for one in domain.get("entities") or ())
    intents: dict[str, tuple[str, ...] | None] = {}
    for domain in domains:
        for one in domain.get("intents") or ():
            name = _name(one)
            intents[name] = _entities_of(one[name] if isinstance(one, Mapping) else None, entities)
    slots = {str(name): _slot(str(name), _mapping(one)) for domain in domains for name, one in _mapping(domain.get("slots")).items()}
    forms = {
        str(name): tuple(str(slot) for slot in _mapping(one).get("required_slots") or ())
        for domain in domains
        for name, one in _mapping(domain.get("forms")).items()
    }
    actions = tuple(dict.fromkeys(_name(one) for domain in domains for one in domain.get("actions") or ()))
    config = [_mapping(workspace.parsed(path)) for path in workspace.files("config")]
    return Vocabulary(intents, entities, slots, forms, actions, frozenset(map(str, responses)), **_policies(config))


def _policies(configs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    longest: list[int] = []
    for policy in (one for config in configs for one in config.get("policies") or () if isinstance(one, Mapping)):
        name = str(policy.get("name", "")).rpartition(".")[2]
        if name == "RulePolicy":
            found["fallback"] = policy.get("core_fallback_action_name", "action_default_fallback")
            found["fallback_on"] = bool(policy.get("enable_fallback_prediction", True))
        elif isinstance(policy.get("max_history"), int):
            longest.append(policy["max_history"])
        elif name == "MemoizationPolicy":
            longest.append(5)  # Rasa's default
    return {**found, **({"max_history": max(longest)} if longest else {})}


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _name(one: Any) -> str:
    return str(next(iter(one), "")) if isinstance(one, Mapping) else str(one)


def _entities_of(settings: Any, all_of_them: frozenset[str]) -> tuple[str, ...] | None:
    chosen = _mapping(settings)
    if isinstance(chosen.get("use_entities"), (list, tuple)):
        return tuple(_name(one) for one in chosen["use_entities"])
    if chosen.get("use_entities") is False:
        return ()
    if chosen.get("ignore_entities"):
        return tuple(sorted(all_of_them - {_name(one) for one in chosen["ignore_entities"]}))
    return None


def _slot(name: str, one: Mapping[str, Any]) -> Slot:
    kind = str(one.get("type", "text"))
    return Slot(
        name=name,
        type=kind,
        values=tuple(str(value) for value in one.get("values") or () if value is not None),
        influences=bool(one.get("influence_conversation", True)) and kind != "any",
        initial=one.get("initial_value"),
        entities=tuple(_filling(one.get("mappings") or ())),
        low=float(one.get("min_value", 0.0)),
        high=float(one.get("max_value", 1.0)),
    )


def _filling(mappings: Sequence[Any]) -> Iterator[str]:
    for mapping in mappings:
        if (
            isinstance(mapping, Mapping)
            and mapping.get("type") == "from_entity"
            and not mapping.get("conditions")
            and mapping.get("entity")
        ):
            yield str(mapping["entity"])
