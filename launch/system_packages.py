"""System parts that only tests need: installed by apt where this is allowed, else the one command is printed."""

from __future__ import annotations

import glob
import os
import shutil
import subprocess

from launch.errors import LaunchError
from launch.progress import Progress

_POSTGRES = "/usr/lib/postgresql/*/bin/postgres"


def missing() -> list[str]:
    """Debian packages that the tests need and this machine has not."""
    wanted = []
    if not any(shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")):
        wanted.append("chromium")
    if not _has_chinese_font():
        wanted.append("fonts-noto-cjk")
    if not shutil.which("postgres") and not glob.glob(_POSTGRES):  # noqa: PTH207 - an absolute pattern
        wanted.append("postgresql")
    return wanted


def install_missing(progress: Progress) -> None:
    """Install them, or raise LaunchError with the command that does."""
    packages = missing()
    if not packages:
        return
    command = f"apt-get update && apt-get install -y --no-install-recommends {' '.join(packages)}"
    if shutil.which("apt-get") is None:
        raise LaunchError(f"the tests need {', '.join(packages)}", "install them with your system's package manager")
    if os.geteuid() != 0:
        raise LaunchError(f"the tests need {', '.join(packages)}", f"run: sudo sh -c '{command}'")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with progress.step(f"installing {', '.join(packages)} (apt)"):
        for step in (["apt-get", "update", "-q"], ["apt-get", "install", "-y", "-q", "--no-install-recommends", *packages]):
            done = subprocess.run(step, env=quiet, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
            if done.returncode:
                end = done.stderr.strip().splitlines()
                raise LaunchError(f"{' '.join(step[:2])} failed: {end[-1] if end else 'no message'}", f"run: {command}")


def _has_chinese_font() -> bool:
    if shutil.which("fc-list") is None:
        return False
    listed = subprocess.run(["fc-list", ":lang=zh", "family"], capture_output=True, text=True, check=False)
    return bool(listed.stdout.strip())
