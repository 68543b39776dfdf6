"""The quicker parts do what Rasa's own do."""

from __future__ import annotations

import pytest
import rasa
import rasa.shared.utils.common
from rasa.core.actions.action import RemoteAction
from rasa.shared.core.events import Event
from rasa.shared.exceptions import RasaException

from engine import rasa_speed
from engine.action_endpoint import EVENTS, trimmed


def test_written_for_this_version_of_rasa() -> None:
    assert rasa.__version__ == "3.6.21"


def test_every_event_class_is_found_as_rasa_finds_it() -> None:
    for one in rasa.shared.utils.common.all_subclasses(Event):
        if one.type_name:
            assert rasa_speed.resolve_by_type(one.type_name) is rasa_speed._slow_resolve(one.type_name)
    with pytest.raises(ValueError, match="Unknown event"):
        rasa_speed.resolve_by_type("nonsense")


GOOD: list[object] = [
    {},
    {"events": [], "responses": []},
    {"events": [{"event": "slot", "name": "a", "value": None}], "responses": [{"text": "x"}]},
    {"events": [{"event": "followup", "name": "action_listen"}, {"event": "restart"}]},
]
BAD: list[object] = [
    [],
    None,
    {"events": {}},
    {"events": ["slot"]},
    {"events": [{"event": "nonsense"}]},
    {"events": [{"event": "slot", "value": 1}]},
    {"responses": ["text"]},
]


@pytest.mark.parametrize("answer", GOOD)
def test_what_rasa_accepts_is_accepted(answer: object) -> None:
    assert rasa_speed.check_result(RemoteAction("action_x", None), answer)


@pytest.mark.parametrize("answer", BAD)
def test_what_rasa_refuses_is_refused(answer: object) -> None:
    with pytest.raises(RasaException):
        rasa_speed.check_result(RemoteAction("action_x", None), answer)


def test_a_trimmed_call_keeps_the_present_turn_and_drops_the_domain() -> None:
    old = [{"event": "user", "text": str(n), "parse_data": {"intent": {}, "entities": [], "text_tokens": [1]}} for n in range(200)]
    now = [{"event": "user", "text": "now", "parse_data": {"intent": {"name": "a"}, "entities": [], "text_tokens": [1]}}]
    slots = [{"event": "slot", "name": "s", "value": n} for n in range(EVENTS + 20)]
    body = {
        "next_action": "a",
        "domain": {"much": "data"},
        "tracker": {"events": old + now + slots, "slots": {"s": 1}, "latest_message": {"text": "now", "text_tokens": [1]}},
    }
    light = trimmed(body)
    assert light["domain"] == {}
    assert light["tracker"]["slots"] == {"s": 1}
    assert light["tracker"]["events"][0]["text"] == "now"
    assert "text_tokens" not in light["tracker"]["events"][0]["parse_data"]
    assert "text_tokens" not in light["tracker"]["latest_message"]
    assert len(body["tracker"]["events"]) == 200 + 1 + EVENTS + 20
