"""The rules of wording, read from ``lists/``: word classes, patterns composed of them, severities and what to say instead."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from policy.wording.normal import LISTS

SEVERITIES = ("block", "ask", "hint")
REFERENCE = re.compile(r"<([a-z_]+)>")
# In a pattern: … at most ten characters of the same sentence, ~ at most six of the same clause.
GAPS = {"…": r"(?:[^。!?;\n]{0,10}?)", "~": r"(?:[^,:。!?;\n]{0,6}?)"}
KEYS = {"id", "family", "severity", "why", "script", "instead", "profiles", "topics", "backed_by", "backed", "unless", "free_after"}
KEYS |= {"patterns", "shape", "put", "say"}


@dataclass(frozen=True)
class Finding:
    """One thing wrong with a text.

    ``rule``: id of style.md (ng_, hn_) or ours (av_ word to avoid, st_ style, op_ outside the platform). ``severity``: block (must not
    go out), ask (a person confirms), hint (better so). ``span``: characters of the original, end exclusive; ``found`` is that text.
    ``script``: id of a script that says it well; ``instead``: what to say instead, for a person to read; ``put``: words that may stand
    in the very place of the found ones (empty: they go); ``say``: a sentence in the place of the whole sentence, ``{values}`` open; each
    may be None. ``sounds``: no pattern says so, the wording is like that of the learned examples (``learn.py``); always ask.
    """

    rule: str
    family: str
    severity: str
    span: tuple[int, int]
    found: str
    why: str
    script: str | None = None
    instead: str | None = None
    sounds: bool = False
    put: str | None = None
    say: str | None = None

    @property
    def suggestion(self) -> str | None:
        """Script id and words to use instead, as far as there are any."""
        parts = [part for part in (self.script, self.instead) if part]
        return " ".join(parts) or None


@dataclass(frozen=True)
class Rule:
    """One entry of the lists. Several entries may share an id (other severity, other exceptions).

    ``backed_by``: names of {variables} that make the sentence a fact of the shop's data; ``backed``: whether values handed to
    ``check`` do so too. ``unless``: a sentence with one of these is fine. ``free_after``: these words shortly before the match in
    its sentence make it a denial. ``shape``: found by code of that name (``shape.py``, ``contact.py``), not by patterns. ``put`` and
    ``say``: better words for what was found, or for its whole sentence (``better.py``).
    """

    id: str
    family: str
    severity: str
    why: str
    script: str | None
    instead: str | None
    profiles: tuple[str, ...]
    topics: tuple[str, ...]
    backed_by: tuple[str, ...]
    backed: bool
    unless: re.Pattern[str] | None
    free_after: re.Pattern[str] | None
    patterns: tuple[re.Pattern[str], ...]
    shape: str | None
    put: str | None
    say: str | None

    def finding(self, span: tuple[int, int], found: str) -> Finding:
        """This rule's complaint about a span of the original text."""
        return Finding(self.id, self.family, self.severity, span, found, self.why, self.script, self.instead, put=self.put, say=self.say)


@lru_cache(maxsize=1)
def settings() -> dict[str, Any]:
    """Lengths, profiles, topics and labels (``lists/settings.yml``)."""
    return dict(yaml.safe_load((LISTS / "settings.yml").read_text("utf-8")))


@lru_cache(maxsize=1)
def classes() -> dict[str, str]:
    """Every word class as a regular expression, references resolved. ValueError names an unknown or circular one."""
    raw: dict[str, list[Any]] = yaml.safe_load((LISTS / "classes.yml").read_text("utf-8"))
    done: dict[str, str] = {}

    def resolve(name: str, path: tuple[str, ...]) -> str:
        if name in path:
            raise ValueError(f"classes.yml: {' > '.join([*path, name])} refers to itself; break the circle")
        if name not in raw:
            raise ValueError(f"{path[0] if path else 'classes.yml'}: unknown word class <{name}>; known: {', '.join(sorted(raw))}")
        if name not in done:
            words = "|".join(str(word) for word in raw[name])
            done[name] = f"(?:{REFERENCE.sub(lambda found: resolve(found.group(1), (*path, name)), _gaps(words))})"
        return done[name]

    return {name: resolve(name, ()) for name in raw}


def _gaps(pattern: str) -> str:
    for mark, expression in GAPS.items():
        pattern = pattern.replace(mark, expression)
    return pattern


def expression(pattern: str, place: str) -> re.Pattern[str]:
    """A pattern of the lists, compiled; ValueError names the place, the pattern and what is wrong with it."""

    def known(found: re.Match[str]) -> str:
        if found.group(1) not in classes():
            raise ValueError(f"{place}: unknown word class <{found.group(1)}>; known: {', '.join(sorted(classes()))}")
        return classes()[found.group(1)]

    try:
        return re.compile(REFERENCE.sub(known, _gaps(pattern)), re.M)
    except re.error as error:
        raise ValueError(f"{place}: {pattern!r} is no pattern: {error}; correct it") from error


def _either(patterns: list[str], place: str) -> re.Pattern[str] | None:
    return expression("|".join(f"(?:{pattern})" for pattern in patterns), place) if patterns else None


def _rule(entry: dict[str, Any], path: Path) -> Rule:
    place = f"{path.name}, {entry.get('id')}"
    for key in ("id", "family", "severity", "why"):
        if not entry.get(key):
            raise ValueError(f"{place}: {key} is missing; add it")
    if unknown := set(entry) - KEYS:
        raise ValueError(f"{place}: unknown {', '.join(sorted(unknown))}; allowed: {', '.join(sorted(KEYS))}")
    if entry["severity"] not in SEVERITIES:
        raise ValueError(f"{place}: severity {entry['severity']!r}; allowed: {', '.join(SEVERITIES)}")
    if bool(entry.get("patterns")) == bool(entry.get("shape")):
        raise ValueError(f"{place}: needs either patterns or shape")
    return Rule(
        id=entry["id"],
        family=entry["family"],
        severity=entry["severity"],
        why=entry["why"],
        script=entry.get("script"),
        instead=entry.get("instead"),
        profiles=tuple(entry.get("profiles", settings()["profiles"])),
        topics=tuple(entry.get("topics", ())),
        backed_by=tuple(entry.get("backed_by", ())),
        backed=bool(entry.get("backed", "backed_by" in entry)),
        unless=_either(entry.get("unless", []), place),
        free_after=_either([f"<{name}>" for name in entry.get("free_after", [])], place),
        patterns=tuple(expression(pattern, place) for pattern in entry.get("patterns", [])),
        shape=entry.get("shape"),
        put=entry.get("put"),
        say=entry.get("say"),
    )


@lru_cache(maxsize=1)
def rules() -> tuple[Rule, ...]:
    """Every rule of every list, in the order of settings.yml. ValueError names the file, the rule and the remedy."""
    found = []
    for name in settings()["lists"]:
        path = LISTS / f"{name}.yml"
        found += [_rule(entry, path) for entry in yaml.safe_load(path.read_text("utf-8"))["rules"]]
    return tuple(found)


@lru_cache(maxsize=1)
def notes() -> dict[str, str]:
    """Ids that no words give away → why, from every list."""
    found: dict[str, str] = {}
    for name in settings()["lists"]:
        found |= yaml.safe_load((LISTS / f"{name}.yml").read_text("utf-8")).get("notes") or {}
    return found
