"""Every number and switch that a shop may set: declared in ``tables/parameters.yml``, merged with the shop's own values.

Code never holds such a number. The names are those of the demonstration shop; names of the handbooks' digest
(rules.md section 0) are accepted as aliases. Money is ``Decimal`` yuan, times are "HH:MM", ranges "lowest-highest".
A value may be dated (``dated:`` of a declaration, a list as the shop's own value): it counts within its period, the everyday
one outside (docs/dates.md).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import yaml

from policy.validity import KEYS, Period, check_overlaps, period

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the parser in C, where PyYAML has it

NAME = "parameters.yml"
# Above this a sum is a slip of the hand (yuan).
MOST = 1_000_000
TYPES = ("int", "money", "text", "words", "time", "range", "days")
STATUSES = ("stated", "inferred", "proposed", "conflict")
TIME = re.compile(r"(?:[01]?\d|2[0-3]):[0-5]\d")
RANGE = re.compile(r"(\d+)-(\d+)")
HOURS = re.compile(r"(\d{1,2}):([0-5]\d)-(\d{1,2}):([0-5]\d)")

# A key beside the parameters: the names whose values no response may speak, since the shop has not confirmed them.
UNSPOKEN = "unspoken"
# A key beside the parameters: the instant (ISO) at which they were taken; ``decide`` picks the dated rows by it.
MOMENT = "moment"

ParamValue = str | int | Decimal | None
Parameters = Mapping[str, ParamValue]


@dataclass(frozen=True)
class Parameter:
    """One declared parameter.

    ``type``: int, money (yuan), text, words (one of ``words``), time ("HH:MM"), range ("20-30" or "10:00-24:00"), days
    ("2027-02-02/2027-02-14", both included).
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
    dated: tuple[tuple[ParamValue, Period], ...] = ()  # values that take the default's place within their period

    def at(self, moment: datetime | None) -> ParamValue:
        """The default as it holds at this aware instant; None asks for the everyday one."""
        return _in_force(self.dated, moment, self.default)


def declared_parameters() -> Mapping[str, Parameter]:
    """Every parameter by its name, from ``tables/parameters.yml`` as it is now; ``ValueError`` names the one that is wrong."""
    from policy import live  # live reads tables, which name parameters

    return live.rules().parameters


def read_parameters(path: Path) -> dict[str, Parameter]:
    """The declarations of one file, checked and not cached; ``ValueError`` names file, parameter and remedy."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ValueError(f"{path.name}: not readable: {' '.join(str(error).split())}. Remedy: correct that line") from error
    return parameters_of(text, path.name)


def parameters_of(text: str, file: str) -> dict[str, Parameter]:
    """The declarations of a text that may be in no file yet; ``file`` is its name in complaints."""
    try:
        body = yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader
    except yaml.YAMLError as error:
        raise ValueError(f"{file}: not readable: {' '.join(str(error).split())}. Remedy: correct that line") from error
    if not isinstance(body, dict) or not all(isinstance(spec, dict) for spec in body.values()):
        raise ValueError(f"{file}: not a mapping of parameters. Remedy: write name: {{default: …, unit: …, …}} for each")
    declared: dict[str, Parameter] = {}
    taken: set[str] = set()
    for name, spec in body.items():
        where = f"{file}, parameter {name}"
        lacking = {"default", "unit", "type", "source", "status", "confirmed"} - spec.keys()
        unknown = spec.keys() - {"default", "unit", "type", "source", "status", "confirmed", "words", "aliases", "least", "dated"}
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
        dated = _dated(parameter, spec.get("dated") or [], where)
        declared[name] = replace(parameter, default=checked(parameter, spec["default"]), dated=dated)
    return declared


def _dated(parameter: Parameter, given: object, where: str) -> tuple[tuple[ParamValue, Period], ...]:
    """Dated values of one parameter: a list of {value, valid_from, valid_to}; ``ValueError`` names the place and the remedy."""
    if not isinstance(given, list):
        raise ValueError(f"{where}: dated is {given!r}. Remedy: write a list of {{value: …, valid_from: …, valid_to: …}}")
    found: list[tuple[ParamValue, Period]] = []
    for number, entry in enumerate(given, 1):
        place = f"{where}, dated value {number}"
        if not isinstance(entry, dict) or "value" not in entry or entry.keys() - {"value", *KEYS}:
            raise ValueError(f"{place} is {entry!r}. Remedy: write {{value: …, valid_from: …, valid_to: …}}")
        found.append((checked(parameter, entry["value"]), period(entry, place)))
    check_overlaps(((f"{value!r} ({_spoken_period(span_of)})", span_of) for value, span_of in found), where)
    return tuple(found)


def _spoken_period(one: Period) -> str:
    return f"{one.begins.isoformat() if one.begins else '…'} to {one.ends.isoformat() if one.ends else '…'}"


def _in_force(dated: tuple[tuple[ParamValue, Period], ...], moment: datetime | None, everyday: ParamValue) -> ParamValue:
    if moment is not None:
        for value, valid in dated:
            if valid.covers(moment):
                return value
    return everyday


def check_own(name: str, value: object) -> None:
    """``ValueError`` when this cannot be a shop's own value of that parameter; names that are declared nowhere pass."""
    parameter = _named(name)
    if parameter is not None:
        own_value(parameter, value, None)


def own_value(parameter: Parameter, value: object, moment: datetime | None) -> tuple[bool, ParamValue]:
    """(whether the shop sets it at this moment, its value) from the shop's own entry: one value, or a list of dated ones.

    In a list the entry without dates is the shop's everyday value; without such an entry the declared default speaks outside the
    periods. ``ValueError`` names the parameter, the entry and the remedy; two values for one instant are refused.
    """
    if not isinstance(value, list):
        return True, checked(parameter, value)
    dated = _dated(parameter, value, f"the shop's own value of {parameter.name}")
    plain = [each for each, valid in dated if valid.always]
    if len(plain) > 1:
        raise ValueError(f"the shop's own value of {parameter.name} has {len(plain)} entries without dates. Remedy: keep one of them")
    if moment is not None:
        for each, valid in dated:
            if not valid.always and valid.covers(moment):
                return True, each
    return bool(plain), plain[0] if plain else None


def values_at(own: Mapping[str, object], at: datetime) -> dict[str, object]:
    """The shop's own entries as they hold at this aware instant: of dated ones the value in force; one without is left out."""
    found: dict[str, object] = {}
    for name, value in own.items():
        parameter = _named(name) if isinstance(value, list) else None
        is_set, held = own_value(parameter, value, at) if parameter is not None else (True, value)
        if is_set:
            found[name] = held
    return found


def _named(name: str) -> Parameter | None:
    declared = declared_parameters()
    return declared.get(name) or next((each for each in declared.values() if name in each.aliases), None)


def checked(parameter: Parameter, value: object) -> ParamValue:
    """The value in the parameter's own type; ``ValueError`` names parameter, value and what is allowed."""
    if value is None:
        return None
    if isinstance(value, list | dict):
        raise _refuse(parameter, value, "one value (dated ones: a list of {value, valid_from, valid_to})")
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
        if not amount.is_finite() or not 0 <= amount < MOST or amount != round(amount, 2):
            raise _refuse(parameter, value, f"an amount in yuan from 0 to below {MOST}, to the cent")
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
    if parameter.type == "days":
        try:
            day_span(text)
        except ValueError:
            raise _refuse(parameter, value, 'first and last day, such as "2027-02-02/2027-02-14"') from None
    return text


def load_parameters(overrides: Mapping[str, object] | None = None, at: datetime | None = None) -> dict[str, ParamValue]:
    """All parameters: the declared defaults, then the shop's own values (by name or alias), as they hold at ``at`` (aware).

    Without ``at`` only everyday values count. ``ValueError`` names the parameter, the value and what is allowed; an unknown name
    is refused as well.
    """
    declared = declared_parameters()
    names = {alias: name for name, parameter in declared.items() for alias in (name, *parameter.aliases)}
    merged: dict[str, ParamValue] = {name: parameter.at(at) for name, parameter in declared.items()}
    given: set[str] = set()
    named: set[str] = set()
    for said, value in (overrides or {}).items():
        name = names.get(said)
        if name is None:
            raise ValueError(f"unknown parameter {said!r} with the value {value!r}; allowed: {', '.join(sorted(names))}")
        if name in named:
            raise ValueError(f"the parameter {name!r} is given twice, once under another name ({said!r}); allowed: one value")
        named.add(name)
        is_set, own = own_value(declared[name], value, at)
        if is_set:
            given.add(name)
            merged[name] = own
    merged[UNSPOKEN] = " ".join(name for name, parameter in declared.items() if not parameter.confirmed and name not in given)
    if at is not None:
        merged[MOMENT] = at.isoformat()
    return merged


def moment_of(parameters: Parameters) -> datetime | None:
    """The instant at which these parameters were taken; None for everyday ones."""
    said = parameters.get(MOMENT)
    return datetime.fromisoformat(str(said)) if said else None


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


def day_span(value: ParamValue) -> tuple[date, date]:
    """First and last day of a ``days`` parameter ("2027-02-02/2027-02-14"); ``ValueError`` when it is none."""
    first, _, last = str(value).partition("/")
    begins, ends = date.fromisoformat(first.strip()), date.fromisoformat(last.strip())
    if ends < begins:
        raise ValueError(f"{value!r} ends before it begins")
    return begins, ends


def _refuse(parameter: Parameter, value: object, allowed: str) -> ValueError:
    return ValueError(f"the parameter {parameter.name!r} has the value {value!r}; allowed: {allowed}")
