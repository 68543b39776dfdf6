"""What the gateway is told from outside: environment and secrets, read once at start.

Secrets that the environment does not give are made at first start under ``XIAOER_HOME/secrets`` (directory 700, files
600) and are the same at every later start. A :class:`Secret` never shows its value in a repr, a log or a traceback.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# RFC 7518 §3.2: an HS256 key is at least as long as the hash.
SHORTEST_SECRET = 32


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
    responses: Path = field(default=ROOT / "data" / "responses" / "smalltalk.yml")

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

        return cls(
            home=home,
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


def _addresses(env: Mapping[str, str], name: str, default: str) -> tuple[str, ...]:
    urls = tuple(url.rstrip("/") for url in (env.get(name) or default).replace(",", " ").split())
    for url in urls:
        if not url.startswith(("http://", "https://")):
            raise SettingsError(f"{name}: {url!r} is no http address")
    return urls
