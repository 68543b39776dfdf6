"""Every number and switch that a shop may set: declared in ``tables/parameters.yml``, merged with the shop's own values.

Code never holds such a number. The names are those of the demonstration shop; names of the handbooks' digest
(rules.md section 0) are accepted as aliases. Money is ``Decimal`` yuan, times are "HH:MM", ranges "lowest-highest".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from pathlib import Path

import yaml

FILE = Path(__file__).resolve().parent / "tables" / "parameters.yml"
TYPES = ("int", "money", "text", "words", "time", "range")
STATUSES = ("stated", "inferred", "proposed", "conflict")
TIME = re.compile(r"(?:[01]?\d|2[0-3]):[0-5]\d")
RANGE = re.compile(r"(\d+)-(\d+)")
HOURS = re.compile(r"(\d{1,2}):([0-5]\d)-(\d{1,2}):([0-5]\d)")

# A key beside the parameters: the names whose values no response may speak, since the shop has not confirmed them.
UNSPOKEN = "unspoken"

ParamValue = str | int | Decimal | None
Parameters = Mapping[str, ParamValue]


@dataclass(frozen=True)
class Parameter:
    """One declared parameter.

    ``type``: int, money (yuan), text, words (one of ``words``), time ("HH:MM"), range ("20-30" or "10:00-24:00").
    ``confirmed`` is False for a value the shop has to confirm before any response speaks it.
    A default of None means that nothing is set; what happens then is said in ``source``.
    """

    name: str
    default: ParamValue
    unit: str
    type: str
    source: str
    status: str
    words: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    confirmed: bool = True
    least: int | None = None  # a value below it would break the law (decisions.md 3)


@lru_cache(maxsize=1)
def declared_parameters() -> dict[str, Parameter]:
    """Every parameter by its name, from ``tables/parameters.yml``; ``ValueError`` names the one that is wrong."""
    body = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    declared: dict[str, Parameter] = {}
    taken: set[str] = set()
    for name, spec in body.items():
        where = f"{FILE.name}, parameter {name}"
        lacking = {"default", "unit", "type", "source", "status", "confirmed"} - spec.keys()
        unknown = spec.keys() - {"default", "unit", "type", "source", "status", "confirmed", "words", "aliases", "least"}
        if lacking or unknown:
            raise ValueError(f"{where}: lacks {sorted(lacking)}, unknown {sorted(unknown)}")
        if spec["type"] not in TYPES or spec["status"] not in STATUSES or not isinstance(spec["confirmed"], bool):
            raise ValueError(f"{where}: type is one of {', '.join(TYPES)}, status one of {', '.join(STATUSES)}, confirmed true or false")
        aliases = tuple(spec.get("aliases", ()))
        for used in (name, *aliases):
            if used in taken:
                raise ValueError(f"{where}: the name {used} is declared twice")
            taken.add(used)
        parameter = Parameter(
            name=name, default=None, unit=spec["unit"], type=spec["type"], source=spec["source"], status=spec["status"],
            words=tuple(spec.get("words", ())), aliases=aliases, confirmed=spec["confirmed"], least=spec.get("least"),
        )  # fmt: skip
        declared[name] = replace(parameter, default=checked(parameter, spec["default"]))
    return declared


def checked(parameter: Parameter, value: object) -> ParamValue:
    """The value in the parameter's own type; ``ValueError`` names parameter, value and what is allowed."""
    if value is None:
        return None
    if isinstance(value, bool):
        raise _refuse(parameter, value, 'a value in quotes ("yes", "no"), not a boolean')
    if parameter.type == "int":
        if isinstance(value, int) or (isinstance(value, str) and re.fullmatch(r"-?\d+", value)):
            if parameter.least is not None and int(value) < parameter.least:
                raise _refuse(parameter, value, f"{parameter.least} or more, as the law asks")
            return int(value)
        raise _refuse(parameter, value, "a whole number")
    if parameter.type == "money":
        try:
            amount = Decimal(str(value))
        except InvalidOperation:
            raise _refuse(parameter, value, "an amount in yuan") from None
        if not amount.is_finite() or amount < 0:
            raise _refuse(parameter, value, "an amount in yuan of 0 or more")
        return amount
    text = str(value)
    if parameter.type == "words" and text not in parameter.words:
        raise _refuse(parameter, value, ", ".join(parameter.words))
    if parameter.type == "time" and not TIME.fullmatch(text):
        raise _refuse(parameter, value, 'a time of the day such as "17:00"')
    if parameter.type == "range":
        plain = RANGE.fullmatch(text)
        if not (plain and int(plain[1]) <= int(plain[2])) and not HOURS.fullmatch(text):
            raise _refuse(parameter, value, 'a range such as "20-30" or "10:00-24:00"')
    return text


def load_parameters(overrides: Mapping[str, object] | None = None) -> dict[str, ParamValue]:
    """All parameters: the declared defaults, then the shop's own values (by name or alias).

    ``ValueError`` names the parameter, the value and what is allowed; an unknown name is refused as well.
    """
    declared = declared_parameters()
    names = {alias: name for name, parameter in declared.items() for alias in (name, *parameter.aliases)}
    merged: dict[str, ParamValue] = {name: parameter.default for name, parameter in declared.items()}
    given: set[str] = set()
    for said, value in (overrides or {}).items():
        name = names.get(said)
        if name is None:
            raise ValueError(f"unknown parameter {said!r} with the value {value!r}; allowed: {', '.join(sorted(names))}")
        if name in given:
            raise ValueError(f"the parameter {name!r} is given twice, once under another name ({said!r}); allowed: one value")
        given.add(name)
        merged[name] = checked(declared[name], value)
    merged[UNSPOKEN] = " ".join(name for name, parameter in declared.items() if not parameter.confirmed and name not in given)
    return merged


def speakable(name: str, overrides: Mapping[str, object] | None) -> bool:
    """Whether a response may name this parameter's value: a confirmed default, or any value that the shop itself has set."""
    return spoken(name, load_parameters(overrides))


def spoken(name: str, parameters: Parameters) -> bool:
    """As ``speakable``, for parameters that are loaded already."""
    return name not in str(parameters.get(UNSPOKEN) or "").split()


def span(value: ParamValue) -> tuple[int, int]:
    """The two ends of a range parameter: "20-30" is (20, 30); ``ValueError`` when it is none."""
    found = RANGE.fullmatch(str(value))
    if not found:
        raise ValueError(f"{value!r} is not a range such as '20-30'")
    return int(found[1]), int(found[2])


def _refuse(parameter: Parameter, value: object, allowed: str) -> ValueError:
    return ValueError(f"the parameter {parameter.name!r} has the value {value!r}; allowed: {allowed}")
