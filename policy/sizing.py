"""Size advice from a product's own chart, and nothing else: no chart, no size (rules.md section 11, decisions.md).

Two families of facts lead to a size. Height and weight are of the person, and the chart gives a range for each size.
Bust, waist, hip and shoulder are compared with the garment's measures: equal means that size, between two sizes means
both. A size is advised when every fact allows it; two neighbouring sizes when the facts fit both or point to both;
anything else is no advice, and the shopper is asked to measure a garment that fits (row ``sz_02``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import yaml

from policy.facts import Measurements, ProductFacts, SizeRow

WORDS = Path(__file__).with_name("sizing_words.yml")
PERSON = ("height", "weight")
GARMENT = ("waist", "bust", "hip", "shoulder")  # in the order of asking: what people know of themselves comes first
DIFFERENCES = ("bust", "waist", "hip", "shoulder", "length")
# What a human body can be (cm, 斤). Not a business rule: it only keeps typing errors ("身高16") out of the advice.
PLAUSIBLE: Mapping[str, tuple[float, float]] = {
    "height": (80, 230), "weight": (30, 400), "bust": (40, 180), "waist": (35, 180), "hip": (40, 190), "shoulder": (20, 70),
}  # fmt: skip


@dataclass(frozen=True)
class Reach:
    """One measure of one size: from ``low`` to ``high`` (cm or 斤); a garment's measure has both alike."""

    measure: str
    low: float
    high: float


@dataclass(frozen=True)
class SizeAdvice:
    """What the chart says.

    ``fits`` is one | two | none | unknown (facts are missing) | no_chart. ``sizes`` are the advised ones, smaller first.
    ``reason`` is what the first advised size reaches for each fact used. ``other`` is the nearest size that was not advised
    and ``against`` the facts that speak against it, as that size reaches. ``difference`` (cm) is second minus first advised size.
    """

    fits: str
    sizes: tuple[str, ...] = ()
    reason: tuple[Reach, ...] = ()
    other: str | None = None
    against: tuple[Reach, ...] = ()
    difference: Mapping[str, float] = field(default_factory=dict)


def charted(product: ProductFacts) -> tuple[str, ...]:
    """The facts that this product's chart can use, in the order of asking; empty when there is no chart."""
    ranged = {name for row in product.size_chart for name in row.ranges}
    measured = {name for row in product.size_chart for name in row.measures}
    return tuple(name for name in PERSON if name in ranged) + tuple(name for name in GARMENT if name in measured)


def implausible(measurements: Measurements) -> tuple[str, ...]:
    """The facts no body has (height 16 or 300): the form asks for them again. Empty when all can be."""
    found = []
    for name, (low, high) in PLAUSIBLE.items():
        value = getattr(measurements, name)
        if value is not None and not low <= value <= high:
            found.append(name)
    return tuple(found)


def missing(product: ProductFacts, measurements: Measurements) -> tuple[str, ...]:
    """Which facts are still to be asked, in order; empty when they suffice or when there is no chart.

    Enough is: height and weight where the chart has both; else two of its measures (one, when it has only one).
    """
    known = _known(product, measurements)
    chart = charted(product)
    person = [name for name in PERSON if name in chart]
    garment = [name for name in GARMENT if name in chart]
    said_person = [name for name in person if name in known]
    said_garment = [name for name in garment if name in known]
    if len(person) == 2 and len(said_person) == 2:
        return ()
    if said_garment and (len(said_garment) >= min(2, len(garment)) or (len(person) == 1 and said_person)):
        return ()
    if said_garment and not said_person:
        return tuple(name for name in garment if name not in known)[:1]
    wanted = [name for name in person if name not in known]
    if len(person) < 2:
        wanted += [name for name in garment if name not in known][: 2 - len(person)]
    return tuple(wanted)


def advise(product: ProductFacts, measurements: Measurements) -> SizeAdvice:
    """The size or the two sizes that the chart allows for these facts. Facts that no body has are left out."""
    rows = product.size_chart
    if not rows:
        return SizeAdvice("no_chart")
    if missing(product, measurements):
        return SizeAdvice("unknown")
    known = _known(product, measurements)
    allowed = {name: _allowed(rows, name, value) for name, value in known.items()}
    chosen = _choose(len(rows), list(allowed.values()))
    if not chosen:
        return SizeAdvice("none")
    first = rows[chosen[0]]
    reason = tuple(reach for name in known if (reach := _reach(first, name)))
    sizes = tuple(rows[index].size for index in chosen)
    if len(chosen) == 2:
        return SizeAdvice("two", sizes, reason, difference=_difference(first, rows[chosen[1]]))
    other = _neighbour(len(rows), chosen[0], list(allowed.values()))
    if other is None:
        return SizeAdvice("one", sizes, reason)
    against = tuple(reach for name in known if other not in allowed[name] and (reach := _reach(rows[other], name)))
    return SizeAdvice("one", sizes, reason, rows[other].size, against)


def facts(product: ProductFacts, measurements: Measurements, step: str = "advise") -> dict[str, object]:
    """The inputs of the table ``sizing``; ``fits`` is left out while facts are missing, so that the table asks for it."""
    known: dict[str, object] = {"step": step, "kind": product.kind, "chart": "yes" if product.size_chart else "no"}
    advice = advise(product, measurements)
    if advice.fits in ("one", "two", "none"):
        known["fits"] = advice.fits
    return known


def values(product: ProductFacts, measurements: Measurements) -> dict[str, str]:
    """What the responses of sizing name, ready to speak: product, size, sizes, size_reason, other_size, size_difference, options …

    A value that does not exist (no other size, no difference) is absent, never empty.
    """
    advice = advise(product, measurements)
    spoken = {name: _number(getattr(measurements, name)) for name in (*PERSON, *GARMENT) if getattr(measurements, name) is not None}
    spoken["product"] = product.name
    to_measure = tuple(name for name in charted(product) if name in GARMENT)
    if to_measure:
        spoken["measure"] = measure_words(to_measure)
    mark = _phrase("list_mark")
    if product.sizes:
        spoken["options"] = mark.join(product.sizes)
    if advice.sizes:
        spoken["size"] = size_word(advice.sizes[0])
        spoken["sizes"] = _phrase("joint").join(size_word(size) for size in advice.sizes)
        spoken["size_reason"] = mark.join(speak(reach) for reach in advice.reason)
    if advice.other and advice.against:
        size = size_word(advice.other)
        reach = advice.against[0]
        said = speak(Reach(reach.measure, getattr(measurements, reach.measure), getattr(measurements, reach.measure)))
        spoken["other_size"] = _phrase("outside").format(said=said, size=size, chart=speak(reach))
    if advice.fits == "two":
        steps = [_step(name, amount) for name, amount in advice.difference.items()]
        spoken["size_difference"] = mark.join(steps) or _both(product, advice)
    return spoken


def chart_lines(product: ProductFacts) -> str:
    """The chart itself, a line a size, in words of ``sizing_words.yml``; empty without a chart."""
    lines = []
    for row in product.size_chart:
        reaches = [Reach(name, *row.ranges[name]) for name in PERSON if name in row.ranges]
        reaches += [Reach(name, row.measures[name], row.measures[name]) for name in DIFFERENCES if name in row.measures]
        lines.append(
            _phrase("chart_line").format(size=size_word(row.size), chart=_phrase("list_mark").join(speak(reach) for reach in reaches))
        )
    return "\n".join(lines)


def measure_name(name: str) -> tuple[str, str]:
    """A measure's name and unit in Chinese: the head of a column."""
    words = _measures()[name]
    return words["name"], words["unit"]


def measure_words(names: tuple[str, ...]) -> str:
    """The names of these measures in Chinese, joined by the list mark: what a response calls {measure}."""
    return _phrase("list_mark").join(_measures()[name]["name"] for name in names)


def size_word(size: str) -> str:
    """How a size is spoken: "M码"; a size that is no letter or number code is left as it is."""
    return _phrase("size").format(size=size) if size.isascii() and len(size) <= 4 else size


def speak(reach: Reach) -> str:
    """A measure with its range in words of ``sizing_words.yml``."""
    words = _measures()[reach.measure]
    if reach.low == reach.high:
        return _phrase("exact").format(name=words["name"], value=_number(reach.low), unit=words["unit"])
    return _phrase("between").format(name=words["name"], low=_number(reach.low), high=_number(reach.high), unit=words["unit"])


def _known(product: ProductFacts, measurements: Measurements) -> dict[str, float]:
    bad = implausible(measurements)
    return {name: getattr(measurements, name) for name in charted(product) if name not in bad and getattr(measurements, name) is not None}


def _allowed(rows: tuple[SizeRow, ...], name: str, value: float) -> frozenset[int]:
    """The sizes that one fact allows."""
    if name in PERSON:
        return frozenset(i for i, row in enumerate(rows) if name in row.ranges and row.ranges[name][0] <= value <= row.ranges[name][1])
    points = sorted((row.measures[name], i) for i, row in enumerate(rows) if name in row.measures)
    exact = [i for measure, i in points if measure == value]
    if exact:
        return frozenset(exact)
    below = [item for item in points if item[0] < value]
    above = [item for item in points if item[0] > value]
    if below and above:
        return frozenset({below[-1][1], above[0][1]})
    if above and len(points) > 1 and points[0][0] - value < points[1][0] - points[0][0]:
        return frozenset({points[0][1]})  # less than one size under the smallest: that one still serves
    return frozenset()  # larger than the largest, or far under the smallest: no size of ours


def _choose(count: int, allowed: list[frozenset[int]]) -> tuple[int, ...]:
    """The one size that every fact allows, or two neighbours such that every fact allows at least one of them."""
    common = sorted(frozenset.intersection(*allowed))
    if len(common) > 2:
        middle = (len(common) - 1) // 2
        return tuple(common[middle : middle + 2])
    if common:
        return tuple(common) if len(common) == 1 or common[1] - common[0] == 1 else tuple(common[:1])
    pairs = [(low, low + 1) for low in range(count - 1) if all(sizes & {low, low + 1} for sizes in allowed)]
    return max(pairs, key=lambda pair: sum(len(sizes & set(pair)) for sizes in allowed), default=())


def _neighbour(count: int, chosen: int, allowed: list[frozenset[int]]) -> int | None:
    """The size beside the chosen one that the most facts allow: the one a shopper would doubt about."""
    beside = [index for index in (chosen - 1, chosen + 1) if 0 <= index < count]
    return max(beside, key=lambda index: sum(index in sizes for sizes in allowed), default=None)


def _reach(row: SizeRow, name: str) -> Reach | None:
    if name in PERSON:
        return Reach(name, *row.ranges[name]) if name in row.ranges else None
    return Reach(name, row.measures[name], row.measures[name]) if name in row.measures else None


def _difference(first: SizeRow, second: SizeRow) -> dict[str, float]:
    both = {name for name in DIFFERENCES if name in first.measures and name in second.measures}
    amounts = {name: round(second.measures[name] - first.measures[name], 1) for name in DIFFERENCES if name in both}
    return {name: amount for name, amount in amounts.items() if amount}


def _both(product: ProductFacts, advice: SizeAdvice) -> str:
    """What tells two sizes apart in a chart without measures of the garment: whom each is for."""
    rows = [row for row in product.size_chart if row.size in advice.sizes]
    reaches = {row.size: _phrase("list_mark").join(speak(Reach(name, *span)) for name, span in row.ranges.items()) for row in rows}
    return _phrase("joint").join(_phrase("for_whom").format(size=size_word(size), chart=chart) for size, chart in reaches.items())


def _step(name: str, amount: float) -> str:
    words = _measures()[name]
    return _phrase("wider" if amount > 0 else "narrower").format(name=words["name"], amount=_number(abs(amount)), unit=words["unit"])


def _number(value: float) -> str:
    return f"{value:g}"


@lru_cache(maxsize=1)
def _words() -> dict[str, dict[str, object]]:
    loaded: dict[str, dict[str, object]] = yaml.safe_load(WORDS.read_text(encoding="utf-8"))
    return loaded


def _measures() -> dict[str, dict[str, str]]:
    measures: dict[str, dict[str, str]] = _words()["measures"]  # type: ignore[assignment]
    return measures


def _phrase(name: str) -> str:
    return str(_words()["phrases"][name])
