"""Releases: what speaks, what may speak next, and what spoke before. The only way from an edited file to a shopper.

A release is a folder ``XIAOER_HOME/releases/<id>/`` with a copy of the content (studio/release_files.py, PARTS), the models trained from it
and ``release.json``. ``live.json`` names the one that speaks and the addresses of its processes; the link ``live`` leads to its
folder. Gateway and studio write wishes (``ask``), the launcher alone starts processes and changes who is live (launch/switch.py).

Standard library only and written for Python 3.9: the launcher imports it under the machine's python3.
"""

from __future__ import annotations

import fcntl
import re
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Literal

from studio.release_files import (
    LIVE_PARTS,
    ReleaseError,
    commit_of,
    copy_commit,
    copy_tree,
    differing,
    link_or_copy,
    lost_responses,
    read_note,
    write_note,
    write_whole,
)

__all__ = ["LINK", "LIVE", "LIVE_PARTS", "Release", "ReleaseError", "Releases", "differing"]

State = Literal["made", "trained", "live", "former", "refused"]
What = Literal["promote", "rollback", "try", "end"]
NOTE, LIVE, LINK, REQUESTS = "release.json", "live.json", "live", "requests"
ENDED = ("done", "failed")
# Older releases than these lose their model (30 MB each), then go altogether; live and former never do.
MODELS_KEPT, KEPT, REQUESTS_KEPT = 6, 30, 50
_ID = re.compile(r"[0-9]{8}-[0-9]{6}[0-9a-z-]*")


@dataclass
class Release:
    """One release. Times are ISO 8601 in UTC; ``model`` is a file name below ``folder/models``; ``why`` is what its maker said."""

    id: str
    folder: Path
    commit: str  # of the content; empty when it is of no commit
    made_at: str
    made_by: str
    model: str | None = None
    state: State = "made"
    figures: dict[str, Any] = field(default_factory=dict)
    published: list[dict[str, Any]] = field(default_factory=list)  # {paths, commit, by, why, at}, the oldest first
    why: str = ""
    code: str = ""  # hash of the code that it was first served with (launch/release.py)
    live_since: str | None = None

    @property
    def archive(self) -> Path | None:
        """The trained model, when it is there."""
        path = self.folder / "models" / self.model if self.model else None
        return path if path is not None and path.is_file() else None


def _now() -> datetime:
    return datetime.now(timezone.utc)


class Releases:
    """The releases of an installation. ``now`` is the clock of their times (a test's may be another)."""

    def __init__(self, home: Path, now: Callable[[], datetime] = _now) -> None:
        self.folder = home / "releases"
        self._now = now

    # -- reading

    def all(self) -> list[Release]:
        """Every release that can be read, the newest first."""
        found = (path for path in self.folder.glob("*") if _ID.fullmatch(path.name) and (path / NOTE).is_file())
        return [one for path in sorted(found, reverse=True) if (one := self._read(path)) is not None]

    def get(self, release_id: str) -> Release:
        """One by its id. ReleaseError when there is none."""
        found = self._read(self.folder / release_id) if _ID.fullmatch(release_id) else None
        if found is None:
            raise ReleaseError(f"版本 {release_id}", "没有这个版本", "请从版本列表里选一个")
        return found

    def live(self) -> Release | None:
        """The one that speaks; None before the first, or when its folder is damaged."""
        name = (self.addresses() or {}).get("release")
        return self._read(self.folder / name) if isinstance(name, str) and _ID.fullmatch(name) else None

    def former(self) -> Release | None:
        """The one that spoke before the live one: what a rollback goes back to."""
        name = (self.addresses() or {}).get("former")
        return self._read(self.folder / name) if isinstance(name, str) and _ID.fullmatch(name) else None

    def addresses(self) -> dict[str, Any] | None:
        """``{release, engine, actions, since, former, also: [{release, engine, actions, role}]}``; ``also`` runs beside the live ones.

        ``role``: ``candidate`` (started to be tried) or ``draining`` (was live, its last turns end).
        """
        return read_note(self.folder / LIVE)

    # -- making

    def make(self, checkout: Path, commit: str | None, by: str, why: str = "") -> Release:
        """A release of a commit's content, or (None) of the working tree as it is. ReleaseError when that is not whole."""
        whole = commit_of(checkout, commit or "HEAD")
        with self._alone():
            made_at = self._now()
            base = made_at.strftime("%Y%m%d-%H%M%S")
            names = (f"{base}{f'-{number}' if number else ''}" for number in range(1000))
            name = next(name for name in names if not (self.folder / name).exists())
            draft = self.folder / f".making-{name}-{secrets.token_hex(3)}"
            try:
                draft.mkdir()
                if commit is None:
                    copy_tree(checkout, draft)
                else:
                    copy_commit(checkout, commit, draft)
                (draft / "models").mkdir()
                release = Release(name, self.folder / name, whole, made_at.isoformat(), by, why=why)
                write_note(draft / NOTE, _plain(release))
                draft.replace(release.folder)
            except OSError as error:
                raise ReleaseError(str(self.folder), f"写不下去（{error.strerror or error}）", "请腾出磁盘空间，再试一次") from error
            finally:
                shutil.rmtree(draft, ignore_errors=True)
            self._prune()
        return release

    def keep(self, release: Release) -> None:
        """Write what is known of a release (model, state, figures). What was published into it meanwhile is kept."""
        with self._alone():
            known = self._read(release.folder)
            if known is not None:
                release.published = known.published
                release.live_since = known.live_since
                if known.state == "live" or release.state == "live":
                    release.state = known.state  # who is live is the launcher's to say
            write_note(release.folder / NOTE, _plain(release))

    def give_model(self, release: Release, archive: Path) -> None:
        """A trained model that fits the release's content, with the note that lies beside it."""
        note = archive.with_name(archive.name[: -len(".tar.gz")] + ".json")
        for path in (note, archive):
            if path.is_file():
                link_or_copy(path, release.folder / "models" / path.name)
        release.model = archive.name
        if release.state == "made":
            release.state = "trained"
        self.keep(release)

    def publish(self, texts: Mapping[str, str], commit: str, by: str, why: str = "") -> Release:
        """Put committed wording, rows or parameters into the live release: each file at once, the whole noted. ReleaseError: why not."""
        for path in texts:
            if not path.startswith(LIVE_PARTS) or not path.endswith(".yml") or ".." in path or "/." in path:
                raise ReleaseError(path, "这个文件要先训练才能生效，不能直接发布", "请在“检查与训练”页做一个候选版本")
        with self._alone():
            live = self.live()
            if live is None:
                raise ReleaseError("发布", "还没有正在使用的版本", "请先用 make run 启动一次")
            try:
                for path, text in sorted(texts.items()):
                    write_whole(live.folder / path, text.encode())
            except OSError as error:
                raise ReleaseError(str(live.folder), f"写不下去（{error.strerror or error}）", "请腾出磁盘空间，再试一次") from error
            live.published.append({"paths": sorted(texts), "commit": commit, "by": by, "why": why, "at": self._now().isoformat()})
            write_note(live.folder / NOTE, _plain(live))
        return live

    # -- wishes to the launcher

    def ask(self, what: What, release_id: str, by: str, why: str) -> str:
        """Ask the launcher to promote a release, to roll back to it, to start it for trying, or to end that; the request's id.

        Raises:
            ReleaseError: there is no such release, it has no model, or another change is under way.
        """
        release = self.get(release_id)
        with self._alone():
            if self.pending():
                raise ReleaseError("切换版本", "上一个切换还没有完成", "请等它完成，再试一次")
            if what != "end" and release.archive is None:
                raise ReleaseError(f"版本 {release_id}", "没有模型", "请先训练它，再切换")
            if what != "end" and release.state == "live":
                raise ReleaseError(f"版本 {release_id}", "正在使用", "不需要切换")
            name = f"{self._now().strftime('%Y%m%d-%H%M%S-%f')}-{secrets.token_hex(3)}"
            asked = {"id": name, "what": what, "release": release_id, "by": by, "why": why, "at": self._now().isoformat()}
            write_note(self.folder / REQUESTS / f"{name}.json", asked)
            for old in sorted((self.folder / REQUESTS).glob("*.json"))[: -2 * REQUESTS_KEPT]:
                old.unlink(missing_ok=True)
        return name

    def answer(self, request_id: str) -> dict[str, Any] | None:
        """``{state, detail, at}`` of a request; state is starting, warming, switched, done or failed. None: not taken up yet."""
        return read_note(self.folder / REQUESTS / f"{request_id}.answer.json") if re.fullmatch(r"[0-9a-f-]+", request_id) else None

    def asked(self, limit: int = 20) -> list[dict[str, Any]]:
        """The latest requests ``{id, what, release, by, why, at, answer}``, the newest first."""
        paths = sorted((p for p in (self.folder / REQUESTS).glob("*.json") if not p.name.endswith(".answer.json")), reverse=True)
        found = [one for path in paths[:limit] if (one := read_note(path)) is not None]
        return [{**one, "answer": self.answer(str(one["id"]))} for one in found]

    def pending(self) -> list[dict[str, Any]]:
        """Requests that have not ended, the oldest first."""
        found = self.asked(limit=2 * REQUESTS_KEPT)
        return [one for one in reversed(found) if one["answer"] is None or one["answer"]["state"] not in ENDED]

    # -- the launcher's side

    def reply(self, request_id: str, state: str, detail: str = "") -> None:
        """Say how far a request is (the launcher)."""
        write_note(self.folder / REQUESTS / f"{request_id}.answer.json", {"state": state, "detail": detail, "at": self._now().isoformat()})

    def go_live(
        self, release: Release, engine: str, actions: str, also: list[dict[str, Any]] | None = None, *, former: str | None = ""
    ) -> list[str]:
        """From now on this release speaks, at these addresses (the launcher). What was published into the one before since this one was
        made, or since it was live last, comes along; the relative paths of files that could not (responses would be lost).

        ``former``: the way back from now on, when it is not the one that spoke before (a switch that is undone).
        """
        with self._alone():
            before = self.live()
            left: list[str] = []
            addresses = self.addresses() or {}
            way_back = addresses.get("former")
            if before is not None and before.id != release.id:
                left = self._carry(before, release)
                way_back = before.id
                before.state = "former"
                write_note(before.folder / NOTE, _plain(before))
            moment = self._now().isoformat()
            since = addresses.get("since") if before is not None and before.id == release.id else moment
            release.state, release.live_since = "live", since
            write_note(release.folder / NOTE, _plain(release))
            link = self.folder / f".{LINK}.{secrets.token_hex(3)}"
            link.symlink_to(release.id)
            link.replace(self.folder / LINK)
            told = {
                "release": release.id,
                "engine": engine,
                "actions": actions,
                "since": since,
                "former": way_back if former == "" else former,
                "also": also or [],
            }
            write_note(self.folder / LIVE, told)
        return left

    def beside(self, also: list[dict[str, Any]]) -> None:
        """Which processes run beside the live ones (the launcher)."""
        with self._alone():
            write_note(self.folder / LIVE, {**(self.addresses() or {}), "also": also})

    # -- within

    def _carry(self, before: Release, release: Release) -> list[str]:
        since = max(release.made_at, release.live_since or "")
        later = [one for one in before.published if one["at"] > since]
        paths = sorted({path for one in later for path in one["paths"]})
        left = []
        for path in paths:
            source, target = before.folder / path, release.folder / path
            text = source.read_text("utf-8")
            if target.is_file() and lost_responses(target.read_text("utf-8"), text):
                left.append(path)
            else:
                write_whole(target, text.encode())
        release.published += later
        return left

    def _read(self, folder: Path) -> Release | None:
        noted = read_note(folder / NOTE)
        if noted is None:
            return None
        known = {one.name for one in fields(Release)}
        try:
            release = Release(**{**{key: value for key, value in noted.items() if key in known}, "folder": folder})
        except TypeError:
            return None
        live = (self.addresses() or {}).get("release") == release.id
        if live:
            release.state = "live"
        elif release.state == "live":
            release.state = "former"  # the switch away from it was cut off before it was noted
        if release.archive is None:
            release.model = None
        return release

    def _prune(self) -> None:
        addresses = self.addresses() or {}
        needed = {addresses.get("release"), addresses.get("former"), *(one.get("release") for one in addresses.get("also") or ())}
        needed |= {one["release"] for one in self.pending()}
        spare = [one for one in self.all() if one.id not in needed]
        for one in spare[MODELS_KEPT:]:
            for path in (one.folder / "models").glob("*.tar.gz"):
                path.unlink(missing_ok=True)
        for one in spare[KEPT:]:
            shutil.rmtree(one.folder, ignore_errors=True)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One writer at a time, across processes; the lock goes with its holder."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self.folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _plain(release: Release) -> dict[str, Any]:
    return {key: value for key, value in asdict(release).items() if key != "folder"}
