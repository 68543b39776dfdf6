"""Both Python environments, from their lock files, made by uv. A second call costs nothing."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from launch.errors import LaunchError
from launch.paths import ENGINE, ENGINE_ENV, ROOT, ROOT_ENV, TOOLS
from launch.progress import Progress

# The uv that made the lock files; any uv of the machine is taken first when there is one.
UV_VERSION = "0.13.9"
STAMP = ".xiaoer-stamp"


@dataclass(frozen=True)
class Environment:
    """One environment: its folder, its lock file, and the folder whose .python-version names its interpreter.

    `derives`: a module of ours that makes from its packages what would else be made at every first start.
    """

    name: str
    folder: Path
    home: Path
    derives: str = ""

    @property
    def lock(self) -> Path:
        """The requirements.lock with hashes."""
        return self.home / "requirements.lock"

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / "bin" / "python"

    @property
    def version(self) -> str:
        """The wanted Python, like "3.12", from .python-version."""
        return (self.home / ".python-version").read_text("ascii").split()[0]

    def fingerprint(self) -> str:
        """Changes when the lock or the wanted interpreter does."""
        return hashlib.sha256(self.lock.read_bytes() + self.version.encode()).hexdigest()

    def is_current(self) -> bool:
        """Whether it was made from this very lock and its interpreter still starts."""
        try:
            stamp = (self.folder / STAMP).read_text("ascii").strip()
        except OSError:
            return False
        # exists() follows the link to the base interpreter: false when that was removed or the checkout was moved.
        return stamp == self.fingerprint() and self.python.exists()


ENVIRONMENTS = (
    Environment("root", ROOT_ENV, ROOT),
    Environment("engine", ENGINE_ENV, ENGINE, "engine.nlu.derived"),
)


def install(progress: Progress, environments: Sequence[Environment] = ENVIRONMENTS) -> bool:
    """Make what is missing or older than its lock. Returns whether anything was done. LaunchError says what to do."""
    if all(environment.is_current() for environment in environments):
        return False
    with _one_at_a_time():
        wanted = [environment for environment in environments if not environment.is_current()]
        uv = find_uv(progress) if wanted else ""
        for environment in wanted:
            _make(uv, environment, progress)
        return bool(wanted)


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    TOOLS.mkdir(exist_ok=True)
    with (TOOLS / "install.lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        yield


def find_uv(progress: Progress) -> str:
    """The uv to use: the checkout's own, the machine's, or a freshly bootstrapped one in .tools/uv."""
    own = TOOLS / "uv" / "bin" / "uv"
    for candidate in (str(own), shutil.which("uv")):
        if candidate and _runs([candidate, "--version"]):
            return candidate
    with progress.step(f"fetching uv {UV_VERSION} into .tools/uv"):
        made = _call([sys.executable, "-m", "venv", "--clear", str(TOOLS / "uv")])
        if made.returncode:
            raise LaunchError(
                f"python3 -m venv failed: {_last_line(made.stderr or made.stdout)}",
                "install Python's venv module (on Debian and Ubuntu: apt-get install python3-venv), or put uv on PATH",
            )
        got = _call([str(TOOLS / "uv" / "bin" / "python"), "-m", "pip", "install", "--quiet", f"uv=={UV_VERSION}"])
        if got.returncode:
            raise LaunchError(
                f"pip could not install uv {UV_VERSION}: {_last_line(got.stderr)}",
                "check the network or set a mirror (README, 'Networks in China'), or put uv on PATH",
            )
    return str(own)


def _make(uv: str, environment: Environment, progress: Progress) -> None:
    with progress.step(f"finding Python {environment.version} for the {environment.name} environment"):
        interpreter = find_interpreter(uv, environment)
    if not _is_version(environment.python, environment.version):
        with progress.step(f"making {environment.folder.relative_to(ROOT)}"):
            _uv(uv, environment, "venv", "--quiet", "--clear", "--no-project", "--python", interpreter, str(environment.folder))
    with progress.step(f"installing {environment.lock.relative_to(ROOT)} (bytecode compiled)"):
        _uv(uv, environment, "pip", "sync", "--quiet", "--require-hashes", "--python", str(environment.python), str(environment.lock))
    if environment.derives:
        with progress.step("deriving the encoder and the dictionary"):
            done = _call([str(environment.python), "-m", environment.derives], ROOT)
        if done.returncode:
            raise LaunchError(
                f"{environment.derives} failed in the {environment.name} environment: {_last_line(done.stderr)}",
                f"delete {environment.folder} and run again; the whole message:\n{done.stderr.strip()}",
            )
    (environment.folder / STAMP).write_text(environment.fingerprint() + "\n", "ascii")


def find_interpreter(uv: str, environment: Environment) -> str:
    """A Python of the wanted version: the machine's, pyenv's, or one that uv fetches where it may."""
    version = environment.version
    found = _call([uv, "--directory", str(environment.home), "python", "find", "--no-project", version])
    path = found.stdout.strip()
    if found.returncode == 0 and _is_version(Path(path), version):
        return path
    # pyenv's shims answer only where its own configuration selects the version: look at what it has installed.
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    for candidate in sorted(pyenv.glob(f"versions/{version}*/bin/python{version}"), reverse=True):
        if _is_version(candidate, version):
            return str(candidate)
    fetched = _call([uv, "python", "install", "--quiet", version])
    if fetched.returncode == 0:
        found = _call([uv, "python", "find", "--no-project", version])
        if found.returncode == 0:
            return found.stdout.strip()
    raise LaunchError(
        f"Python {version} (for the {environment.name} environment) was not found and could not be fetched: {_last_line(fetched.stderr)}",
        f"install Python {version} (pyenv install {version}, or your system's packages), "
        "or let uv fetch it (UV_PYTHON_INSTALL_MIRROR where its usual source is out of reach), then run again",
    )


def _is_version(python: Path, version: str) -> bool:
    if not python.exists():
        return False
    told = _call([str(python), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"])
    return told.returncode == 0 and told.stdout.strip() == version


def _uv(uv: str, environment: Environment, *arguments: str) -> None:
    done = _call([uv, "--directory", str(environment.home), *arguments])
    if done.returncode:
        raise LaunchError(
            f"uv {' '.join(arguments[:2])} failed for the {environment.name} environment: {_last_line(done.stderr)}",
            f"check the network or set a mirror (README, 'Networks in China'); the whole message:\n{done.stderr.strip()}",
        )


def _call(command: list[str], where: Path | None = None) -> subprocess.CompletedProcess[str]:
    # Without a project nothing may be locked; an activated environment of the caller's must not be taken for ours.
    dropped = {"VIRTUAL_ENV", "UV_PROJECT", "UV_PROJECT_ENVIRONMENT", "CONDA_PREFIX", "PYTHONPATH", "PYTHONHOME"}
    environment = {name: value for name, value in os.environ.items() if name not in dropped}
    # PYTHONDONTWRITEBYTECODE is set on many machines: without compiling here every start would pay for it.
    environment["UV_COMPILE_BYTECODE"] = "1"
    environment.setdefault("UV_HTTP_TIMEOUT", "180")
    if environment.get("PIP_INDEX_URL"):
        environment.setdefault("UV_DEFAULT_INDEX", environment["PIP_INDEX_URL"])
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=where, env=environment, stdin=subprocess.DEVNULL)
    except OSError as error:
        return subprocess.CompletedProcess(command, 127, "", str(error))


def _runs(command: list[str]) -> bool:
    return _call(command).returncode == 0


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no message"
