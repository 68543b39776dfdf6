"""What the gateway is told from outside: environment and secrets, read once at start.

Secrets that the environment does not give are made at first start under ``XIAOER_HOME/secrets`` (directory 700, files
600) and are the same at every later start. A :class:`Secret` never shows its value in a repr, a log or a traceback.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

ROOT = Path(__file__).resolve().parent.parent

# RFC 7518 §3.2: an HS256 key is at least as long as the hash.
SHORTEST_SECRET = 32


# How the alert about waiting shoppers is said (gateway/waiting_forms.py).
WaitingForm = Literal["json", "wecom", "dingtalk", "feishu"]
WAITING_FORMS: tuple[WaitingForm, ...] = ("json", "wecom", "dingtalk", "feishu")


class SettingsError(Exception):
    """A setting that cannot be used; the message names the variable and the remedy."""


class Secret:
    """A text that must not be printed. ``reveal()`` is the only way to it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself: for signing and comparing only."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __reduce__(self) -> str:
        raise TypeError("a secret is not pickled")


@dataclass(frozen=True)
class Settings:
    """Everything the gateway reads from its environment. Times in seconds, sizes in bytes."""

    home: Path
    shop_id: str
    host: str
    port: int
    engine_urls: tuple[str, ...]
    actions_url: str
    database_url: str | None
    engine_token: Secret
    identity_secret: Secret
    integration_token: Secret
    token_key: Secret
    address_key: Secret
    trace_to_shopper: bool = False
    shop_origins: tuple[str, ...] = ()
    trusted_proxies: str | None = None
    rate_factor: float = 1.0
    engine_timeout: float = 8.0
    join_seconds: float = 3.0
    proactive: bool = True
    assign: bool = True
    proactive_tick: float = 30.0
    webhook_url: str | None = None
    webhook_secret: Secret | None = None
    waiting_url: str | None = None
    waiting_form: WaitingForm = "json"
    waiting_secret: Secret | None = None
    desk_url: str | None = None
    checkout: Path = ROOT
    live: Path | None = None  # the launcher's note of who is live (studio/releases.py, live.json)
    responses: Path = field(default=ROOT / "data" / "responses" / "smalltalk.yml")
    proactive_responses: Path = field(default=ROOT / "data" / "responses" / "proactive.yml")
    ticket_responses: Path = field(default=ROOT / "data" / "responses" / "tickets.yml")

    @property
    def attachments(self) -> Path:
        """Folder of the photos and videos that shoppers sent."""
        return self.home / "attachments"

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Settings:
        """Read the environment (default: the process's). Raises :class:`SettingsError` with the variable's name."""
        given = os.environ if env is None else env
        home = Path(given.get("XIAOER_HOME") or ROOT / "var").absolute()
        store = SecretStore(home / "secrets")

        def secret(variable: str, name: str) -> Secret:
            value = given.get(variable, "")
            if value and len(value.encode()) < SHORTEST_SECRET:
                raise SettingsError(
                    f"{variable} has {len(value.encode())} bytes; give at least {SHORTEST_SECRET}, or none to have one made"
                )
            return Secret(value) if value else store.get(name)

        responses = Path(given["XIAOER_RESPONSES"]) if given.get("XIAOER_RESPONSES") else ROOT / "data" / "responses"
        return cls(
            home=home,
            responses=responses / "smalltalk.yml",
            proactive_responses=responses / "proactive.yml",
            ticket_responses=responses / "tickets.yml",
            checkout=Path(given.get("XIAOER_CHECKOUT") or ROOT).absolute(),
            shop_id=given.get("XIAOER_SHOP_ID") or "demo",
            host=given.get("XIAOER_HOST") or "127.0.0.1",
            port=_number(given, "XIAOER_PORT", 8000, int),
            engine_urls=_addresses(given, "XIAOER_ENGINE_URLS", "http://127.0.0.1:5005"),
            actions_url=_addresses(given, "XIAOER_ACTIONS_URL", "http://127.0.0.1:5055/webhook")[0],
            database_url=given.get("XIAOER_DATABASE_URL") or None,
            # The engine's token is shared with a process of ours only, so its length is the operator's business.
            engine_token=Secret(given["XIAOER_ENGINE_TOKEN"]) if given.get("XIAOER_ENGINE_TOKEN") else store.get("engine_token"),
            identity_secret=secret("XIAOER_IDENTITY_SECRET", "identity_secret"),
            integration_token=secret("XIAOER_INTEGRATION_TOKEN", "integration_token"),
            token_key=secret("XIAOER_TOKEN_KEY", "token_key"),
            address_key=secret("XIAOER_ADDRESS_KEY", "address_key"),
            trace_to_shopper=given.get("XIAOER_TRACE_TO_SHOPPER", "") in ("1", "true", "yes"),
            shop_origins=tuple(given.get("XIAOER_SHOP_ORIGINS", "").replace(",", " ").split()),
            trusted_proxies=given.get("XIAOER_TRUSTED_PROXIES") or None,
            rate_factor=_number(given, "XIAOER_RATE_FACTOR", 1.0, float),
            proactive=given.get("XIAOER_PROACTIVE", "1") not in ("0", "false", "no"),
            assign=given.get("XIAOER_ASSIGN", "1") not in ("0", "false", "no"),
            proactive_tick=_number(given, "XIAOER_PROACTIVE_TICK", 30.0, float),
            webhook_url=_address(given, "XIAOER_WEBHOOK_URL"),
            webhook_secret=secret("XIAOER_WEBHOOK_SECRET", "webhook_secret") if given.get("XIAOER_WEBHOOK_URL") else None,
            waiting_url=_address(given, "XIAOER_WAITING_URL"),
            waiting_form=(form := _waiting_form(given)),
            waiting_secret=_waiting_secret(given, form, secret),
            desk_url=_address(given, "XIAOER_DESK_URL"),
            live=Path(given["XIAOER_LIVE"]) if given.get("XIAOER_LIVE") else None,
        )


class SecretStore:
    """Secrets kept in a folder, made when first asked for; safe when two processes start at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, name: str) -> Secret:
        """The secret of this name. Raises :class:`SettingsError` when the folder cannot be written or the file is empty."""
        path = self._folder / name
        try:
            if not path.exists():
                self._make(path)
            value = path.read_text(encoding="ascii").strip()
        except OSError as error:
            raise SettingsError(f"cannot read or make the secret {path}: {error.strerror}; set XIAOER_HOME to a folder of yours") from error
        if len(value) < SHORTEST_SECRET:
            raise SettingsError(f"the secret {path} is too short; delete the file to have a new one made")
        return Secret(value)

    def _make(self, path: Path) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._folder.chmod(0o700)
        draft = self._folder / f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}"
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48))
        try:
            # A link fails when the name is taken: of two processes that start at once, the first wins and both read its file.
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()


def _number[N: (int, float)](env: Mapping[str, str], name: str, default: N, kind: type[N]) -> N:
    text = env.get(name, "").strip()
    if not text:
        return default
    try:
        value = kind(text)
    except ValueError:
        raise SettingsError(f"{name}={text!r} is no number") from None
    if value < 0:
        raise SettingsError(f"{name}={text!r} is below zero")
    return value


def _address(env: Mapping[str, str], name: str) -> str | None:
    url = (env.get(name) or "").strip()
    if url and not re.match(r"https?://[^/\s@]+(?:[/?]|$)", url):
        # The value is not shown: it may hold a key.
        raise SettingsError(f"{name} is no address; write https://host/path, without a user or password in it")
    return url or None


def _waiting_form(env: Mapping[str, str]) -> WaitingForm:
    form = (env.get("XIAOER_WAITING_FORM") or "json").strip().lower()
    if form not in WAITING_FORMS:
        raise SettingsError(f"XIAOER_WAITING_FORM={form!r} is no form; allowed: {', '.join(WAITING_FORMS)}")
    return form


def _waiting_secret(env: Mapping[str, str], form: WaitingForm, ours: Callable[[str, str], Secret]) -> Secret | None:
    """Ours (made when none is given) for the shop's own system; a robot's is what its page shows, of any length, or none."""
    if not env.get("XIAOER_WAITING_URL"):
        return None
    if form == "json":
        return ours("XIAOER_WAITING_SECRET", "waiting_secret")
    given = env.get("XIAOER_WAITING_SECRET", "").strip()
    return Secret(given) if given else None


def _addresses(env: Mapping[str, str], name: str, default: str) -> tuple[str, ...]:
    urls = tuple(url.rstrip("/") for url in (env.get(name) or default).replace(",", " ").split())
    for url in urls:
        if not url.startswith(("http://", "https://")):
            raise SettingsError(f"{name}: {url!r} is no http address")
    return urls
