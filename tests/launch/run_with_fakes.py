"""The launcher's own main() over stand-ins: `python run_with_fakes.py [name-of-a-part-that-fails-at-once]`."""

from __future__ import annotations

import sys
from pathlib import Path

from launch import __main__ as launcher
from launch import database, product
from launch.settings import Settings

FAKE = str(Path(__file__).with_name("fake_part.py"))


def _fakes(settings: Settings) -> dict[str, list[str]]:
    listening = {"engine": settings.engine_port, "actions": settings.actions_port, "gateway": settings.public_port}
    broken = sys.argv[1:]
    return {
        name: [sys.executable, FAKE, str(port), *(["the cupboard is bare"] if name in broken else [])] for name, port in listening.items()
    }


def _nothing_to_prepare(self: product.Product, **_: bool) -> None:
    """Environments, model and database are other tests' business."""


if __name__ == "__main__":
    product.own_commands = _fakes  # type: ignore[assignment]
    database.first_admin = lambda environment: None
    product.Product.prepare = _nothing_to_prepare  # type: ignore[method-assign]
    sys.exit(launcher.main(["run"]))
