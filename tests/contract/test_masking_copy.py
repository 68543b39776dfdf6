"""The engine masks as the rest does: its copy of policy/masking is the same, and every process masks its logs."""

from __future__ import annotations

from tests.contract.project import ROOT

OURS, COPY = ROOT / "policy" / "masking", ROOT / "engine" / "masking"


def test_the_engines_copy_is_the_same() -> None:
    files = sorted(path.name for path in OURS.iterdir() if path.suffix in (".py", ".yml"))
    assert files == sorted(path.name for path in COPY.iterdir() if path.suffix in (".py", ".yml"))
    different = [name for name in files if (OURS / name).read_bytes() != (COPY / name).read_bytes()]
    assert not different, f"run `cp policy/masking/*.py policy/masking/*.yml engine/masking/`: {different}"


def test_every_process_masks_its_logs_before_it_does_anything_else() -> None:
    for name in ("gateway/__main__.py", "actions/serve.py", "engine/serve.py"):
        assert "masking.logs" in (ROOT / name).read_text("utf-8"), name
