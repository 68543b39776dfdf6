"""What the three processes are told: the environment, the secrets made at first start, the addresses."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from launch import ports
from launch.errors import LaunchError
from launch.paths import ROOT, default_home

PUBLIC_PORT = 8000
ENGINE_PORT = 5005
ACTIONS_PORT = 5055


@dataclass(frozen=True)
class Settings:
    """One start of the product. `given` is the operator's (or a test's) environment; it wins over our defaults.

    `releases`: speak from a release (studio/releases.py) and switch as the studio asks; else from the checkout as it lies there.
    """

    home: Path
    public_port: int
    engine_port: int
    actions_port: int
    given: Mapping[str, str]
    releases: bool = False

    @classmethod
    def from_env(cls, given: Mapping[str, str] | None = None) -> Settings:
        """For `make run`: the public port as asked, the two internal ones as usual or, when busy, any free one."""
        values = dict(os.environ if given is None else given)
        return cls(
            home=Path(values["XIAOER_HOME"]).expanduser().resolve() if values.get("XIAOER_HOME") else default_home(),
            public_port=_port(values.get("XIAOER_PORT", "")),
            engine_port=ports.prefer(ENGINE_PORT),
            actions_port=ports.prefer(ACTIONS_PORT),
            given=values,
            releases=_switched_on(values.get("XIAOER_RELEASES") or "1"),
        )

    @classmethod
    def for_test(cls, home: Path, **given: str) -> Settings:
        """For tests and the bench: every port free, nothing of the caller's XIAOER_ environment inherited.

        The checkout itself speaks, unless XIAOER_RELEASES="1" is given.
        """
        values = {name: value for name, value in os.environ.items() if not name.startswith("XIAOER_")}
        return cls(
            home.resolve(),
            ports.free_port(),
            ports.free_port(),
            ports.free_port(),
            {**values, **given},
            _switched_on(given.get("XIAOER_RELEASES") or "0"),
        )

    @property
    def logs(self) -> Path:
        """Where each process writes its log."""
        return self.home / "log"

    @property
    def base_url(self) -> str:
        """The public address on this machine."""
        return f"http://{ports.LOOPBACK}:{self.public_port}"

    @property
    def engine_url(self) -> str:
        """The engine's address, loopback only."""
        return f"http://{ports.LOOPBACK}:{self.engine_port}"

    @property
    def actions_url(self) -> str:
        """The action server's webhook, loopback only."""
        return f"http://{ports.LOOPBACK}:{self.actions_port}/webhook"

    def secret(self, name: str) -> str:
        """A secret of this installation, made at first use, readable by its owner alone."""
        folder = self.home / "secrets"
        file = folder / name
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not file.exists():
                _make_secret(file)
            value = file.read_text("ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise LaunchError(f"the secret {file} cannot be read: {error}", "make it readable, or delete it to get a new one") from error
        if len(value) < 32:
            raise LaunchError(f"the secret {file} is too short to be safe", "delete it to get a new one")
        return value

    def environment(self) -> dict[str, str]:
        """For every process of ours. Secrets travel here and never on a command line, where any user could read them."""
        mine = {
            "XIAOER_HOME": str(self.home),
            "XIAOER_PORT": str(self.public_port),
            "XIAOER_ENGINE_PORT": str(self.engine_port),
            "XIAOER_ACTIONS_PORT": str(self.actions_port),
            "XIAOER_ENGINE_URLS": self.engine_url,
            "XIAOER_ACTIONS_URL": self.actions_url,
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            # Whoever serves the actions with rasa_sdk itself: it listens on every interface unless Sanic is told otherwise.
            "SANIC_HOST": ports.LOOPBACK,
            "RASA_TELEMETRY_ENABLED": "false",
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        }
        ours = {**self.given, **mine}
        ours.setdefault("XIAOER_DATABASE_URL", f"sqlite:///{self.home / 'shop.db'}")
        ours.setdefault("XIAOER_TRACKER_DB", str(self.home / "tracker.db"))
        ours.setdefault("XIAOER_SHOP_ID", "demo")
        for name, file in (("XIAOER_ENGINE_TOKEN", "engine_token"), ("XIAOER_IDENTITY_SECRET", "identity_secret")):
            if not ours.get(name):
                ours[name] = self.secret(file)
        # A proxy of the machine must not stand between our own processes.
        for name in ("NO_PROXY", "no_proxy"):
            ours[name] = ",".join(filter(None, [ours.get(name, ""), "127.0.0.1", "localhost"]))
        return ours


def _make_secret(file: Path) -> None:
    """Write it whole under another name first: of two starts at once both read the one that came first, and neither an empty file."""
    draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as out:
            out.write(secrets.token_urlsafe(32))
        with contextlib.suppress(FileExistsError):
            os.link(draft, file)
    finally:
        draft.unlink()


def _switched_on(text: str) -> bool:
    return text.strip().lower() not in ("0", "false", "no")


def _port(text: str) -> int:
    if not text.strip():
        return PUBLIC_PORT
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise LaunchError(f"XIAOER_PORT is {text!r}, which is no port", "give a number from 1 to 65535")
    return int(text)
