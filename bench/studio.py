"""The studio's pages with much data: 20,000 examples, 300 stories, 50,000 inbox messages, 100,000 stored ones; milliseconds a call.

    python -m bench.studio [--json FILE]

Every call that a page makes when it is opened is measured three ways: the first one of all, the first after a file has changed (its
caches are void then), and the median of five more. Exit code 1 when one after a change takes longer than the promise of a second. The
gateway runs in this process without a network, on SQLite; engine and shoppers are not part of it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Engine, insert

from gateway.app import make_app, make_services
from gateway.settings import Settings
from policy.intent_names import intents
from shop.clock import Clock, local_day
from shop.db import make_engine, migrate, writing
from shop.models import Conversation, InboxRow, Message
from shop.seed import seed
from tests.gateway.staff_support import Worker
from tests.gateway.support import FakeEngine, Gateway
from tests.studio.support import git, make_checkout

EXAMPLES, STORIES, INBOX, TALKS = 20_000, 300, 50_000, 10_000
LIMIT_MS = 1_000.0
AGAIN = 5
# Words of no shopper: examples are told apart by them, and share enough n-grams to be near each other.
WORDS = (
    "这件",
    "那款",
    "黑色的",
    "大一号",
    "昨天买的",
    "想问",
    "还有吗",
    "怎么退",
    "多久到",
    "能换",
    "便宜点",
    "发票",
    "尺码",
    "快递",
    "颜色",
    "面料",
)
# What each page asks for when it is opened, and on its first use.
PAGES: dict[str, str] = {
    "morning": "/studio/morning",
    "figures": "/studio/figures",
    "figures: messages": "/studio/figures/lines?kind=asked&intent=ask_stock",
    "week": "/studio/week",
    "state": "/studio/state",
    "changes": "/studio/history",
    "inbox": "/studio/inbox",
    "inbox: search": "/studio/inbox?q=尺码",
    "inbox: choices": "/studio/inbox/choices",
    "inbox: labelled": "/studio/inbox/judged",
    "intents": "/studio/intents",
    "examples": "/studio/examples?intent=ask_stock",
    "examples: search": "/studio/examples?q=昨天买的",
    "examples: doubles": "/studio/examples/doubles",
    "examples: used where": "/studio/intents/ask_stock/references",
    "responses": "/studio/responses",
    "responses: one": "/studio/responses/utter_returns_out_of_stock",
    "responses: vocabulary": "/studio/responses/vocabulary",
    "stories": "/studio/stories",
    "stories: parts": "/studio/stories/parts",
    "stories: flow": "/studio/stories/flow?path=data/stories/bench.yml&key=story:bench 7",
    "stories: contradictions": "/studio/stories/contradictions",
    "tables": "/studio/tables",
    "checks": "/studio/checks",
    "models": "/studio/models",
    "try": "/studio/try/who",
}


def grow(root: Path, chance: random.Random) -> None:
    """Write examples and stories beside the shop's own until there are as many as promised, and commit them."""
    own = sum(line.startswith("      - ") for path in (root / "data/nlu").glob("*.yml") for line in path.read_text("utf-8").splitlines())
    names = [name for name in intents() if name != "nlu_fallback"]
    lines: dict[str, list[str]] = {}
    for number in range(max(0, EXAMPLES - own)):
        lines.setdefault(names[number % len(names)], []).append(f"      - {' '.join(chance.sample(WORDS, 4))} {number}\n")
    known = {line.split(":")[1].strip() for path in (root / "data/nlu").glob("*.yml") for line in _intents(path)}
    body = "".join(f"  - intent: {name}\n    examples: |\n{''.join(some)}" for name, some in lines.items() if name in known)
    (root / "data/nlu/bench.yml").write_text(f'version: "3.1"\n\nnlu:\n{body}', "utf-8")
    there = sum(
        line.startswith(("  - story:", "  - rule:"))
        for kind in ("stories", "rules")
        for path in (root / "data" / kind).glob("*.yml")
        for line in path.read_text("utf-8").splitlines()
    )
    more = "".join(
        f"  - story: bench {number}\n    steps:\n      - intent: greet\n      - action: utter_smalltalk_greet\n"
        f"      - intent: {names[number % 40]}\n      - action: utter_smalltalk_greet\n\n"
        for number in range(max(0, STORIES - there))
    )
    (root / "data/stories/bench.yml").write_text(f'version: "3.1"\n\nstories:\n{more}', "utf-8")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "Much data.")


def _intents(path: Path) -> list[str]:
    return [line for line in path.read_text("utf-8").splitlines() if line.startswith("  - intent:")]


def fill(engine: Engine, clock: Clock, chance: random.Random) -> None:
    """Store talks with their traces over thirty days, and half of their messages in the inbox."""
    names = intents()
    now = clock.now()
    talks: list[dict[str, Any]] = []
    messages: list[dict[str, Any]] = []
    inbox: list[dict[str, Any]] = []
    for number in range(TALKS):
        at = now - timedelta(seconds=chance.randrange(30 * 86_400))
        talk = f"c_{number}"
        talks.append(
            {"shop_id": "demo", "id": talk, "token_hash": talk, "owner": "bot", "last_seq": 10, "created_at": at, "updated_at": at}
        )
        for place in range(5):
            intent, text = chance.choice(names), f"{' '.join(chance.sample(WORDS, 3))} {number}"
            ranking = [{"name": chance.choice(names), "confidence": 0.1} for _ in range(10)]
            trace: dict[str, Any] = {"intent": intent, "confidence": 0.6, "ranking": ranking, "state": {}, "intents": [{"intent": intent}]}
            if chance.random() < 0.05:
                trace["hand_over"] = {"reason": "asked_for_person"}
            when = at + timedelta(seconds=40 * place)
            row = {"shop_id": "demo", "conversation_id": talk, "at": when}
            asked = {
                "id": f"m_{number}_{place}",
                "seq": 2 * place + 1,
                "sender": "shopper",
                "text": text,
                "trace": trace,
                "state": "answered",
            }
            told = {"id": f"b_{number}_{place}", "seq": 2 * place + 2, "sender": "bot", "text": "好的", "trace": {}, "state": "received"}
            messages += [{**row, **asked}, {**row, **told}]
            if len(inbox) < INBOX:
                inbox.append(
                    {
                        **{
                            "shop_id": "demo",
                            "id": f"i_{number}_{place}",
                            "conversation_id": talk,
                            "message_id": asked["id"],
                            "text": text,
                        },
                        **{"plain": f"{hash(text) & 0xFFFFFFFF:08x}", "at": when, "day": local_day(when), "reasons": "|margin|"},
                        **{
                            "intent": intent,
                            "topic": None,
                            "share": 600,
                            "second": 300,
                            "ranking": [{"intent": intent, "topic": None, "share": 0.6}],
                            "asked": None,
                        },
                        **{"leader": f"i_{number // 3}_0", "state": "open", "entities": []},
                    }
                )
    with writing(engine) as session:
        session.execute(insert(Conversation), talks)
        for start in range(0, len(messages), 5_000):
            session.execute(insert(Message), messages[start : start + 5_000])
        for start in range(0, len(inbox), 5_000):
            session.execute(insert(InboxRow), inbox[start : start + 5_000])


async def measure(home: Path) -> dict[str, dict[str, Any]]:
    """Page → its milliseconds: ``first``, ``changed`` (after an edit in a file), ``again`` (median)."""
    chance = random.Random(7)
    root = make_checkout(home / "checkout")
    grow(root, chance)
    url = f"sqlite:///{home / 'shop.db'}"
    engine, clock = make_engine(url), Clock()
    migrate(engine)
    seed(engine, clock)
    fill(engine, clock, chance)
    engine.dispose()
    env = {"XIAOER_HOME": str(home), "XIAOER_DATABASE_URL": url, "XIAOER_RATE_FACTOR": "0", "XIAOER_PROACTIVE": "0"}
    settings = Settings.from_env({**env, "XIAOER_CHECKOUT": str(root)})
    fake = FakeEngine()
    services = make_services(settings, clock=clock, transport=httpx.MockTransport(fake))
    app = make_app(services, actions_transport=httpx.MockTransport(lambda request: httpx.Response(200)))
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://shop.test", timeout=120) as http:
        worker = await Worker.come(Gateway(app=app, services=services, http=http, engine=fake), "lead", "001", "supervisor")
        worker.http.timeout = httpx.Timeout(120)
        found: dict[str, dict[str, Any]] = {}
        for name, path in PAGES.items():
            first = await _timed(worker, path)
            _touch(root)
            changed = await _timed(worker, path)
            again = [await _timed(worker, path) for _ in range(AGAIN)]
            found[name] = {"first": first, "changed": changed, "again": round(statistics.median(again), 1)}
            print(f"{name:28} first {first:8.0f}   after a change {changed:8.0f}   again {found[name]['again']:8.0f}", flush=True)
        await worker.http.aclose()
        return found


async def _timed(worker: Worker, path: str) -> float:
    begun = time.perf_counter()
    answer = await worker.call("GET", path)
    took = (time.perf_counter() - begun) * 1000
    if answer.status_code != 200:
        raise RuntimeError(f"GET {path}: {answer.status_code} {answer.text[:300]}")
    return round(took, 1)


def _touch(root: Path) -> None:
    """One more example, one more wording: as after anybody's save."""
    nlu = root / "data/nlu/bench.yml"
    nlu.write_text(f"{nlu.read_text('utf-8').rstrip()} x\n", "utf-8")
    said = root / "data/responses/reviews.yml"
    said.write_text(f"{said.read_text('utf-8')}# x\n", "utf-8")


def main(arguments: Sequence[str] | None = None, do: Callable[[Path], Any] = measure) -> int:
    """0; 1 when a page takes longer than a second after a change."""
    parser = argparse.ArgumentParser(prog="python -m bench.studio", description=__doc__)
    parser.add_argument("--json", type=Path, help="write the figures there")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="xiaoer-bench-studio-") as home:
        found = asyncio.run(do(Path(home)))
    slow = {name: one for name, one in found.items() if max(one["changed"], one["again"]) > LIMIT_MS}
    if chosen.json:
        chosen.json.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", "utf-8")
    print(f"{len(found) - len(slow)} of {len(found)} pages within {LIMIT_MS:.0f} ms" + (f"; slower: {', '.join(slow)}" if slow else ""))
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
