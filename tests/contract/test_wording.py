"""Every word the shop can say passes the wording check, and the check's own lists are whole."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from policy.wording import PROFILES, rules
from policy.wording.check import check
from policy.wording.rules import Finding, notes, settings
from studio.response_rules import response_rules
from tests.contract.project import ROOT, read_yaml, relative, response_definitions, yaml_files

STYLE_IDS = {f"ng_{number:02}" for number in range(1, 34)} | {f"hn_{number:02}" for number in range(1, 36)}
AGENT_SCRIPTS = ROOT / "data" / "agent_scripts"
FIGURE = re.compile(r"\d+(?:\.\d+)?")


def texts_of(node: object) -> list[str]:
    """Every `text`, one or several, below a node of a script file."""
    if isinstance(node, dict):
        own = node.get("text", [])
        found = [text for text in ([own] if isinstance(own, str) else own) if isinstance(text, str)]
        return found + [text for value in node.values() for text in texts_of(value)]
    return [text for value in node for text in texts_of(value)] if isinstance(node, list) else []


def said() -> list[tuple[Path, str, str]]:
    """(file, name, text) of every response; `/qin` marks a variation for shops that say 亲; a button's title is the shopper's own."""
    return [
        (path, f"{name}/qin" if any(each["value"] == "qin" for each in one.get("condition", [])) else name, str(one["text"]))
        for path, name, several in response_definitions()
        for one in several
        if one.get("text")
    ]


def agent_texts() -> list[tuple[Path, str, str]]:
    """(file, "agent script", text) of every script that a person says or sends."""
    files = yaml_files(AGENT_SCRIPTS) if AGENT_SCRIPTS.is_dir() else []
    return [(path, "agent script", text) for path in files for text in texts_of(read_yaml(path))]


def wrong(texts: list[tuple[Path, str, str]], profile: str, severities: tuple[str, ...]) -> list[str]:
    """What the rules say against the texts, one line a finding; likeness alone (``sounds``) is for people to weigh, not for CI."""

    def line(path: Path, name: str, one: Finding) -> str:
        return f"{relative(path)}: {name}: {one.rule} {one.severity} {one.found!r}: {one.why} ({one.suggestion})"

    return [
        line(path, name, one)
        for path, name, text in texts
        for one in check(text, profile=profile, topic=path.stem, address="qin" if name.endswith("/qin") else "nin")
        if one.severity in severities and not one.sounds
    ]


@pytest.mark.parametrize("profile", PROFILES)
def test_no_response_is_blocked(profile: str) -> None:
    found = wrong(said(), profile, ("block",))
    assert not found, "\n".join(found)


def filled(text: str, product: str) -> str:
    """The text as a shopper reads it: every place filled with a value of its kind."""
    values = response_rules().examples(product)
    return re.sub(r"\{([a-z_]+)\}", lambda place: str(values.get(place[1], place[0])), text)


@pytest.mark.parametrize("product", response_rules().products)
def test_no_response_is_blocked_once_it_is_filled(product: str) -> None:
    """A value may make a forbidden word with its neighbours (沙发单价, 决明子漏发): no shopper's answer is stopped for that."""
    full = [(path, name, filled(text, product)) for path, name, text in said()]
    found = [
        f"{name}: {one.rule} {one.found!r}: {text}"
        for path, name, text in full
        for one in check(text, topic=path.stem, address="qin" if name.endswith("/qin") else "nin", backed=FIGURE.findall(text))
        if one.severity == "block"
    ]
    assert not found, "\n".join(found)


def test_no_response_needs_a_second_look() -> None:
    found = wrong(said(), "own_site", ("ask",))
    assert not found, "\n".join(found)


def test_no_agent_script_is_blocked() -> None:
    found = wrong(agent_texts(), "own_site", ("block",))
    assert not found, "\n".join(found)


def test_every_id_of_the_style_guide_has_a_rule_or_a_reason() -> None:
    known = {rule.id for rule in rules()} | set(notes())
    assert not STYLE_IDS - known - {"hn_24"}
    assert "hn_24" in notes()


def test_every_rule_names_a_known_profile_and_a_real_script() -> None:
    scripts = {str(one["metadata"]["script"]) for _, _, several in response_definitions() for one in several if one.get("metadata")}
    assert {profile for rule in rules() for profile in rule.profiles} <= set(PROFILES)
    assert set(settings()["profiles"]) == set(PROFILES)
    assert all(re.fullmatch(r"s_[a-z0-9_]+", rule.script) for rule in rules() if rule.script)
    assert len({rule.script for rule in rules() if rule.script} & scripts) > 10


def test_every_blocking_rule_says_what_to_say_instead() -> None:
    assert not [rule.id for rule in rules() if rule.severity == "block" and not (rule.script or rule.instead)]
