"""How releases lie on the disk: whole files or none, copies of a checkout's content, small JSON notes.

Standard library only and written for Python 3.9: the launcher imports it under the machine's python3.
"""

from __future__ import annotations

import io
import json
import os
import re
import secrets
import shutil
import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# What a release holds of the checkout. Everything else (the Python beside the tests' data too) is code and belongs to no release.
PARTS = ("data", "domain.yml", "config.yml", "policy/tables", "tests/nlu", "tests/stories")
# What is read again while it is spoken from: no model has to be trained for it.
LIVE_PARTS = ("data/responses/", "policy/tables/")
_RESPONSE = re.compile(r"^ {2}(utter_\w+):", re.M)


class ReleaseError(ValueError):
    """Something cannot be released. ``place``: which release, file or setting; ``remedy``: what to do. Chinese, for staff."""

    def __init__(self, place: str, problem: str, remedy: str) -> None:
        super().__init__(f"{place}：{problem}。{remedy}")
        self.place = place
        self.problem = problem
        self.remedy = remedy


def write_whole(path: Path, content: bytes) -> None:
    """Replace a file at once: a reader sees the old content or the new. The folder is made when it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # No name that a reader of the folder (*.yml) would take up.
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with draft.open("wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def write_note(path: Path, content: Mapping[str, Any]) -> None:
    """A small JSON file, written whole."""
    write_whole(path, (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode())


def read_note(path: Path) -> dict[str, Any] | None:
    """What ``write_note`` wrote; None when there is none or it is no JSON object."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def copy_tree(checkout: Path, into: Path) -> None:
    """The content of a working tree as it is now.

    Raises:
        ReleaseError: a part of it is missing or cannot be read.
    """
    for part in PARTS:
        source, target = checkout / part, into / part
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns(".*", "__pycache__", "*.py", "*~"))
            else:
                shutil.copy2(source, target)
        except (OSError, shutil.Error) as error:
            raise ReleaseError(str(source), f"读不出来（{error}）", "请确认这个文件夹是完整的项目目录") from error


def copy_commit(checkout: Path, commit: str, into: Path) -> None:
    """The content of a commit, whatever lies in the working tree.

    Raises:
        ReleaseError: no git, no such commit, or a part of the content is not in it.
    """
    if not re.fullmatch(r"[0-9A-Za-z][0-9A-Za-z._/^~-]*", commit):
        raise ReleaseError(commit, "不是一个提交", "请给出提交的编号")
    try:
        done = subprocess.run(
            ["git", "-C", str(checkout), "archive", "--format=tar", commit, "--", *PARTS], capture_output=True, check=False, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ReleaseError(str(checkout), "git 用不了", "请安装 git，再试一次") from error
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise ReleaseError(f"提交 {commit[:12]}", said[-1] if said else "取不出来", "请确认这个提交在本仓库里，内容也完整")
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        for member in archive:
            target = into / member.name
            content = archive.extractfile(member) if member.isfile() else None
            if content is not None and ".." not in target.parts and target.suffix != ".py":
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content.read())


def commit_of(checkout: Path, name: str) -> str:
    """The commit that a name (HEAD, a branch, a shortened id) stands for; empty without git or such a commit."""
    command = ["git", "-C", str(checkout), "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def head_of(checkout: Path) -> str:
    """The commit that is checked out; empty without git or a first commit."""
    return commit_of(checkout, "HEAD")


def contents(folder: Path) -> dict[str, bytes]:
    """The files of a checkout's or a release's content by relative path; what cannot be read is left out."""
    found: dict[str, bytes] = {}
    for part in PARTS:
        start = folder / part
        for path in sorted(start.rglob("*")) if start.is_dir() else [start]:
            hidden = any(name.startswith(".") or name == "__pycache__" for name in path.relative_to(folder).parts)
            if path.is_file() and not hidden and not path.name.endswith((".py", "~")):
                found[path.relative_to(folder).as_posix()] = path.read_bytes()
    return found


def differing(one: Path, other: Path) -> list[str]:
    """Relative paths of content that is not the same in both folders, sorted."""
    left, right = contents(one), contents(other)
    return sorted(path for path in left.keys() | right.keys() if left.get(path) != right.get(path))


def link_or_copy(source: Path, target: Path) -> None:
    """The same bytes under another name: a hard link where the disk allows it (models are never changed in place)."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def lost_responses(old: str, new: str) -> list[str]:
    """Names of responses that a file had and would not have any more."""
    return sorted(set(_RESPONSE.findall(old)) - set(_RESPONSE.findall(new)))
