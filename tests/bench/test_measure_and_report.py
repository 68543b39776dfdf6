"""The bench reports times that happened, and promises that are kept or missed."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from bench import report
from bench.__main__ import read_talks
from bench.measure import RestLine, Talk, at_once, one_after_another, percentile

TALK = Talk("two lines", "c01", ("一", "二"))


class Rasa(BaseHTTPRequestHandler):
    """Rasa's REST channel as far as the bench needs it: one reply to everything, none to 二."""

    def do_POST(self) -> None:
        """One turn."""
        told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert told["metadata"]["customer_id"] == "c01"
        body = json.dumps([] if told["message"] == "二" else [{"text": "好"}]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Silent."""


@pytest.fixture
def url() -> Iterator[str]:
    """A server on a free loopback port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Rasa)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_every_turn_is_timed_and_silence_is_counted(url: str) -> None:
    told = one_after_another(lambda talk: RestLine(url, talk), [TALK, TALK])
    assert len(told.times) == 4
    assert (told.unanswered, told.failed) == (2, 0)
    assert told.summary()["messages_a_second"] > 0


def test_eight_talk_at_once(url: str) -> None:
    told = at_once(lambda talk: RestLine(url, talk), [TALK], shoppers=8, each=2)
    assert len(told.times) == 32
    assert (told.unanswered, told.failed) == (16, 0)


def test_a_dead_engine_is_failure_not_silence() -> None:
    told = one_after_another(lambda talk: RestLine("http://127.0.0.1:9", talk), [TALK])
    assert (told.failed, told.unanswered) == (2, 0)


@pytest.mark.parametrize(("rank", "value"), [(50, 5.0), (95, 10.0), (99, 10.0), (10, 1.0)])
def test_a_percentile_is_a_time_that_happened(rank: float, value: float) -> None:
    assert percentile([float(number) for number in range(10, 0, -1)], rank) == value


def figures(p50: float, speed: float, train: float, memory: float) -> dict[str, Any]:
    """One side's figures."""
    return {"train_s": train, "memory_mb": memory, "alone": {"p50_ms": p50}, "at_once": {"p50_ms": p50, "messages_a_second": speed}}


def test_promises_are_judged_by_ratio() -> None:
    kept = report.ratios(figures(10, 50, 20, 700), figures(20, 20, 100, 1000))
    assert all(told["holds"] for told in kept.values())
    missed = report.ratios(figures(11, 49, 26, 760), figures(20, 20, 100, 1000))
    assert not any(told["holds"] for told in missed.values())


def test_what_was_not_measured_is_said_so() -> None:
    told = report.ratios({"train_s": None}, figures(1, 1, 1, 1))
    assert told["training time"]["holds"] is None
    text = report.table({"ours": {}, "stock": {}, "gateway": {}, "ratios": told})
    assert "not measured" in text


def test_the_scripted_talks_are_long_enough_and_differ() -> None:
    talks = read_talks()
    assert len({talk.name for talk in talks}) == len(talks) >= 6
    assert all(10 <= len(talk.turns) <= 25 for talk in talks)
