"""The work of the background jobs: check everything, train a candidate, compare it with the live release.

Runs in the process of studio/work.py. A candidate is a release of HEAD (studio/releases.py); what came out of its training and its exam
stands in its ``figures`` and in ``report.json`` in its folder.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from studio import deep_check, exams, gate
from studio.deep_check import LAST, digest
from studio.errors import StudioError
from studio.findings import Finding
from studio.guard import look
from studio.jobs import ROOT, write
from studio.release_files import ReleaseError, copy_tree, head_of
from studio.releases import Release, Releases
from studio.work import Worker
from studio.workspace import Workspace

REPORT, EXAM = "report.json", "exam.json"
SPEED_MESSAGES = 40
# Shares of a training's time by its steps, as measured (docs/decisions.md).
TRAINED_PART = re.compile(r"Finished training component|Starting to train component")
COMPONENTS = 9  # of config.yml that train; more only means that the bar waits at its end


def check(worker: Worker) -> dict[str, Any]:
    """All findings of the working tree: ours, Rasa's, and what only a training would reject. Kept as the last look at everything."""
    content = worker.folder / "content"
    try:
        worker.part("ours", 0.02, 0.15)
        workspace = Workspace(worker.checkout)
        stamp = digest(workspace)
        found = look(workspace)
        worker.part("rasa", 0.15, 0.98)
        _copied(worker.checkout, content)
        said = deep_check.ask(worker, content)
        found = deep_check.merged(found, deep_check.findings(said, workspace))
    finally:
        shutil.rmtree(content, ignore_errors=True)
    counted = {severity: sum(one.severity == severity for one in found) for severity in ("error", "warning", "info")}
    write(
        worker.home / "jobs" / LAST,
        {
            "at": _now(),
            "by": worker.asked.get("by"),
            "commit": head_of(worker.checkout),
            "digest": stamp,
            "findings": [asdict(one) for one in found],
        },
    )
    return {"counted": counted}


def train(worker: Worker) -> dict[str, Any]:
    """A candidate of HEAD: made, trained, compared. StudioError when the content has errors or the training fails."""
    worker.part("make", 0.0, 0.03)
    begun = time.monotonic()
    releases = Releases(worker.home)
    commit = head_of(worker.checkout)
    if not commit:
        raise StudioError("版本", "工作目录不是 git 仓库，或者还没有提交", "在终端运行 git init 并提交一次")
    release = _tidy(lambda: releases.make(worker.checkout, commit, str(worker.asked.get("by") or ""), str(worker.asked.get("why") or "")))
    write(worker.folder / "release.json", {"id": release.id})
    try:
        worker.part("train", 0.05, 0.6)
        _trained(worker, releases, release, begun)
    except StudioError:
        raise
    except BaseException:
        # Cancelled, or a defect of ours: nobody can use half a release.
        shutil.rmtree(release.folder, ignore_errors=True)
        raise
    return _compared(worker, releases, release, 0.6)


def compare(worker: Worker) -> dict[str, Any]:
    """An existing candidate held against the live release again."""
    releases = Releases(worker.home)
    release = _tidy(lambda: releases.get(str(worker.asked["options"]["release"])))
    if release.archive is None:
        raise StudioError(f"版本 {release.id}", "没有模型", "重新训练一个候选版本")
    return _compared(worker, releases, release, 0.0)


KINDS: Mapping[str, Callable[[Worker], dict[str, Any]]] = {"check": check, "train": train, "compare": compare}


def _trained(worker: Worker, releases: Releases, release: Release, begun: float) -> None:
    components = 0
    said: list[str] = []
    wrong: list[Finding] = []

    def ours() -> None:
        wrong.extend(one for one in look(Workspace(release.folder)) if one.severity == "error")

    # Our own checks take ten seconds of a core: beside the training, which begins with as long a wait for Rasa's imports.
    checking = threading.Thread(target=ours, name="checks", daemon=True)
    checking.start()

    def hear(line: str) -> None:
        nonlocal components
        if not checking.is_alive():
            _refuse_wrong(releases, release, wrong)
        if TRAINED_PART.search(line):
            components += 1
            worker.within(min(components / (2 * COMPONENTS), 1.0))
        said.append(line)

    content = {"XIAOER_CONTENT": str(release.folder)}
    code = worker.engine(["-m", "engine.train", "--steps", "--out", str(release.folder / "models")], content, hear)
    checking.join()
    _refuse_wrong(releases, release, wrong)
    models = sorted((release.folder / "models").glob("*.tar.gz"))
    if code or not models:
        # Why, as a list with places: the trainer itself ends at the first thing it minds.
        worker.part("why", 0.6, 0.9)
        found = [
            one for one in deep_check.findings(deep_check.ask(worker, release.folder), Workspace(release.folder)) if one.severity == "error"
        ]
        _refuse(releases, release, found)
        last = next((line for line in reversed(said) if line.startswith("engine.train:")), "训练没有完成")
        if found:
            raise StudioError(f"{found[0].path} {found[0].key or ''}".strip(), f"训练不接受：{found[0].what}", found[0].remedy)
        raise StudioError("训练", last, "看日志；在“检查”页做一次全面检查")
    release.model, release.state = models[-1].name, "trained"
    release.figures["train"] = {"seconds": round(time.monotonic() - begun, 1), "at": _now(), "examples": _examples(release.folder)}
    releases.keep(release)


def _compared(worker: Worker, releases: Releases, release: Release, begin: float) -> dict[str, Any]:
    """The exam of the candidate and, on the same tests, of the live release; figures, report and gate."""
    live = releases.live()
    live = live if live is not None and live.id != release.id and live.archive is not None else None
    corpus = exams.real_file()
    asked = [*exams.questions(release.folder), *exams.real_questions(corpus)]
    middle = begin + (1 - begin) * (0.55 if live else 0.95)
    worker.part("exam", begin, middle)
    candidate = _side(worker, release, asked, release.folder)
    other: exams.Side | None = None
    if live is not None:
        worker.part("exam_live", middle, 0.98)
        other = _side(worker, live, asked, release.folder)
    worker.part("report", 0.98, 1.0)
    mine, theirs = exams.compare(asked, candidate, other)
    verdicts = gate.judge(mine, theirs) if other is not None else []
    blocked = gate.blocked(verdicts)
    weak = exams.by_intent(asked, candidate, other)
    judged = {
        "at": _now(),
        "against": live.id if live else None,
        "passed": not blocked,
        "verdicts": [asdict(one) for one in verdicts],
        "blocked": [one.name for one in blocked],
    }
    release.figures = {
        **release.figures,
        **mine,
        "live": theirs,
        "gate": judged,
        "intents": {
            **mine.get("intents", {}),
            "of": {one["intent"]: {key: one[key] for key in ("n", "right", "accuracy", "taken_for")} for one in weak},
        },
        "corpus": corpus is not None,
    }
    write(
        release.folder / REPORT,
        {
            "release": release.id,
            "at": _now(),
            "against": live.id if live else None,
            "figures": mine,
            "live": theirs,
            "gate": judged,
            "intents": weak,
            "messages": exams.failing(asked, candidate, other),
            "dialogues": exams.failing_dialogues(candidate, other),
            "corpus": corpus is not None,
        },
    )
    releases.keep(release)
    return {"release": release.id, "passed": not blocked, "blocked": [one.name for one in blocked]}


def _side(worker: Worker, release: Release, asked: Sequence[exams.Question], tests: Path) -> exams.Side:
    """How a release reads the questions. What it was asked before it is not asked again: a model's answers do not change."""
    assert release.archive is not None
    stories = tests / "tests" / "stories"
    mark = {
        "model": _hash([release.archive]),
        "code": _hash(sorted((ROOT / "engine").glob("*.py")) + sorted((ROOT / "engine" / "nlu").rglob("*.py"))),
    }
    told = _hash(sorted(stories.rglob("*.yml")))
    known = _known(release.folder / EXAM, mark)
    kept: dict[str, Any] = known.get("answers") or {}
    # Of a real message every wish counts, of ours the intent that it was written for.
    whole = {one.text for one in asked if one.source == "real"}
    keys = {one.text: f"{exams.text_id(one.text)}{'w' if one.text in whole else ''}" for one in asked}
    missing = [text for text, key in keys.items() if key not in kept]
    own = [one.text for one in asked if one.source == "own"]
    timed = own[:: max(1, len(own) // SPEED_MESSAGES)][:SPEED_MESSAGES]
    if missing or known.get("told") != told:
        found = _asked(
            worker,
            release,
            {
                "questions": [text for text in missing if text not in whole],
                "whole": [text for text in missing if text in whole],
                "stories": None if known.get("told") == told else str(stories),
                "speed": timed,
                "vectors": str(worker.home / "cache" / "exam-vectors.npz"),
            },
        )
        kept |= {
            keys[one["text"]]: {key: value for key, value in one.items() if key in ("classifier", "classifier_share", "wishes")}
            for one in found["answers"]
        }
        dialogues = known["dialogues"] if known.get("told") == told else found["stories"]
        known = {**mark, "told": told, "answers": kept, "dialogues": dialogues, "speed": {**found["speed"], "counted": len(timed)}}
        write(release.folder / EXAM, known)
    readings = {one.text: exams.Reading.of(kept[keys[one.text]]) for one in asked}
    served, intents = exams.Served.read(release.folder), exams.intents_of(release.folder)
    return exams.Side(readings, intents, served, known["dialogues"], known["speed"])


def _asked(worker: Worker, release: Release, what: Mapping[str, Any]) -> dict[str, Any]:
    """What engine.exam answers for a release's model."""
    question, answer = worker.folder / "asked.json", worker.folder / "answered.json"
    write(question, what)
    answer.unlink(missing_ok=True)
    said: list[str] = []

    def hear(line: str) -> None:
        match = re.match(r"step questions ([\d.]+)", line)
        if match:
            worker.within(0.3 + 0.6 * float(match[1]))
        said.append(line)

    arguments = ["-m", "engine.exam", "--model", str(release.archive), "--questions", str(question), "--out", str(answer)]
    try:
        code = worker.engine(arguments, {"XIAOER_CONTENT": str(release.folder)}, hear)
        if code or not answer.is_file():
            last = next((line for line in reversed(said) if line.strip()), "没有输出")
            raise StudioError(f"版本 {release.id}", f"测试没有做完（{last[:200]}）", "看日志，再比较一次")
        found: dict[str, Any] = json.loads(answer.read_text("utf-8"))
    finally:
        # Both hold messages; of real ones the text is kept nowhere.
        question.unlink(missing_ok=True)
        answer.unlink(missing_ok=True)
    return found


def _known(file: Path, mark: Mapping[str, str]) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) and all(found.get(key) == value for key, value in mark.items()) else {}


def _hash(paths: Sequence[Path]) -> str:
    whole = hashlib.sha256()
    for path in paths:
        whole.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()[:24]


def _refuse_wrong(releases: Releases, release: Release, wrong: Sequence[Finding]) -> None:
    if wrong:
        _refuse(releases, release, wrong)
        first = wrong[0]
        raise StudioError(f"{first.path} {first.key or ''}".strip(), f"有 {len(wrong)} 处错误，第一处：{first.what}", first.remedy)


def _refuse(releases: Releases, release: Release, wrong: Sequence[Finding]) -> None:
    release.state = "refused"
    release.figures["refused"] = {"at": _now(), "findings": [asdict(one) for one in wrong[:100]]}
    releases.keep(release)


def _copied(checkout: Path, into: Path) -> None:
    def copy() -> None:
        into.mkdir(parents=True)
        copy_tree(checkout, into)

    _tidy(copy)


def _tidy[R](work: Callable[[], R]) -> R:
    """Errors of releases as those of the studio: the page shows one kind."""
    try:
        return work()
    except ReleaseError as error:
        raise StudioError(error.place, error.problem, error.remedy) from error


def _examples(content: Path) -> int:
    return sum(
        line.lstrip().startswith("- ") for path in (content / "data" / "nlu").glob("*.yml") for line in path.read_text("utf-8").splitlines()
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
