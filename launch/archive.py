"""A backup file: one .tar.gz with a manifest in front, written whole or not at all, readable by its owner alone.

The manifest names every file with size and SHA-256; nothing is unpacked that it does not name or that differs from it.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from launch.errors import LaunchError

FORMAT = 1
MANIFEST = "manifest.json"
_CHUNK = 1024 * 1024
_MOST_MANIFEST = 64 * 1024 * 1024


def write(target: Path, manifest: Mapping[str, Any], files: Mapping[str, Path]) -> dict[str, Any]:
    """Write the files under their names with the manifest in front; returns the manifest as written.

    The file appears under its name only when it is complete, on the disk and verified. LaunchError when that fails; nothing is left then.
    """
    draft = target.with_name(f".{target.name}.part")
    described: dict[str, dict[str, Any]] = {
        name: {"size": path.stat().st_size, "sha256": sha256(path)} for name, path in sorted(files.items())
    }
    whole = {"format": FORMAT, **manifest, "files": described}
    try:
        draft.unlink(missing_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            with tarfile.open(fileobj=out, mode="w:gz", compresslevel=6) as archive:
                _add(archive, MANIFEST, io.BytesIO(content := _json(whole)), len(content))
                for name in described:
                    with files[name].open("rb") as file:
                        _add(archive, name, file, described[name]["size"])
            out.flush()
            os.fsync(out.fileno())
        if verify(draft) != whole:
            raise LaunchError(f"the backup {target} does not read back as it was written", "the disk may be failing: write to another one")
        draft.replace(target)
        _sync(target.parent)
    except OSError as error:
        raise LaunchError(
            f"the backup {target} could not be written: {error.strerror or error}", "make room, or name another folder"
        ) from error
    finally:
        draft.unlink(missing_ok=True)
    return whole


def verify(path: Path) -> dict[str, Any]:
    """The manifest, after every byte was read and compared with it. LaunchError names what is damaged."""
    return _read(path, None)


def unpack(path: Path, folder: Path) -> dict[str, Any]:
    """Verify and unpack into a folder of this user alone; the manifest. LaunchError names what is damaged."""
    return _read(path, folder)


def manifest_of(path: Path) -> dict[str, Any]:
    """Only the manifest, checked for its format. LaunchError when the file is no backup or is of a newer version."""
    with _opened(path) as archive:
        return _manifest(path, archive)[0]


def sha256(path: Path) -> str:
    """SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for chunk in iter(lambda: file.read(_CHUNK), b""):
            digest.update(chunk)
    return digest.hexdigest()


@contextmanager
def _opened(path: Path) -> Iterator[tarfile.TarFile]:
    if not path.is_file():
        raise LaunchError(f"there is no backup {path}", "name the file: make restore FILE=var/backups/xiaoer-….tar.gz")
    try:
        with tarfile.open(path, mode="r:gz") as archive:
            yield archive
    except (tarfile.TarError, EOFError, OSError) as error:
        raise LaunchError(f"the backup {path} is damaged: {str(error) or type(error).__name__}", "take another backup file") from error
    except Exception as error:  # zlib says its own things about broken bytes
        if isinstance(error, LaunchError):
            raise
        raise LaunchError(f"the backup {path} is damaged: {error}", "take another backup file") from error


def _manifest(path: Path, archive: tarfile.TarFile) -> tuple[dict[str, Any], Iterator[tarfile.TarInfo]]:
    members = iter(archive)
    first = next(members, None)
    content = archive.extractfile(first) if first is not None and first.name == MANIFEST and first.size < _MOST_MANIFEST else None
    if content is None:
        raise LaunchError(f"{path} is no backup of Xiaoer: it begins with no {MANIFEST}", "name a file that `make backup` wrote")
    try:
        manifest = json.loads(content.read())
        number = int(manifest["format"])
    except (ValueError, KeyError, TypeError) as error:
        raise LaunchError(f"the backup {path} is damaged: its manifest cannot be read", "take another backup file") from error
    if number > FORMAT:
        raise LaunchError(
            f"the backup {path} was made by a newer version of Xiaoer (format {number}, this one reads {FORMAT})",
            f"update the checkout{_commit(manifest)} and restore again",
        )
    return manifest, members


def _commit(manifest: Mapping[str, Any]) -> str:
    return f" (it was made at commit {manifest['commit'][:12]})" if manifest.get("commit") else ""


def _read(path: Path, folder: Path | None) -> dict[str, Any]:
    with _opened(path) as archive:
        manifest, members = _manifest(path, archive)
        files: dict[str, dict[str, Any]] = dict(manifest["files"])
        for member in members:
            expected = files.pop(member.name, None)
            content = archive.extractfile(member) if member.isfile() else None
            if expected is None or content is None:
                raise LaunchError(f"the backup {path} is damaged: it holds {member.name}, which its manifest does not name", "take another")
            if _copied(content, folder / _inside(path, member.name) if folder is not None else None) != expected["sha256"]:
                raise LaunchError(f"the backup {path} is damaged: {member.name} is not what its manifest says", "take another backup file")
        if files:
            raise LaunchError(f"the backup {path} is damaged: {next(iter(files))} is missing", "take another backup file")
        return manifest


def _inside(path: Path, name: str) -> Path:
    """A name of the archive as a path below the folder it is unpacked to."""
    relative = Path(name)
    if relative.is_absolute() or ".." in relative.parts:
        raise LaunchError(f"{path} is no backup of Xiaoer: it wants to write {name}", "name a file that `make backup` wrote")
    return relative


def _copied(content: IO[bytes], target: Path | None) -> str:
    digest = hashlib.sha256()
    if target is None:
        for chunk in iter(lambda: content.read(_CHUNK), b""):
            digest.update(chunk)
        return digest.hexdigest()
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        for chunk in iter(lambda: content.read(_CHUNK), b""):
            digest.update(chunk)
            out.write(chunk)
        out.flush()
        os.fsync(out.fileno())
    return digest.hexdigest()


def _add(archive: tarfile.TarFile, name: str, content: IO[bytes], size: int) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = size, 0o600, int(time.time())
    archive.addfile(member, content)


def _json(value: Mapping[str, Any]) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
