"""Writes a picture of every state of the window, desktop and phone, light and dark, into ``screenshots/out`` with an index page.

The states are those the accessibility audit looks at (``tests/e2e/states.py``), made against a gateway of its own with an engine
that answers what the state needs; nothing outside this machine is asked. ``--only NAME`` (again and again) makes some of them.
"""

from __future__ import annotations

import argparse
import html
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.e2e.browser import ARGUMENTS, chromium
from tests.e2e.shell import Shell, running
from tests.e2e.states import STATES
from tests.gateway.support import FakeEngine

OUT = Path(__file__).resolve().parent / "out"
SIZES = {
    "desktop": {"viewport": {"width": 900, "height": 720}},
    "phone": {"viewport": {"width": 390, "height": 780}, "is_mobile": True, "has_touch": True, "device_scale_factor": 2},
}
THEMES = ("light", "dark")
HEAD = (
    "<!doctype html><html lang='en'><meta charset='utf-8'><title>States of the chat window</title>"
    "<style>body{font:16px system-ui;margin:2rem}figure{display:inline-block;margin:0 1rem 2rem 0}"
    "img{height:420px;border:1px solid #ccc;display:block}</style><h1>States of the chat window</h1>"
)


def make(only: list[str], out: Path) -> list[str]:
    """Make the pictures; their file names. KeyError names a state that does not exist."""
    wanted = {name: STATES[name] for name in only} if only else dict(STATES)
    out.mkdir(parents=True, exist_ok=True)
    made: list[str] = []
    with tempfile.TemporaryDirectory() as home, running(Path(home)) as shell, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        for name in wanted:
            for size in SIZES:
                for theme in THEMES:
                    made.append(_picture(shell, browser, name, size, theme, out))
        browser.close()
    _index(out)
    return made


def _picture(shell: Shell, browser: Browser, name: str, size: str, theme: str, out: Path) -> str:
    shell.engine.answer = FakeEngine().answer
    profile = browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai", color_scheme=theme, reduced_motion="reduce", **SIZES[size])  # type: ignore[arg-type]
    page = profile.new_page()
    page.set_default_timeout(15_000)
    STATES[name](shell, page)
    # Pictures of goods and the last bubble settle.
    page.wait_for_timeout(250)
    file = f"{name}-{size}-{theme}.png"
    page.screenshot(path=out / file)
    profile.close()
    return file


def _index(out: Path) -> None:
    parts = [HEAD]
    for name in STATES:
        files = [file for size in SIZES for theme in THEMES if (out / (file := f"{name}-{size}-{theme}.png")).exists()]
        if files:
            parts.append(f"<h2>{html.escape(name)}</h2>")
            parts += [f"<figure><img src='{file}' alt='{file}' loading='lazy'><figcaption>{file}</figcaption></figure>" for file in files]
    (out / "index.html").write_text("\n".join(parts), encoding="utf-8")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m screenshots", description="Pictures of every state of the chat window.")
    parser.add_argument("--only", action="append", default=[], choices=sorted(STATES), help="only this state; may be repeated")
    parser.add_argument("--out", type=Path, default=OUT, help="folder to write into")
    asked = parser.parse_args()
    made = make(asked.only, asked.out)
    print(f"{len(made)} pictures: {asked.out / 'index.html'}")


if __name__ == "__main__":
    main()
