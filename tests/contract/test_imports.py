"""Who may import whom (architecture §2). A new edge is a decision, not an accident."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from tests.contract.project import ROOT, python_files, relative

ALLOWED: dict[str, set[str]] = {
    "policy": set(),
    "shop": {"policy.facts", "policy.parameters", "policy.promotions", "policy.validity", "policy.knowledge", "policy.wording"},
    "actions": {"policy", "shop"},
    "gateway": {"policy", "shop", "studio"},
    "engine": set(),
    "launch": {"studio.releases"},
    "studio": {"policy"},
}
PACKAGES = sorted(ALLOWED)
OURS = {*ALLOWED, "bench", "evaluate", "tests"}
# Run only while the database's schema is brought up to date or as programs of their own; same rules, no exceptions so far.


def imported(path: Path) -> set[str]:
    """Absolute dotted names that a file imports, `from a import b` as both a and a.b."""
    package = path.relative_to(ROOT).with_suffix("").parts
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                base = ".".join([*package[: -node.level], *([node.module] if node.module else [])])
            found |= {base} | {f"{base}.{alias.name}" for alias in node.names}
    return found


def crosses(package: str, name: str) -> bool:
    """Whether importing `name` from `package` is an edge that nobody allowed."""
    top = name.split(".")[0]
    if top not in OURS or top == package:
        return False
    return not any(name == allowed or name.startswith(allowed + ".") for allowed in ALLOWED[package]) and not any(
        allowed.startswith(name + ".") for allowed in ALLOWED[package]
    )


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_imports_only_what_it_may(package: str) -> None:
    wrong = [
        f"{relative(path)} imports {name}" for path in python_files(package) for name in sorted(imported(path)) if crosses(package, name)
    ]
    assert not wrong, "\n".join(wrong)


def test_the_check_sees_a_forbidden_import() -> None:
    assert crosses("policy", "shop.db")
    assert crosses("shop", "policy.decide")
    assert crosses("gateway", "actions.base")
    assert not crosses("shop", "policy.facts")
    assert not crosses("actions", "policy.decide")


def test_policy_needs_only_the_standard_library_and_yaml() -> None:
    known = {*sys.stdlib_module_names, "yaml", "policy"}
    wrong = [
        f"{relative(path)} imports {name}"
        for path in python_files("policy")
        for name in sorted(imported(path))
        if name.split(".")[0] not in known
    ]
    assert not wrong, "\n".join(wrong)


def test_the_launcher_needs_only_the_standard_library() -> None:
    known = {*sys.stdlib_module_names, "launch", "studio"}
    wrong = [
        f"{relative(path)} imports {name}"
        # With what it uses of the studio (studio.releases), which the launcher's python3 runs too.
        for path in [*python_files("launch"), ROOT / "studio" / "__init__.py", *sorted((ROOT / "studio").glob("release*.py"))]
        for name in sorted(imported(path))
        if name.split(".")[0] not in known
    ]
    assert not wrong, "\n".join(wrong)


def test_the_launcher_is_written_for_python_3_9() -> None:
    """The grammar; annotations are never evaluated (every file imports them from __future__)."""
    for path in [*python_files("launch"), *sorted((ROOT / "studio").glob("release*.py"))]:
        text = path.read_text("utf-8")
        ast.parse(text, str(path), feature_version=(3, 9))
        assert "from __future__ import annotations" in text or path.name == "__init__.py", relative(path)


def test_only_the_engine_imports_rasa() -> None:
    others = [package for package in PACKAGES if package != "engine"]
    files = python_files(*others, "bench", "evaluate")
    wrong = [relative(path) for path in files if any(name.split(".")[0] == "rasa" for name in imported(path))]
    assert not wrong, wrong
