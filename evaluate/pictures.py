"""Pictures as SVG, written by hand: the reliability curve, the risk–coverage curve, the labels. No library, no script inside."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from evaluate.statistics import Bin, Estimate, Step

WIDTH, HEIGHT, EDGE = 520, 380, 56
INK, LINE, SECOND, SOFT = "#222", "#1668a8", "#c0561c", "#d5d9de"

Point = tuple[float, float]


def _place(point: Point, top: float) -> Point:
    """A point of the unit square (its height scaled by `top`) on the canvas."""
    x, y = point
    return EDGE + x * (WIDTH - EDGE - 20), HEIGHT - EDGE - min(y / top, 1.0) * (HEIGHT - EDGE - 40)


def _line(points: Sequence[Point], colour: str, top: float, dashed: bool = False) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (_place(point, top) for point in points))
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{" stroke-dasharray='4 4'" if dashed else ""}/>'


def _text(x: float, y: float, words: str, anchor: str = "middle", size: int = 12) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="{INK}">{escape(words)}</text>'


def _chart(title: str, across: str, up: str, top: float, inside: Sequence[str]) -> str:
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        _text(WIDTH / 2, 22, title, size=14),
    ]
    for step in range(6):
        share = step / 5
        x, _ = _place((share, 0), top)
        _, y = _place((0, share * top), top)
        bottom, right = _place((0, 0), top)[1], _place((1, 0), top)[0]
        parts += [
            f'<line x1="{EDGE}" y1="{y:.1f}" x2="{right:.1f}" y2="{y:.1f}" stroke="{SOFT}"/>',
            _text(x, bottom + 18, f"{share:.0%}"),
            _text(EDGE - 6, y + 4, f"{share * top:.0%}", "end"),
        ]
    parts += [_text(WIDTH / 2, HEIGHT - 12, across), f'<g transform="translate(14,{HEIGHT / 2}) rotate(-90)">{_text(0, 0, up)}</g>']
    return "\n".join([*parts, *inside, "</svg>"]) + "\n"


def reliability(bins: Sequence[Bin], error: Estimate, others: Sequence[Bin] = ()) -> str:
    """Share right over confidence; the diagonal is perfect. `others`: our own examples, cross-validated."""
    inside = [_line([(0, 0), (1, 1)], SOFT, 1.0, dashed=True)]
    if others:
        inside.append(_line([(one.confidence, one.right) for one in others], SECOND, 1.0, dashed=True))
    inside.append(_line([(one.confidence, one.right) for one in bins], LINE, 1.0))
    for one in bins:
        x, y = _place((one.confidence, one.right), 1.0)
        inside.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{3 + min(one.count, 100) ** 0.5:.1f}" fill="{LINE}" fill-opacity="0.5">'
            f"<title>{one.count}</title></circle>"
        )
    title = f"Reliability on real messages, calibration error {error.value:.3f} [{error.low:.3f}, {error.high:.3f}]"
    return _chart(title, "confidence (dashed: our own examples, cross-validated)", "share right", 1.0, inside)


def risk_coverage(steps: Sequence[Step], marks: Sequence[tuple[str, float, float]]) -> str:
    """Share wrong over share answered; `marks`: named points (name, answered, wrong)."""
    top = max(0.05, *(step.risk for step in steps), *(wrong for _, _, wrong in marks))
    inside = [_line([(step.coverage, step.risk) for step in steps], LINE, top), _line([(0, 0.03), (1, 0.03)], SECOND, top, dashed=True)]
    for name, answered, wrong in marks:
        x, y = _place((answered, wrong), top)
        inside += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{SECOND}"/>', _text(x - 8, y - 8, name, "end")]
    return _chart("Risk and coverage on in-scope real messages", "share answered alone", "share of those wrong", top, inside)


def labels(rows: Sequence[tuple[str, float, float, int]]) -> str:
    """Bars of (label, strict share, lenient share, messages), in the order given."""
    high, left = 20, 190
    height = 50 + high * len(rows)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif">',
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
        _text(WIDTH / 2, 22, "Real messages by label: strict (dark), lenient (light)", size=14),
    ]
    for place, (label, strict, lenient, count) in enumerate(rows):
        y, wide = 40 + high * place, WIDTH - left - 60
        parts += [
            _text(left - 6, y + 12, f"{label} ({count})", "end", 11),
            f'<rect x="{left}" y="{y}" width="{lenient * wide:.1f}" height="14" fill="{LINE}" fill-opacity="0.35"/>',
            f'<rect x="{left}" y="{y}" width="{strict * wide:.1f}" height="14" fill="{LINE}"/>',
            _text(left + wide + 6, y + 12, f"{strict:.0%} {lenient:.0%}", "start", 10),
        ]
    return "\n".join([*parts, "</svg>"]) + "\n"
