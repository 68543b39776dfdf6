"""`python -m engine.content_check --out found.json`: what Rasa has against the content, and what else only a training would find.

The content is that of engine/paths.py (XIAOER_CONTENT or the project). Written is a list of `{step, severity, text}`:

- `read`: a file that Rasa cannot read (nothing else is looked at then);
- `validate`: Rasa's own `data validate`. An unused phrase is no finding: what an action says is "unused" to Rasa;
- `recipe`: what Rasa's training checks of pipeline, policies and data against each other;
- `rules`: contradicting and incomplete rules, which only the training of RulePolicy rejects;
- `data_files`: our own data (data/lookup), which the components read when they are made.

Exit code 0 = looked at everything, whatever was found; 2 = cannot.
"""

from __future__ import annotations

import argparse
import json
import logging
import re
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from engine import paths

ERROR, WARNING = "error", "warning"
# "Unused" in Rasa's eyes only (the actions say it, the wishes need it), and other packages' own news.
_NOISE = re.compile(
    r"is not used in any story or rule|pkg_resources is deprecated|Deprecated call to|deprecat|^Slot auto-fill has been removed"
)
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_MORE = re.compile(r"\s*More info at \S+")
# Each contradiction is a line of its own in the exception of RulePolicy.
_RULE = re.compile(r"^- (.+)$", re.MULTILINE)


class Found:
    """What was found so far."""

    def __init__(self) -> None:
        self.items: list[dict[str, str]] = []

    def add(self, step: str, severity: str, text: str) -> None:
        """Keep a finding unless it is noise or known."""
        plain = _MORE.sub("", _COLOUR.sub("", text)).strip()
        item = {"step": step, "severity": severity, "text": plain}
        if plain and not _NOISE.search(plain) and item not in self.items:
            self.items.append(item)

    @contextmanager
    def of(self, step: str, severity: str = WARNING) -> Iterator[None]:
        """Keep the warnings, logged warnings and the exception of what is done inside."""
        told: list[str] = []
        handler = _Listener(told)
        logging.getLogger("rasa").addHandler(handler)
        try:
            with warnings.catch_warnings(record=True) as warned:
                warnings.simplefilter("always")
                try:
                    yield
                except Exception as error:  # Rasa raises of many kinds for bad content; each is a finding
                    for text in _RULE.findall(str(error)) or [f"{type(error).__name__}: {error}"]:
                        self.add(step, ERROR, text)
            for one in warned:
                if not issubclass(one.category, DeprecationWarning | PendingDeprecationWarning | ResourceWarning):
                    self.add(step, severity, str(one.message))
            for text in told:
                self.add(step, severity, text)
        finally:
            logging.getLogger("rasa").removeHandler(handler)


class _Listener(logging.Handler):
    """Rasa tells some of its findings (contradicting stories) to its log alone."""

    def __init__(self, told: list[str]) -> None:
        super().__init__(logging.WARNING)
        self._told = told

    def emit(self, record: logging.LogRecord) -> None:
        self._told.append(record.getMessage())


def check(say: Callable[[str], None] = lambda _: None) -> list[dict[str, str]]:
    """Everything that Rasa and our components have against the content; `say` hears which step begins."""
    paths.set_defaults()
    from rasa.shared.importers.importer import TrainingDataImporter
    from rasa.utils.log_utils import configure_structlog

    from engine.train import everyday_responses

    configure_structlog(logging.WARNING)
    found = Found()
    with tempfile.TemporaryDirectory(prefix="xiaoer-responses-") as responses:
        say("read")
        with found.of("read"):
            # Dates of wording are ours (docs/dates.md): Rasa's schema knows none, so it reads what a model is trained on.
            everyday_responses(paths.RESPONSES, Path(responses))
        training = [str(one) for one in paths.TRAINING if one.exists() and one != paths.RESPONSES]
        importer = TrainingDataImporter.load_from_config(str(paths.CONFIG), str(paths.DOMAIN), [*training, responses])
        with found.of("read"):
            importer.get_domain(), importer.get_stories(), importer.get_nlu_data(), importer.get_config()
        if not any(one["severity"] == ERROR for one in found.items):
            say("validate")
            _validate(found, importer)
            say("recipe")
            _recipe(found, importer)
            say("rules")
            _rules(found, importer)
    say("data_files")
    _data_files(found)
    return found.items


def _validate(found: Found, importer: Any) -> None:
    from rasa.validator import Validator

    with found.of("validate"):
        validator = Validator.from_importer(importer)
    # One step at a time: a fault in one (Rasa's own code fails on some) hides nothing that another finds.
    for severity, step in (
        (ERROR, "verify_domain_validity"),
        (ERROR, "verify_form_slots"),
        (ERROR, "verify_slot_mappings"),
        (ERROR, "verify_actions_in_stories_rules"),
        (ERROR, "verify_forms_in_stories_rules"),
        (WARNING, "verify_nlu"),
        (ERROR, "verify_story_structure"),
    ):
        with found.of("validate", severity):
            getattr(validator, step)()


def _recipe(found: Found, importer: Any) -> None:
    from rasa.engine.recipes.recipe import Recipe
    from rasa.graph_components.validators.default_recipe_validator import DefaultV1RecipeValidator
    from rasa.shared.data import TrainingType

    with found.of("recipe"):
        recipe = Recipe.recipe_for_name("default.v1")
        schema = recipe.graph_config_for_recipe(importer.get_config(), {}, training_type=TrainingType.BOTH).train_schema
        DefaultV1RecipeValidator(schema).validate(importer)


def _rules(found: Found, importer: Any) -> None:
    from rasa.core.policies.rule_policy import RulePolicy
    from rasa.engine.graph import ExecutionContext, GraphSchema
    from rasa.engine.storage.local_model_storage import LocalModelStorage
    from rasa.engine.storage.resource import Resource
    from rasa.shared.core.generator import TrainingDataGenerator

    policies = (yaml.safe_load(paths.CONFIG.read_text("utf-8")) or {}).get("policies") or []
    own = next((dict(one) for one in policies if str(one.get("name", "")).rpartition(".")[2] == "RulePolicy"), None)
    if own is None:
        return
    own.pop("name")
    with tempfile.TemporaryDirectory(prefix="xiaoer-rules-") as folder, found.of("rules", ERROR):
        domain = importer.get_domain()
        trackers = TrainingDataGenerator(importer.get_stories(), domain, augmentation_factor=0).generate()
        policy = RulePolicy.create(
            {**RulePolicy.get_default_config(), **own},
            LocalModelStorage(Path(folder)),
            Resource("rules"),
            ExecutionContext(GraphSchema({}), node_name="rules"),
        )
        policy.train(trackers, domain)


def _data_files(found: Found) -> None:
    from engine.nlu.files import lookups

    with found.of("data_files"):
        lookups()


def main(arguments: list[str] | None = None) -> int:
    """Command line; see the module's text."""
    parser = argparse.ArgumentParser(prog="python -m engine.content_check", description="what Rasa has against the content")
    parser.add_argument("--out", type=Path, required=True, help="JSON file for the findings")
    options = parser.parse_args(arguments)
    found = check(lambda step: print(f"step {step}", flush=True))
    try:
        options.out.write_text(json.dumps(found, ensure_ascii=False, indent=1), "utf-8")
    except OSError as problem:
        print(f"engine.content_check: {problem}", file=sys.stderr)
        return 2
    print(f"{len(found)} findings")
    return 0


if __name__ == "__main__":
    sys.exit(main())
