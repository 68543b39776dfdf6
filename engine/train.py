"""`python -m engine.train [--check | --force]`: train a model into models/.

`--check` only says whether the newest model is current: exit code 0 current, 1 stale, 3 missing, 4 corrupt (no import of
Rasa, under a second). Without an option it trains unless the model is current; `--force` trains anyway. Exit code 2: the
data does not fit together (each problem is named above it).
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import time
from pathlib import Path

from engine import model_files, paths

EXIT_CODES = {model_files.CURRENT: 0, model_files.STALE: 1, model_files.MISSING: 3, model_files.CORRUPT: 4}
DATA_ERROR = 2
KEEP = 5


def train(folder: Path = paths.MODELS, *, force: bool = True, cold: bool = False) -> Path:
    """Train and note what the model was made from; returns the archive.

    Args:
        folder: where models go.
        force: train although Rasa finds nothing changed.
        cold: forget cached components and sentence vectors first.

    Raises:
        ValueError: Rasa refused the data.
    """
    # Rasa's cache of components costs more hashing than it saves; what is dear, the sentence vectors, we keep ourselves.
    os.environ.setdefault("RASA_MAX_CACHE_SIZE", "0")
    paths.set_defaults()
    made_from = model_files.fingerprint()
    import rasa.api
    from rasa.utils.log_utils import configure_structlog

    # Unconfigured, Rasa's structlog prints every debug line (hundreds of thousands of them).
    configure_structlog(logging.WARNING)
    logging.getLogger("rasa").setLevel(logging.WARNING)
    folder.mkdir(parents=True, exist_ok=True)
    training = [str(one) for one in paths.TRAINING if one.exists()]
    if cold:
        from engine.nlu.segment import cache_folder

        for kept in cache_folder().glob("*.npz"):
            kept.unlink()
    result = rasa.api.train(
        domain=str(paths.DOMAIN),
        config=str(paths.CONFIG),
        training_files=training,
        output=str(folder),
        force_training=force,
        # Longer talks glued from stories teach nothing to policies that look at one turn.
        core_additional_arguments={"augmentation_factor": 0},
    )
    if result.code or not result.model:
        raise ValueError(f"Rasa ended with code {result.code} and no model")
    model = Path(result.model)
    model_files.write_note(model, made_from)
    for old in sorted(folder.glob("*.tar.gz"), key=lambda path: path.stat().st_mtime)[:-KEEP]:
        model_files.note_path(old).unlink(missing_ok=True)
        old.unlink()
    return model


def main(arguments: list[str] | None = None) -> int:
    """Command line; see the module's text for the exit codes."""
    parser = argparse.ArgumentParser(prog="python -m engine.train", description=__doc__)
    parser.add_argument("--check", action="store_true", help="only say whether the newest model is current")
    parser.add_argument("--force", action="store_true", help="train although the model is current, nothing taken from caches")
    parser.add_argument("--out", type=Path, default=paths.MODELS, help="folder of the models")
    options = parser.parse_args(arguments)
    try:
        known = model_files.state(options.out)
        print(known.reason)
        if options.check:
            return EXIT_CODES[known.state]
        if known.state == model_files.CURRENT and not options.force:
            return 0
        begun = time.monotonic()
        model = train(options.out, cold=options.force)
    except Exception as error:  # Rasa raises of many kinds for bad data; each becomes one readable line and an exit code
        logging.getLogger(__name__).debug("training failed", exc_info=True)
        cause = error.__cause__ or error
        print(f"engine.train: {type(error).__name__}: {error}" + (f" ({cause!r})" if cause is not error else ""), file=sys.stderr)
        return DATA_ERROR
    print(f"trained {model} in {time.monotonic() - begun:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
