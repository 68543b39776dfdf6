"""Files that are derived once from installed packages: the encoder's graph and pieces, jieba's dictionary.

`make install` derives them into the engine's environment, whose packages they belong to (`python -m engine.nlu.derived`). Where they are
missing they are made at first use, in the environment or, where that cannot be written, in `<XIAOER_HOME>/cache`; loss of them costs
seconds.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from engine.nlu.files import ROOT


def cache_folder() -> Path:
    """`<XIAOER_HOME>/cache`: the sentence vectors of the training data, and what cannot be kept in the environment."""
    folder = Path(os.environ.get("XIAOER_HOME") or ROOT / "var") / "cache"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def derived(name: str, make: Callable[[Path], None]) -> Path:
    """The folder `name` with what `make` writes into it; `name` holds the version of all that it depends on.

    Raises:
        OSError: neither place can be written.
    """
    places = [Path(sys.prefix) / "share" / "xiaoer" / name, cache_folder() / name]
    for place in places:
        if place.is_dir():
            return place
    try:
        return _made(places[0], make)
    except OSError:
        return _made(places[1], make)


def _made(target: Path, make: Callable[[Path], None]) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        draft.chmod(0o755)
        make(draft)
        # In one step, so that no other process sees half of it.
        draft.rename(target)
    except OSError:
        # Another process was quicker.
        if not target.is_dir():
            raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return target


def main() -> None:
    """Derive everything; prints where it is."""
    from engine.nlu import e5_files, frequencies

    for part in (e5_files.folder, frequencies.folder):
        print(part())


if __name__ == "__main__":
    main()
