"""The handbook's pictures, taken by the browser tests where they stand in the middle of a task."""

from __future__ import annotations

import io
import os
from pathlib import Path

from PIL import Image
from playwright.sync_api import Locator, Page

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "docs" / "pictures"
WANTED = "XIAOER_HANDBOOK_PICTURES"
MOST_BYTES = 60 * 1024
# What a reader sees of a page in a document; a picture of the whole page would be unreadable there.
SIZE = {"width": 1180, "height": 720}
COLOURS = (64, 32, 16, 8)


def take(page: Page, name: str, at: Locator | None = None) -> None:
    """Write the picture of what the page shows now, when the environment asks for it; small enough for a document.

    ``at``: the part of the page that it is about, brought to the middle.
    """
    if not os.environ.get(WANTED):
        return
    usual = page.viewport_size
    page.set_viewport_size(SIZE)  # type: ignore[arg-type]
    if at is not None:
        at.evaluate("(one) => one.scrollIntoView({ block: 'center' })")
    # News at the edge belong to the moment, not to the task.
    page.locator("#toasts").evaluate_all("(all) => all.forEach((one) => { one.hidden = true; })")
    shot = page.screenshot(caret="initial")
    page.locator("#toasts").evaluate_all("(all) => all.forEach((one) => { one.hidden = false; })")
    if usual:
        page.set_viewport_size(usual)
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / f"{name}.png").write_bytes(small(shot))


def small(shot: bytes) -> bytes:
    """A PNG of few colours, and of fewer until it is small enough."""
    picture = Image.open(io.BytesIO(shot)).convert("RGB")
    made = b""
    for colours in COLOURS:
        out = io.BytesIO()
        picture.quantize(colours, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
        made = out.getvalue()
        if len(made) <= MOST_BYTES:
            break
    return made
