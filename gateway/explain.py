"""``python -m gateway.explain MESSAGE`` (``make explain MESSAGE=id``): why the bot said this, for trainers, and whether it would again.

Prints in Chinese: the question, what it was taken for, the rows and facts, the script and its values; then makes the answer
again from what was kept and says 「一致」 or what differs. What has changed since then is listed apart.

Exit codes: 0 reproduced word for word, 1 not reproduced, 2 nothing is kept of it.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from gateway.reproduce import MOST_BEATEN, Decided, NothingKept, Reproduced, Reproducer, said_again
from gateway.settings import ROOT
from policy.masking import personal, scrub
from shop.clock import SHANGHAI, Clock
from shop.db import DatabaseUnusable, home, make_engine
from shop.models import Message
from shop.traces import KEY
from studio.releases import LINK

SAME, DIFFERENT, NOTHING = 0, 1, 2
# Values that name or find a person: shown to nobody here, though they are made again and compared.
PERSONAL = ("name", "address", "phone", "receiver", "email", "tax_number")
HIDDEN = "（个人信息）"
SENDERS = {"bot": "机器人", "system": "系统"}


def told(made: Reproduced) -> str:
    """One answer in words."""
    lines = [*_head(made), *_decisions(made), *_wording(made), *_facts(made.record, made.products), *_verdict(made)]
    return "\n".join(lines)


def _head(made: Reproduced) -> list[str]:
    message, trace = made.message, made.message.trace or {}
    who, where = SENDERS.get(message.sender, message.sender), f"会话 {message.conversation_id} 第 {message.seq} 条"
    lines = [f"消息　{message.id}（{who}，{_local(message)}，{where}）"]
    hidden: tuple[str, ...] = ()
    if made.question is not None:
        asked = personal(made.question.text or "")
        hidden = asked.hidden
        lines.append(f"买家　{asked.text or '（图片或文件）'}")
    elif trace.get("event"):
        lines.append(f"起因　店铺主动消息 {trace['event']}")
    else:
        lines.append("起因　没有人问，是机器人自己说的")
    wishes = trace.get("intents") or ([{"intent": trace["intent"], "confidence": trace.get("confidence")}] if trace.get("intent") else [])
    if wishes:
        lines.append("听成　" + "；".join(_wish(one) for one in wishes))
        others = [one for one in trace.get("ranking") or () if one.get("name") not in {wish.get("intent") for wish in wishes}]
        if others:
            lines.append("其次　" + "，".join(_wish({"intent": one["name"], "confidence": one.get("confidence")}) for one in others[:3]))
    entities = [f"{one['entity']}={scrub(one['value'], hidden)}" for one in trace.get("entities") or () if one["entity"] not in PERSONAL]
    if entities:
        lines.append("听到　" + "，".join(entities))
    shown, _ = said_again(made.variation, {n: HIDDEN if n in PERSONAL else v for n, v in made.sentence["values"].items()}, [])
    place = (message.trace or {})[KEY][2]
    lines.append(f"说了　{shown[place] if place < len(shown) else ''}" + "".join(f" [{title}]" for title in made.titles))
    model, data = made.record.get("model") or {}, made.content.get("data") or {}
    if model:
        lines.append(f"模型　{model.get('name', '不明')}（训练指纹 {_short(model.get('made_from'))}，文件 {_short(model.get('sha256'))}）")
    lines.append(f"数据　提交 {_short(data.get('commit'))}，内容 {_short(data.get('content'))}")
    return lines


def _wish(one: Mapping[str, Any]) -> str:
    confidence = one.get("confidence")
    return f"{one.get('intent')}{f' {confidence:.2f}' if isinstance(confidence, (int, float)) else ''}" + (
        f"（话题 {one['topic']}）" if one.get("topic") else ""
    )


def _decisions(made: Reproduced) -> list[str]:
    trace = made.message.trace or {}
    main = [one for one in made.decisions if (one.table, one.row) == (trace.get("table"), trace.get("row"))]
    lines: list[str] = []
    for one in main[-1:]:
        lines += _decision(one)
    if not main and trace.get("row"):
        lines.append(f"依据　表 {trace.get('table')} 行 {trace['row']}（是上一轮定下的，这一轮照它说）")
    if not main and not trace.get("row"):
        lines.append("依据　不经规则表：固定话术")
    others = [one for one in made.decisions if one not in main[-1:]]
    if others:
        lines.append("旁查　" + "；".join(f"{one.table} {one.row or f'还缺 {one.ask}'}" for one in others))
    return lines


def _decision(one: Decided) -> list[str]:
    lines = [f"依据　表 {one.table} 行 {one.row}" + (f"（出处 {one.winner.source}；{one.winner.status}）" if one.winner else "")]
    lines.append("事实　" + "，".join(f"{name}={value}" for name, value in one.facts.items()))
    if one.parameters:
        lines.append("参数　" + "，".join(f"{name}={_value(value)}" for name, value in one.parameters.items()))
    if one.beaten:
        shown = "；".join(f"{row.id}（{row.source}）" for row in one.beaten[:MOST_BEATEN])
        more = len(one.beaten) - MOST_BEATEN
        lines.append(f"让位　也符合、但排在后面的行：{shown}" + (f"；另有 {more} 行" if more > 0 else ""))
    else:
        lines.append("让位　没有别的行也符合这些事实")
    return lines


def _wording(made: Reproduced) -> list[str]:
    metadata = made.variation.get("metadata") or {}
    lines = [f"话术　{metadata.get('script') or '无编号'}（{made.sentence['response']}，版本 {_short(made.sentence['variation'])}）"]
    if metadata.get("source"):
        lines.append(f"出处　{metadata['source']}")
    values = {name: HIDDEN if name in PERSONAL else value for name, value in made.sentence["values"].items()}
    if values:
        lines.append("填入　" + "，".join(f"{name}={value}" for name, value in values.items()))
    return lines


def _facts(record: Mapping[str, Any], products: Mapping[str, Mapping[str, Any]]) -> list[str]:
    lines = []
    for name, order in (record.get("orders") or {}).items():
        shown = "，".join(f"{key}={order[key]}" for key in ("state", "product", "variant", "paid", "postage", "signed_at") if key in order)
        lines.append(f"订单　{name}：{shown}（同步于 {order.get('synced_at', '不明')}）")
    for name, product in products.items():
        synced = product.get("stock_synced_at", "不明")
        lines.append(f"商品　{name} {product.get('name')}：售价 {product.get('price')}（库存同步于 {synced}）")
    return lines


def _verdict(made: Reproduced) -> list[str]:
    if made.differences:
        lines = ["重算　不一致：", *(f"　　　{personal(one).text}" for one in made.differences)]
    else:
        count = len(made.decisions)
        lines = [f"重算　一致：{f'{count} 个决定和' if count else ''}文字逐字相同"]
    if made.today:
        lines += ["今天　这样问，今天的数据会不同：", *(f"　　　{one}" for one in made.today)]
    else:
        lines.append("今天　数据没有变，会说同样的话")
    return lines


def _local(message: Message) -> str:
    return message.at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")


def _short(text: object) -> str:
    return str(text)[:12] if text else "不明"


def _value(value: object) -> object:
    return value["$decimal"] if isinstance(value, dict) and "$decimal" in value else value


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; see the module's text."""
    parser = argparse.ArgumentParser(prog="make explain MESSAGE=id", description="机器人为什么这样说，今天还会不会这样说")
    parser.add_argument("messages", metavar="message", nargs="+", help="消息编号（m_…）：机器人的一条，或买家的一条（说明对它的全部回答）")
    chosen = parser.parse_args(arguments)
    shop_id = os.environ.get("XIAOER_SHOP_ID") or "demo"
    live = home() / "releases" / LINK
    if live.is_dir():  # what speaks here; the checkout may be further
        os.environ.setdefault("XIAOER_RESPONSES", str(live / "data" / "responses"))
        os.environ.setdefault("XIAOER_TABLES", str(live / "policy" / "tables"))
    responses = Path(os.environ.get("XIAOER_RESPONSES") or ROOT / "data" / "responses")
    try:
        engine = make_engine()
        reproducer = Reproducer(engine, shop_id, Clock.from_env(), responses)
        made = [one for message_id in chosen.messages for one in reproducer.answers(message_id)]
    except NothingKept as nothing:
        print(nothing, file=sys.stderr)
        return NOTHING
    except (DatabaseUnusable, SQLAlchemyError) as error:
        print(f"数据库读不了：{' '.join(str(error).split())}", file=sys.stderr)
        return NOTHING
    print("\n\n".join(told(one) for one in made))
    return DIFFERENT if any(one.differences for one in made) else SAME


if __name__ == "__main__":
    raise SystemExit(main())
