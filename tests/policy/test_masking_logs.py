"""Real log output of a process of its own: nothing personal in it, whoever logs and however."""

from __future__ import annotations

import json
import logging
import subprocess
import sys

import pytest

from policy.masking.logs import MaskingFilter, mask
from tests.contract.project import ROOT
from tests.policy.test_masking import PERSONAL

PROGRAM = """
import json, logging, sys
from {package}.masking.logs import install
install(); install()
logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(levelname)s %(name)s %(message)s")
lines = json.loads(sys.stdin.read())
for place, line in enumerate(lines):
    log = logging.getLogger(f"library.{{place % 3}}")
    if place % 3 == 0:
        log.info("got %s", line)
    elif place % 3 == 1:
        log.warning(json.dumps({{"event": line}}))
    else:
        try:
            raise ValueError(line)
        except ValueError:
            log.exception("it failed")
logging.getLogger("odd").info("%d of them", "卡号6222021234567890128")
raise RuntimeError("电话13800138000")
"""


@pytest.mark.parametrize("package", ["policy", "engine"])
def test_two_hundred_sentences_leave_no_trace_in_what_a_process_logs(package: str) -> None:
    said = json.dumps([sentence for sentence, _ in PERSONAL])
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(package=package)],
        input=said,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
        cwd=ROOT,
    )
    written = done.stdout + done.stderr
    assert done.returncode == 1
    assert written.count("ValueError") >= len(PERSONAL) // 3 - 1
    assert "library.1" in written
    assert "RuntimeError" in written
    left = [(sentence, part) for sentence, parts in PERSONAL for part in parts if len(part) > 1 and part in written]
    assert not left
    assert "6222021234567890128" not in written
    assert "13800138000" not in written


def test_a_line_about_the_program_itself_stays_readable() -> None:
    line = "2026-11-22 10:00:01,123 INFO gateway.turns going on with 12 talks (c_Ab3dEf9) at 127.0.0.1:8000 in 35.2 ms, row pr_q_ex_01"
    assert mask(line) == line
    assert len(mask("a" * 100_000)) < 10_000


def test_the_filter_masks_for_one_handler() -> None:
    record = logging.LogRecord("x", logging.INFO, "f", 1, "call %s", ("13800138000",), None)
    assert MaskingFilter().filter(record)
    assert record.getMessage() == "call [手机号]"
