"""An answer made again from its trace: the stored table decides on the stored facts, the stored variation is filled again.

Nothing of today's data is read for that. ``Present`` says beside it what the same facts would lead to now.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import Engine

from gateway.wording import LOADER
from policy import table_copy
from policy.boxes import Compiled, meet
from policy.decide import Decision, decide, judge, load_table
from policy.parameters import load_parameters
from policy.table import Table
from policy.validity import KEYS, Period, period
from shop.catalogue import ShopRepository
from shop.clock import Clock
from shop.models import Message
from shop.snapshots import canonical, hash_of, plain_order, plain_product
from shop.traces import KEY, REPRODUCED_FOR, Traces

_VARIABLE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
MOST_BEATEN = 8


class NothingKept(Exception):
    """The answer cannot be reproduced: the message says why, in Chinese."""


@dataclass(frozen=True)
class Row:
    """A row of a stored table as it is named to people."""

    id: str
    source: str
    status: str


@dataclass(frozen=True)
class Decided:
    """A decision of the turn: what was stored, what the stored table says again, and what the table of today says.

    ``beaten``: rows that fit the facts too, but stand further down. ``today``: None when the table is as it was and agrees,
    else what is different, in Chinese.
    """

    table: str
    facts: Mapping[str, object]
    parameters: Mapping[str, object]
    row: str | None
    ask: str | None
    again: Decision
    winner: Row | None
    beaten: tuple[Row, ...]
    today: str | None

    @property
    def same(self) -> bool:
        """Whether the stored table came to the same row (or question) again."""
        return (self.row, self.ask) == (self.again.row, self.again.ask)


@dataclass(frozen=True)
class Reproduced:
    """A message of the bot, made again. ``text`` and ``titles`` as stored, ``text_again`` and ``titles_again`` as made again."""

    message: Message
    question: Message | None
    content: Mapping[str, Any]
    sentence: Mapping[str, Any]
    variation: Mapping[str, Any]
    text: str
    text_again: str
    titles: tuple[str, ...]
    titles_again: tuple[str, ...]
    decisions: tuple[Decided, ...]
    record: Mapping[str, Any] = field(default_factory=dict)
    products: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    today: tuple[str, ...] = ()

    @property
    def differences(self) -> list[str]:
        """What did not come out as it was, in Chinese; empty when the answer is reproduced word for word."""
        found = []
        if self.text != self.text_again:
            found.append(f"文字不同：当时「{self.text}」，重算「{self.text_again}」")
        if self.titles != self.titles_again:
            found.append(f"按钮不同：当时{list(self.titles)}，重算{list(self.titles_again)}")
        for one in self.decisions:
            if not one.same:
                found.append(f"表 {one.table}：当时 {one.row or one.ask}，重算 {one.again.row or one.again.ask}")
        return found


class Reproducer:
    """Makes the answers of one shop again."""

    def __init__(self, engine: Engine, shop_id: str, clock: Clock, responses: Path) -> None:
        self._traces = Traces(engine, shop_id, clock)
        self._shop = ShopRepository(engine, shop_id, clock)
        self._clock = clock
        self._responses = responses
        self._tables: dict[str, Table] = {}
        self._wording: dict[str, dict[str, Period]] | None = None

    def answers(self, message_id: str) -> list[Reproduced]:
        """The message, or the answers to it when a shopper wrote it. NothingKept when there is nothing to make them from."""
        message = self._traces.message(message_id)
        if message is None:
            raise NothingKept(f"没有消息 {message_id}：编号不对，或者所在会话已经删除（删除会话时，底稿一并删除）")
        if message.sender == "agent":
            raise NothingKept(f"消息 {message_id} 是人工客服写的，没有可重算的底稿")
        if message.sender != "shopper":
            return [self.one(message)]
        found = [one for one in self._traces.answers(message) if one.sender != "agent"]
        if not found:
            raise NothingKept(f"买家消息 {message_id} 还没有机器人的回答")
        return [self.one(one) for one in found]

    def one(self, message: Message, *, with_today: bool = True) -> Reproduced:
        """A message of the bot, made again; ``with_today``: compared with the present data as well."""
        place = (message.trace or {}).get(KEY)
        if not place:
            raise NothingKept(f"消息 {message.id} 没有底稿：它是升级到能留底的版本之前说的")
        content = self._traces.read(str(place[0]))
        if content is None:
            days = REPRODUCED_FOR.days
            raise NothingKept(f"消息 {message.id} 的底稿已按保存期限（{days}天）删除")
        sentence = content["spoken"][place[1]]
        variation = self._snapshot(sentence["variation"])
        record = content["records"][sentence["record"]] if "record" in sentence else {}
        bubbles, titles = said_again(variation, sentence["values"], sentence["given"])
        text_again = bubbles[place[2]] if place[2] < len(bubbles) else ""
        # Buttons stand under the last bubble.
        last = place[2] == len(bubbles) - 1
        decisions = tuple(self._decided(one, with_today) for call in record.get("calls") or () for one in call["decisions"])
        reproduced = Reproduced(
            message=message, question=self._traces.question(message), content=content, sentence=sentence, variation=variation,
            text=message.text or "", text_again=text_again,
            titles=tuple(str(button["title"]) for button in message.buttons or ()), titles_again=titles if last else (),
            decisions=decisions, record=record,
            products={name: self._product(product) for name, product in (record.get("products") or {}).items()},
        )  # fmt: skip
        return self._with_today(reproduced) if with_today else reproduced

    def _snapshot(self, content_hash: str) -> dict[str, Any]:
        return dict(yaml.safe_load(self._text(content_hash)))

    def _text(self, content_hash: str) -> str:
        text = self._traces.snapshots.text(content_hash)
        if text is None:
            raise NothingKept(f"底稿不完整：快照 {content_hash[:12]} 已按保存期限删除")
        return text

    def _product(self, product: Mapping[str, Any]) -> dict[str, Any]:
        return {**self._snapshot(product["hash"]), **{key: value for key, value in product.items() if key != "hash"}}

    def _table(self, content_hash: str) -> Table:
        if content_hash not in self._tables:
            self._tables[content_hash] = table_copy.read_back(self._text(content_hash))
        return self._tables[content_hash]

    def _decided(self, told: Mapping[str, Any], with_today: bool) -> Decided:
        table, facts = self._table(told["hash"]), told["facts"]
        compiled = Compiled(table, table_copy.given_again(told["parameters"]))
        again = judge(compiled, facts)
        rows = [Row(row.id, row.source, row.status) for row in table.rows]
        winner: Row | None = None
        beaten: tuple[Row, ...] = ()
        if again.row is not None:
            number = next(at for at, row in enumerate(rows) if row.id == again.row)
            region = compiled.region(facts)
            winner = rows[number]
            beaten = tuple(
                row for at, row in enumerate(rows) if at > number and meet(compiled.boxes[at], region) is not None and row.id != winner.id
            )
        today = self._table_today(told, again) if with_today else None
        return Decided(told["table"], facts, told["parameters"], told["row"], told["ask"], again, winner, beaten, today)

    def _table_today(self, told: Mapping[str, Any], again: Decision) -> str | None:
        name = told["table"]
        try:
            now = decide(load_table(name), told["facts"], load_parameters(self._shop.parameters(), self._clock.now()))
        except ValueError as error:
            return f"表 {name} 今天已不能按当时的事实来定（{error}）"
        if now.row == again.row and now.then == again.then and now.ask == again.ask:
            return None
        if now.row is None:
            return f"表 {name}：今天会先问 {now.ask}"
        if now.row != again.row:
            return f"表 {name}：今天会落在 {now.row} 行（{now.source}）"
        changed = [key for key in now.then if now.then.get(key) != again.then.get(key)]
        shown = "、".join(f"{key} 由 {again.then.get(key)} 改为 {now.then[key]}" for key in changed)
        return f"表 {name}：仍是 {now.row} 行，但结果改了：{shown}"

    def _with_today(self, made: Reproduced) -> Reproduced:
        found: list[str] = []
        response = str(made.sentence["response"])
        if self._wording is None:
            self._wording = wording_of(self._responses)
        if response not in self._wording:
            found.append(f"话术 {response} 今天已经没有了")
        elif (valid := self._wording[response].get(str(made.sentence["variation"]))) is None:
            found.append(f"话术 {response} 当时的说法已改或删除")
        elif not self._speaks(response, valid):
            found.append(f"话术 {response} 当时的说法还在，但今天轮到有日期的另一条说")
        current = load_parameters(self._shop.parameters(), self._clock.now())
        used: dict[str, Any] = {}
        for call in made.record.get("calls") or ():
            used |= call.get("parameters") or {}
        for name, value in sorted(used.items()):
            if name in current and canonical(current[name]) != canonical(value):
                found.append(f"参数 {name}：当时 {value}，今天 {current[name]}")
        for name, told in (made.record.get("orders") or {}).items():
            order = self._shop.order(name)
            found += _changes(f"订单 {name}", told, plain_order(order) if order is not None else None)
        for name, known in made.products.items():
            product = self._shop.product(name)
            found += _changes(f"商品 {name}", known, plain_product(product) if product is not None else None)
        found += [one.today for one in made.decisions if one.today is not None]
        return Reproduced(**{**made.__dict__, "today": tuple(dict.fromkeys(found))})

    def _speaks(self, response: str, valid: Period) -> bool:
        """Whether a variation may be said now: a dated one in its time, an everyday one while no dated one has the word."""
        now = self._clock.now()
        if not valid.always:
            return valid.covers(now)
        return not any(one.covers(now) for one in (self._wording or {})[response].values() if not one.always)


def said_again(variation: Mapping[str, Any], values: Mapping[str, str], given: list[str]) -> tuple[list[str], tuple[str, ...]]:
    """Bubbles and button titles of a variation with its values: what engine/nlg.py and gateway/wording.py do."""
    text = _filled(str(variation.get("text") or ""), values)
    bubbles = [part.strip() for part in text.split("\n\n") if part.strip()]
    own = [_filled(str(button.get("title") or ""), values) for button in variation.get("buttons") or ()]
    return bubbles or [""], (*own, *given)


def _filled(text: str, values: Mapping[str, str]) -> str:
    plain = text.replace("{{", "{").replace("}}", "}") if "{{" in text else text
    return _VARIABLE.sub(lambda match: values.get(match[1], match[0]), plain)


def wording_of(folder: Path) -> dict[str, dict[str, Period]]:
    """The hashes of all variations by response, as the files say now, and when each may be said."""
    found: dict[str, dict[str, Period]] = {}
    for path in sorted(folder.rglob("*.yml")):
        with path.open(encoding="utf-8") as file:
            content = yaml.load(file, Loader=LOADER)  # noqa: S506  # a safe loader
        for name, variations in ((content or {}).get("responses") or {}).items():
            for one in variations:
                # Dates as text, as those who speak keep them (engine/periods.py, gateway/wording.py).
                plain = {key: str(value) if key in KEYS else value for key, value in one.items()}
                found.setdefault(name, {})[hash_of(canonical(plain))] = period(one, f"{path.name}: {name}")
    return found


def _changes(what: str, then: Mapping[str, Any], now: Mapping[str, Any] | None) -> list[str]:
    if now is None:
        return [f"{what} 今天已不在"]
    # When facts were read is no change of the facts.
    names = [name for name in dict.fromkeys((*then, *now)) if not name.endswith("synced_at") and then.get(name) != now.get(name)]
    return [f"{what} 的 {name}：当时 {_short(then.get(name))}，今天 {_short(now.get(name))}" for name in names]


def _short(value: object) -> str:
    text = "无" if value is None else str(value)
    return text if len(text) <= 60 else text[:57] + "…"
