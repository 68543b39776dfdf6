"""Every wish of the handbooks has its place (data/wishes.yml), and sentences that were never trained on are understood as mapped."""

from __future__ import annotations

import re
import uuid
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from launch.product import Product

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
WISHES_FILE = ROOT / "data" / "wishes.yml"
UNDERSTOOD = 0.92  # share of the sentences that must be understood as mapped, topic included
SENTENCES = 3  # of each wish
WHERE = {"chat", "event", "desk"}


def load(path: Path) -> Any:
    """A YAML file's content."""
    return yaml.safe_load(path.read_text("utf-8"))


def bare(text: str) -> str:
    """The text without punctuation, spaces and case; marks alone stay themselves."""
    return re.sub(r"[\s，。！？,.!?~～…、：:]+", "", text).lower() or text


CONTENT = load(WISHES_FILE)
WISHES: dict[str, dict[str, Any]] = CONTENT["wishes"]
EVENTS: dict[str, dict[str, Any]] = CONTENT["events"]
EVERYTHING = WISHES | EVENTS
IDS = load(ROOT / "docs" / "handbook_ids.yml")
EXAMPLES: dict[str, list[str]] = load(HERE / "wishes_examples.yml")["wishes"]


def blocks() -> list[dict[str, Any]]:
    """The blocks of all training files."""
    return [block for path in sorted((ROOT / "data" / "nlu").glob("*.yml")) for block in load(path)["nlu"] if "intent" in block]


def taught() -> dict[str, set[str | None]]:
    """Intent → its topics in data/nlu (None: examples without one)."""
    found: dict[str, set[str | None]] = {}
    for block in blocks():
        found.setdefault(str(block["intent"]), set()).add((block.get("metadata") or {}).get("topic"))
    return found


def test_every_wish_and_event_of_the_handbooks_has_one_place() -> None:
    assert set(WISHES) == set(IDS["wishes"])
    assert set(EVENTS) == set(IDS["events"])
    named = Counter(re.findall(r"^  (\w+):$", WISHES_FILE.read_text("utf-8"), re.MULTILINE))
    assert {name for name, times in named.items() if times > 1} == set(), "a second entry would hide the first"


def test_every_wish_is_an_intent_of_the_domain_and_a_topic_that_is_taught() -> None:
    intents = {next(iter(one)) if isinstance(one, dict) else one for one in load(ROOT / "domain.yml")["intents"]}
    assert {wish: one["intent"] for wish, one in WISHES.items() if one["intent"] not in intents} == {}
    assert {event: one["intent"] for event, one in EVENTS.items() if one["intent"] and one["intent"] not in intents} == {}
    topics = taught()
    assert {wish: one.get("topic") for wish, one in WISHES.items() if one.get("topic") not in topics[one["intent"]]} == {}


def test_a_family_teaches_every_example_under_a_topic() -> None:
    assert {intent for intent, topics in taught().items() if None in topics and len(topics) > 1} == set()


@pytest.mark.parametrize("kind", ["scripts", "rules"])
def test_every_script_and_rule_named_exists_in_the_handbooks(kind: str) -> None:
    assert {name: one[kind] for name, one in EVERYTHING.items() if not set(one[kind]) <= set(IDS[kind])} == {}


def test_every_flow_and_place_named_exists() -> None:
    assert {name: one["flow"] for name, one in EVERYTHING.items() if one["flow"] is not None and one["flow"] not in IDS["flows"]} == {}
    assert {name: one["where"] for name, one in EVERYTHING.items() if one["where"] not in WHERE} == {}


def test_wishes_understood_alike_say_what_tells_them_apart() -> None:
    """Of the wishes of one class, the one it is made for needs no `why`; the others do."""
    plain = Counter((one["intent"], one.get("topic")) for one in WISHES.values() if not one.get("why"))
    assert {meaning: times for meaning, times in plain.items() if times > 1} == {}


def test_every_wish_has_sentences_that_were_never_trained_on() -> None:
    trained = {bare(line.strip()[1:].strip()) for block in blocks() for line in block["examples"].splitlines() if line.strip()}
    assert set(EXAMPLES) == set(WISHES)
    assert {wish: said for wish, said in EXAMPLES.items() if len({bare(one) for one in said}) != SENTENCES} == {}
    # Marks alone (a silent shopper's message) are known by rule, not by training.
    written = [one for said in EXAMPLES.values() for one in said if re.search(r"\w", one)]
    assert [one for one in written if bare(one) in trained] == []


def heard(client: httpx.Client, text: str) -> str:
    """`intent` or `intent/topic` as the running engine understands a talk's first message."""
    talk = f"wish-{uuid.uuid4().hex}"
    metadata = {"shop_id": "demo", "customer_id": None, "conversation_id": talk, "dry_run": True}
    answer = client.post("/webhooks/turn/webhook", json={"sender": talk, "text": text, "metadata": metadata})
    assert answer.status_code == 200, answer.text
    trace = answer.json()["trace"]
    return f"{trace['intent']}/{trace['topic']}" if trace["topic"] else str(trace["intent"])


def test_shoppers_wishes_are_understood_as_mapped(product: Product) -> None:
    wrong: list[str] = []
    count = 0
    headers = {"Authorization": f"Bearer {product.engine_token}"}
    with httpx.Client(base_url=product.engine_url, headers=headers, timeout=30, trust_env=False) as client:
        for wish, said in EXAMPLES.items():
            entry = WISHES[wish]
            for text in said:
                count += 1
                understood = heard(client, text)
                right = understood == f"{entry['intent']}/{entry['topic']}" if entry.get("topic") else understood == entry["intent"]
                if not right:
                    wrong.append(f"{wish}: {text} → {understood}")
    share = 1 - len(wrong) / count
    assert share >= UNDERSTOOD, f"{share:.1%} of {count}\n" + "\n".join(wrong)
