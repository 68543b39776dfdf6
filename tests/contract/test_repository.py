"""What a clone must hold and must not hold."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.contract.project import HAN, ROOT, python_files, relative, strings_in

LONGEST_FILE = 450
# Hosts of package registries and download sites: a clone must work from any mirror, so no file names one.
REGISTRY = re.compile(
    r"\b(?:files\.python" + r"hosted\.org|(?:test\.)?py" + r"pi\.org|registry\.npm" + r"js\.org|registry\.yarn" + r"pkg\.com|deb\.deb"
    r"ian\.org|mirrors?\.[a-z]+\.(?:com|cn|edu\.cn)|pypi\.[a-z.]+\.(?:cn|com))\b"
)


def tracked() -> list[Path]:
    """Files that git tracks, and new ones that it would."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def test_models_folder_is_in_a_clone() -> None:
    assert (ROOT / "models" / ".gitkeep").is_file()


@pytest.mark.parametrize(
    "name", ["README.md", "CHANGELOG.md", "LICENSE", "docs/decisions.md", ".ci/run", ".python-version", "engine/.python-version"]
)
def test_a_clone_holds(name: str) -> None:
    assert (ROOT / name).is_file()


def test_no_lock_file_that_names_a_registry() -> None:
    forbidden = {"uv.lock", "poetry.lock", "package-lock.json", "yarn.lock", "pnpm-lock.yaml"}
    assert not [relative(path) for path in tracked() if path.name in forbidden]


def test_no_file_names_a_registry_host() -> None:
    wrong = []
    for path in tracked():
        if path.stat().st_size > 2_000_000 or path.suffix in {".png", ".jpg", ".webp", ".gz"}:
            continue
        found = REGISTRY.search(path.read_text("utf-8", "replace"))
        if found:
            wrong.append(f"{relative(path)}: {found.group()}")
    assert not wrong, "\n".join(wrong)


def test_both_locks_have_hashes() -> None:
    for lock in (ROOT / "requirements.lock", ROOT / "engine" / "requirements.lock"):
        text = lock.read_text("utf-8")
        assert text.count("--hash=sha256:") >= len(re.findall(r"^[a-z0-9][\w.\[\]-]*==", text, re.M)) > 10
        # A requirement is followed by its hashes, never by the next requirement.
        assert not re.search(r"^[a-z0-9][^\n]*==[^\n\\]*$", text, re.M), relative(lock)


def test_every_requirement_asked_for_is_locked() -> None:
    for folder in (ROOT, ROOT / "engine"):
        asked = re.findall(r"^([A-Za-z0-9][\w.-]*)", (folder / "requirements.in").read_text("utf-8"), re.M)
        locked = {
            re.sub(r"[-_.]+", "-", name).lower()
            for name in re.findall(r"^([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?==", (folder / "requirements.lock").read_text("utf-8"), re.M)
        }
        assert not [name for name in asked if re.sub(r"[-_.]+", "-", name).lower() not in locked], folder


def test_every_make_target_of_the_readme_exists() -> None:
    named = set(re.findall(r"\bmake ([a-z][a-z-]*)", "\n".join(re.findall(r"`[^`]*`", (ROOT / "README.md").read_text("utf-8")))))
    named |= set(re.findall(r"^make ([a-z][a-z-]*)", (ROOT / "README.md").read_text("utf-8"), re.M))
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text("utf-8"), re.M))
    assert named, "the README names no target"
    assert not named - targets


def test_every_target_has_a_line_of_help() -> None:
    text = (ROOT / "Makefile").read_text("utf-8")
    assert not re.findall(r"^([a-z][a-z-]*):(?!.*##).*$", text, re.M)


def test_every_path_of_the_readme_exists() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    named = re.findall(r"`([\w.-]+(?:/[\w.-]+)*/?)`", text)
    made_later = ("var/", ".tools/", "bench/out/", "evaluate/out/", ".venv")
    paths = [name for name in named if ("/" in name or name.endswith((".md", ".yml"))) and not name.startswith(made_later)]
    assert not [name for name in paths if not (ROOT / name).exists()]


def test_every_variable_of_the_environment_is_documented() -> None:
    documented = set(re.findall(r"`(XIAOER_[A-Z_]+)`", (ROOT / "README.md").read_text("utf-8")))
    read = set()
    for path in python_files("launch", "gateway", "actions", "shop", "engine"):
        read |= {text for _, text in strings_in(path) if re.fullmatch(r"XIAOER_[A-Z_]+", text)}
    # Set by the launcher for its own processes and nobody else's business.
    assert not read - documented - {"XIAOER_ENGINE_PORT", "XIAOER_ACTIONS_PORT"}


def test_no_file_is_two_rooms_in_one() -> None:
    long = {
        relative(path): lines
        for path in tracked()
        if path.suffix in {".py", ".js"} and (lines := len(path.read_text("utf-8").splitlines())) > LONGEST_FILE
    }
    assert not long


def test_no_sentence_for_a_shopper_in_actions() -> None:
    wrong = [
        f"{relative(path)}:{line}: {text[:40]!r}" for path in python_files("actions") for line, text in strings_in(path) if HAN.search(text)
    ]
    assert not wrong, "\n".join(wrong)


def test_no_loose_ends_in_code() -> None:
    # Written in pieces, so that this file is not its own finding.
    words = ["TO" + "DO", "FIX" + "ME", "XX" + "X"]
    forms = [
        r"raise NotImpl" + "ementedError",
        r"pytest\.mark\.(?:sk" + r"ip|xf" + r"ail)\b",
        r"pytest\.sk" + r"ip\(",
        "assert Tr" + r"ue\b",
        "# type: ig" + "nore$",
        "# no" + "qa$",
    ]
    loose = re.compile("|".join([rf"\b(?:{'|'.join(words)})\b", *forms]), re.M)
    wrong = []
    for path in tracked():
        if path.suffix in {".py", ".yml", ".js"}:
            wrong += [f"{relative(path)}: {found.group()}" for found in loose.finditer(path.read_text("utf-8"))]
    assert not wrong, "\n".join(wrong)
