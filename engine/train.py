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
import tempfile
import time
from pathlib import Path
from typing import Any

import yaml

from engine import model_files, paths, periods

EXIT_CODES = {model_files.CURRENT: 0, model_files.STALE: 1, model_files.MISSING: 3, model_files.CORRUPT: 4}
DATA_ERROR = 2
KEEP = 5
# What of a response's variation is said; the rest (condition, metadata) stays in the files.
SAID = ("text", "image", "custom", "buttons", "attachment")


def train(folder: Path = paths.MODELS, *, force: bool = True, cold: bool = False, steps: bool = False) -> Path:
    """Train and note what the model was made from; returns the archive.

    Args:
        folder: where models go.
        force: train although Rasa finds nothing changed.
        cold: forget cached components and sentence vectors first.
        steps: print each component when its training begins and ends.

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
    if steps:
        hooks = logging.getLogger("rasa.engine.training.hooks")
        hooks.setLevel(logging.INFO)
        hooks.propagate = False
        hooks.addHandler(logging.StreamHandler(sys.stdout))
    folder.mkdir(parents=True, exist_ok=True)
    training = [str(one) for one in paths.TRAINING if one.exists() and one != paths.RESPONSES]
    if cold:
        from engine.nlu.derived import cache_folder

        for kept in cache_folder().glob("*.npz"):
            kept.unlink()
    with tempfile.TemporaryDirectory() as responses:
        spare_responses(paths.RESPONSES, Path(responses))
        result = rasa.api.train(
            domain=str(paths.DOMAIN),
            config=str(paths.CONFIG),
            training_files=[*training, responses],
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


def everyday_responses(folder: Path, out: Path) -> None:
    """Write the responses as a model may know them: what is dated comes and goes with the clock and is no part of any model."""
    for path in sorted(folder.rglob("*.yml")):
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        kept = {
            name: [one for one in variations if not one.keys() & set(periods.KEYS)] for name, variations in content["responses"].items()
        }
        (out / path.name).write_text(
            yaml.safe_dump({"version": content["version"], "responses": kept}, allow_unicode=True, sort_keys=False), encoding="utf-8"
        )


def spare_responses(folder: Path, out: Path) -> None:
    """Write the responses as a model keeps them: of each the one variation that is said should its file be unreadable at a start.

    What is said otherwise is read from the files (engine/nlg.py). Rasa reads the model's domain four times at every start, with a
    slow reader of YAML: all variations with their metadata took 1.5 of 10 seconds.
    """
    with tempfile.TemporaryDirectory() as everyday:
        everyday_responses(folder, Path(everyday))
        for path in sorted(Path(everyday).glob("*.yml")):
            content = yaml.safe_load(path.read_text(encoding="utf-8"))
            kept = {name: [_spare(variations)] for name, variations in content["responses"].items()}
            (out / path.name).write_text(
                yaml.safe_dump({"version": content["version"], "responses": kept}, allow_unicode=True, sort_keys=False), encoding="utf-8"
            )


def _spare(variations: list[dict[str, Any]]) -> dict[str, Any]:
    """The variation for everybody, else the first."""
    chosen = next((one for one in variations if not one.get("condition")), variations[0])
    return {key: value for key, value in chosen.items() if key in SAID}


def main(arguments: list[str] | None = None) -> int:
    """Command line; see the module's text for the exit codes."""
    parser = argparse.ArgumentParser(prog="python -m engine.train", description=__doc__)
    parser.add_argument("--check", action="store_true", help="only say whether the newest model is current")
    parser.add_argument("--force", action="store_true", help="train although the model is current, nothing taken from caches")
    parser.add_argument("--steps", action="store_true", help="print what is being trained")
    parser.add_argument("--everyday", type=Path, metavar="FOLDER", help="only write the responses that Rasa may read into FOLDER")
    parser.add_argument("--spare", type=Path, metavar="FOLDER", help="only write the responses that a model keeps into FOLDER")
    parser.add_argument("--out", type=Path, default=paths.MODELS, help="folder of the models")
    options = parser.parse_args(arguments)
    try:
        if options.everyday:
            everyday_responses(paths.RESPONSES, options.everyday)
            return 0
        if options.spare:
            spare_responses(paths.RESPONSES, options.spare)
            return 0
        known = model_files.state(options.out)
        print(known.reason)
        if options.check:
            return EXIT_CODES[known.state]
        if known.state == model_files.CURRENT and not options.force:
            return 0
        begun = time.monotonic()
        model = train(options.out, cold=options.force, steps=options.steps)
    except Exception as error:  # Rasa raises of many kinds for bad data; each becomes one readable line and an exit code
        logging.getLogger(__name__).debug("training failed", exc_info=True)
        cause = error.__cause__ or error
        print(f"engine.train: {type(error).__name__}: {error}" + (f" ({cause!r})" if cause is not error else ""), file=sys.stderr)
        return DATA_ERROR
    print(f"trained {model} in {time.monotonic() - begun:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
