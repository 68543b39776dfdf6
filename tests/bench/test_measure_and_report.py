"""The bench reports times that happened, and promises that are kept or missed."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from bench import endurance, long, report
from bench.measure import RestLine, Round, Talk, at_once, one_after_another, percentile, timed
from bench.replay import Day
from bench.run import missed, read_talks

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


class Recorder:
    """A line that notes what is said on it, and answers."""

    def __init__(self, heard: list[list[str]], answers: bool = True) -> None:
        self.said: list[str] = []
        self.released = 0
        self._answers = answers
        heard.append(self.said)

    def say(self, text: str) -> int:
        """One turn; silent until the talk was taken back, when it is one that a person has."""
        self.said.append(text)
        return int(self._answers or self.released > 0)

    def release(self) -> None:
        """Taken back from a person."""
        self.released += 1

    def close(self) -> None:
        """Nothing to close."""


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


def test_a_talk_that_a_person_has_is_taken_back_and_the_line_said_again() -> None:
    heard: list[list[str]] = []
    line, told = Recorder(heard, answers=False), Round()
    timed(line, "在吗", told)
    assert (line.said, line.released) == (["在吗", "在吗"], 1)
    assert (len(told.times), told.unanswered) == (1, 0)


@pytest.mark.parametrize(("rank", "value"), [(50, 5.0), (95, 10.0), (99, 10.0), (10, 1.0)])
def test_a_percentile_is_a_time_that_happened(rank: float, value: float) -> None:
    assert percentile([float(number) for number in range(10, 0, -1)], rank) == value


def test_turn_200_is_measured_with_the_words_of_turn_8() -> None:
    heard: list[list[str]] = []
    cycle = Talk("round and round", "c01", ("a", "b", "c", "d", "e", "f"))
    told = long.compare(lambda talk: Recorder(heard), cycle, talks=2)
    aged, fresh = heard[0], heard[1]
    assert (len(heard), len(aged), len(fresh)) == (4, 200, 8)
    assert aged[-6:] == fresh[-6:]
    assert told["talks"] == 2
    with pytest.raises(ValueError, match="different messages"):
        long.compare(lambda talk: Recorder(heard), Talk("five", "c01", ("a", "b", "c", "d", "e")), talks=1)


def test_the_talk_of_the_long_part_fits_its_length() -> None:
    heard: list[list[str]] = []
    for cycle in read_talks(key="long"):
        assert long.compare(lambda talk: Recorder(heard), cycle, talks=1)["turns"] == 200


def test_memory_is_sampled_until_the_last_turn(url: str) -> None:
    told = endurance.run(lambda talk: RestLine(url, talk), [TALK], {"bench": os.getpid()}, 40, 20, 2, lambda text: None)
    assert told["turns"] >= 40
    assert told["start"]["turns"] == 20
    assert [one["turns"] for one in told["samples"]] == sorted({one["turns"] for one in told["samples"]})
    assert told["end"]["bench"] > 1


def figures(stock: float, ours: float, **others: Any) -> dict[str, Any]:
    """Figures of a run in which stock takes ``stock`` of everything and ours ``ours``; speed is the inverse."""

    def side(cost: float) -> dict[str, Any]:
        turns = {"p50_ms": cost}
        at_8 = {"messages_a_second": 1000 / cost}
        return {"train_s": cost, "ready_s": cost, "memory_mb": cost, "seen": turns, "unseen": turns, "at_8": at_8}

    return {"ours": side(ours), "stock": side(stock), **others}


def test_promises_are_judged_by_ratio() -> None:
    alone = {
        "engine": {"seen": {"p50_ms": 10.0}},
        "opening": {"welcome_ms": 400, "welcome_p95_ms": 500, "reply_ms": 450, "reply_p95_ms": 600, "limit_ms": 400, "repetitions": 30},
        "gateway": {"seen": {"p50_ms": 20.0}},
        "long": {"turn_5_ms": 10.0, "turn_200_ms": 13.0, "talks": 1, "turns": 200},
        "stored": {"empty": {"p50_ms": 10.0}, "full": {"p50_ms": 12.0}},
        "suggestions": {"p95_ms": 300.0, "limit_ms": 300.0, **dict.fromkeys(("agents", "asked", "a_second", "p50_ms", "engine_away"), 1)},
        "replay": {**Day([2.0], [6.0], [2], 3, 2).figures(), "unedited_share": 0.6},
    }
    kept = report.ratios(figures(100, 12.5, **alone))
    assert all(told["holds"] for told in kept.values())
    assert missed({"ratios": kept}) == []
    slower = {
        "opening": {"welcome_ms": 401, "limit_ms": 400},
        "engine": {"seen": {"p50_ms": 10.0}},
        "gateway": {"seen": {"p50_ms": 21.0}},
        "long": {"turn_5_ms": 10.0, "turn_200_ms": 13.1},
        "stored": {"empty": {"p50_ms": 10.0}, "full": {"p50_ms": 12.1}},
        "suggestions": {"p95_ms": 303.0, "limit_ms": 300.0},
        "replay": Day([2.0], [6.1], [3], 1, 2).figures(),
    }
    late = report.ratios(figures(100, 66, **slower))
    assert not any(told["holds"] for told in late.values())
    assert len(list(missed({"ratios": late}))) == len(report.PROMISES)


def test_what_was_not_measured_is_said_so() -> None:
    told = report.ratios(figures(1, 1) | {"stock": {}})
    assert told["training time, to stock"]["holds"] is None
    assert missed({"ratios": told}) == []
    text = report.table({"ratios": told})
    assert "not measured" in text
    assert "p95" not in text  # rows without any figure are left out


def test_the_report_says_under_which_conditions_it_was_measured() -> None:
    told = figures(100, 10)
    told |= {"quick": True, "examples": 2872, "machine": {"cores": 2, "cpu": "a cpu", "load_at_start": 3.0}, "ratios": report.ratios(told)}
    told["stock"] |= {"train_kept": 1, "train_at": "2026-11-22T12:00:00+00:00", "train_busy": 0.5}
    text = report.table(told)
    for word in ("2872 training examples", "2 cores", "no measurement", "busy when this began", "2026-11-22T12:00:00", "50%"):
        assert word in text


def test_the_scripted_talks_are_long_enough_and_differ() -> None:
    talks = read_talks()
    assert len({talk.name for talk in talks}) == len(talks) >= 6
    assert all(10 <= len(talk.turns) <= 25 for talk in talks)
