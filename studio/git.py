"""git as the studio uses it: plumbing commands with an index of their own, so that nobody's half-made commit is touched."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from studio.errors import StudioError

SECONDS = 60


class GitError(Exception):
    """git refused; the text is what it said."""


class Git:
    """git in the checkout ``root``."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def __call__(self, *arguments: str, given: str | bytes | None = None, env: Mapping[str, str] | None = None) -> str:
        """What the command prints. GitError when git refuses, StudioError when there is no git."""
        # The environment of whoever started the server may point git elsewhere (GIT_DIR in a hook).
        clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        clean |= {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", **(env or {})}
        command = ["git", "-c", "core.quotePath=false", "-c", "core.fsmonitor=false", *arguments]
        sent = given.encode("utf-8") if isinstance(given, str) else given
        try:
            done = subprocess.run(command, cwd=self.root, input=sent, capture_output=True, check=False, timeout=SECONDS, env=clean)
        except FileNotFoundError:
            if self.root.is_dir():
                raise StudioError("git", "没有安装 git", "安装 git（例如 apt install git）后再试") from None
            raise StudioError(str(self.root), "没有这个目录", "把 XIAOER_CHECKOUT 指到项目的 git 目录") from None
        except subprocess.TimeoutExpired:
            raise StudioError("git", f"{SECONDS} 秒没有结果", "看看磁盘是否正常，再试一次") from None
        if done.returncode != 0:
            raise GitError(done.stderr.decode("utf-8", "replace").strip() or f"git {arguments[0]}: {done.returncode}")
        return done.stdout.decode("utf-8", "replace")
