"""The check of responses: form, dates, values, buttons, deeds, style and the wording check; what CI would refuse is an error here.

The rules are ``studio/response_rules.yml`` (read by tests/contract as well), ``policy/deeds.py``, ``policy/validity.py`` and
``policy/wording``. Of an edit only the responses that it changes are read again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from pathlib import PurePosixPath
from typing import Any

from policy.deeds import handed_in, stated
from policy.validity import period
from policy.wording import PROFILES
from policy.wording.check import check as check_wording
from policy.wording.rules import Finding as Said
from studio import focus
from studio.filling import filled
from studio.findings import Finding, Severity, sort
from studio.response_rules import EMOJI, VARIABLE, bubbles, characters, response_rules
from studio.response_uses import code, uses
from studio.workspace import Overlay, Workspace

KEYS = {"text", "buttons", "image", "custom", "attachment", "quick_replies", "condition", "channel", "valid_from", "valid_to", "metadata"}
PAYLOAD = re.compile(r"/(\w+)(\{.*\})?", re.S)
SCRIPT = re.compile(r"s_[a-z0-9_]+|none")
FIGURE = re.compile(r"\d+(?:\.\d+)?")
# Braces that look like a value and are none: 「{订单号}」「{ order_id }」.
BRACES = re.compile(r"\{([^{}\"':\n]{0,40})\}")
SEVERITIES: dict[str, Severity] = {"block": "error", "ask": "error", "hint": "info"}
# What every answer about a ticket or an order has: a twin may name it though its deed's words do not (tests/contract/test_deeds.py).
COMMON = {"ticket", "team", "deadline", "days", "refund_path", "order_id", "question", "until", "waits_for"}
Note = Callable[..., Finding]


def check(workspace: Workspace, paths: Collection[str]) -> list[Finding]:
    """What is wrong with the responses of these files (none named: of all), and with what refers to them."""
    found: list[Finding] = []
    everything = {path: _responses(workspace, path) for path in workspace.files("responses")}
    defined: dict[str, list[str]] = {}
    for path, responses in everything.items():
        for name in responses:
            defined.setdefault(name, []).append(path)
    wanted = [path for path in everything if not paths or path in paths]
    for path in wanted:
        before = _responses(workspace.under, path) if isinstance(workspace, Overlay) and workspace.under.exists(path) else {}
        for block in workspace.blocks(path):
            word, _, key = block.key.partition(":")
            name = key.partition("#")[0]
            if word != "response":
                continue
            note = partial(_finding, path, block.key, block.start + 1)
            if key != name or len(defined.get(name, ())) > 1:
                others = "、".join(other for other in defined.get(name, ()) if other != path) or "这个文件里"
                found.append(note("error", "defined-twice", f"「{name}」定义了两次（另一处在{others}）", "只留一处"))
            variations = everything[path].get(name)
            if (name in before and before[name] == variations) or not focus.wanted(block.key):
                continue
            found += of_response(workspace, path, name, variations, before=before.get(name), note=note)
    found += _references(workspace, defined, everything, wanted)
    if not paths or "domain.yml" in paths:
        found += _domain(workspace)
    return sort(dict.fromkeys(found))


def _responses(workspace: Workspace, path: str) -> dict[str, Any]:
    content = workspace.parsed(path)
    responses = content.get("responses") if isinstance(content, Mapping) else None
    return {str(name): value for name, value in responses.items()} if isinstance(responses, Mapping) else {}


def _finding(path: str, key: str | None, line: int | None, severity: Severity, code: str, what: str, remedy: str) -> Finding:
    return Finding(severity, code, path, key, line, what, remedy)


def of_response(
    workspace: Workspace, path: str, name: str, variations: Any, *, before: Any = None, note: Note | None = None
) -> list[Finding]:
    """What is wrong with one response. ``before``: its variations as they were, so that a value it never had is noticed."""
    note = note or partial(_finding, path, f"response:{name}", None)
    topic = PurePosixPath(path).stem
    found: list[Finding] = []
    if not re.fullmatch(rf"utter_(?:{'|'.join(response_rules().topics)})_[a-z0-9_]+", name):
        topics = "、".join(response_rules().topics)
        found.append(note("error", "name", f"名字「{name}」不合格式", f"写成 utter_主题_结果，只用小写字母、数字和下划线；主题有 {topics}"))
    if not isinstance(variations, list) or not variations or not all(isinstance(one, Mapping) for one in variations):
        return [*found, note("error", "form", "这条回复没有说法", "至少写一种说法")]
    for number, one in enumerate(variations, 1):
        here = partial(_numbered, note, number if len(variations) > 1 else 0)
        found += _form(one, here)
        found += _buttons(workspace, one, here)
        found += _values(one, here)
        if isinstance(one.get("text"), str) and one["text"].strip():
            found += _style(topic, name, one["text"], here)
            found += _wording(topic, one, here)
            found += _deeds(one, here)
    found += _dates(variations, note)
    found += _new_values(workspace, variations, before, note)
    found += _effects(variations, note)
    return found


def _numbered(note: Note, number: int, severity: Severity, code: str, what: str, remedy: str) -> Finding:
    return note(severity, code, f"第{number}种说法：{what}" if number else what, remedy)


def _form(one: Mapping[str, Any], note: Note) -> Iterator[Finding]:
    unknown = sorted(set(map(str, one)) - KEYS)
    if unknown:
        yield note("error", "unknown-key", f"不认识的项：{'、'.join(unknown)}", "删掉，或改成 text、buttons、condition、metadata 等")
    if not isinstance(one.get("text", ""), str):
        yield note("error", "text", "文字不是文本", "给文字加上引号")
    elif not any(one.get(key) for key in ("text", "image", "custom", "attachment")):
        yield note("error", "empty", "没有文字", "写上要说的话，或删除这种说法")
    metadata = one.get("metadata")
    told: Mapping[str, Any] = metadata if isinstance(metadata, Mapping) else {}
    if not isinstance(told.get("script"), str) or not SCRIPT.fullmatch(told["script"]):
        yield note("error", "script", "没有话术编号", "在编号里写 s_ 开头的话术编号；没有对应话术时写 none，并写明原因")
    elif not told.get("source") and not (told["script"] == "none" and told.get("why")):
        yield note("error", "source", "没有写出处", "写明依据哪份文件或谁定的")
    for each in one.get("condition") or ():
        if not isinstance(each, Mapping) or each.get("type") != "slot" or not each.get("name") or "value" not in each:
            yield note("error", "condition", "条件写得不完整", "每个条件写 type: slot、name 和 value")


def _buttons(workspace: Workspace, one: Mapping[str, Any], note: Note) -> Iterator[Finding]:
    for button in one.get("buttons") or ():
        title = str(button.get("title") or "").strip() if isinstance(button, Mapping) else ""
        found = PAYLOAD.fullmatch(str(button.get("payload") or "")) if isinstance(button, Mapping) else None
        if not title:
            yield note("error", "button-title", "有个按钮没有字", "写上按钮的字，或删除按钮")
        elif found is None:
            yield note("error", "button-payload", f"按钮「{title}」的意图写法不对", '写成 /意图 或 /意图{"实体": "值"}')
        elif found[1] not in _intents(workspace):
            yield note("error", "button-intent", f"按钮「{title}」指向没有的意图 {found[1]}", "从意图列表里选一个")
        elif found[2] and not VARIABLE.search(found[2]) and not _is_object(found[2]):
            yield note("error", "button-payload", f"按钮「{title}」的值不是 JSON", '写成 /意图{"实体": "值"}，引号用英文双引号')


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def _intents(workspace: Workspace) -> set[str]:
    domain = (workspace.parsed("domain.yml") if workspace.exists("domain.yml") else None) or {}
    return {str(next(iter(one))) if isinstance(one, Mapping) else str(one) for one in domain.get("intents") or ()}


def _values(one: Mapping[str, Any], note: Note) -> Iterator[Finding]:
    rules = response_rules()
    titles = (str(button.get("title") or "") for button in one.get("buttons") or () if isinstance(button, Mapping))
    for text in (str(one.get("text") or ""), *titles):
        for found in BRACES.finditer(text):
            word = found[1]
            if word in rules.variables:
                continue
            meant = word.strip() if word.strip() in rules.variables else rules.labelled(word)
            remedy = f"写成 {{{meant}}}" if meant else "从「插入值」里选一个；要新的值，请开发人员先让机器人给出它"
            yield note("error", "unknown-value", f"没有叫「{word}」的值", remedy)
        rest = BRACES.sub("", text)
        if "{" in rest or "}" in rest:
            yield note("error", "braces", "花括号没有成对，或里面写了别的", "值写成 {名字}，一对英文花括号")


def _style(topic: str, name: str, text: str, note: Note) -> Iterator[Finding]:
    rules = response_rules()
    for one in rules.forbidden:
        found = one.pattern.search(text)
        if found:
            yield note("error", "style", f"不能说「{found.group().strip()}」", one.say)
    for bubble in bubbles(text):
        if characters(bubble) > rules.longest_bubble:
            yield note(
                "error",
                "too-long",
                f"「{bubble[:12]}…」有{characters(bubble)}个字，一个气泡最多{rules.longest_bubble}个",
                "用空行分成两个气泡，或写短",
            )
    most = 0 if name.startswith(tuple(f"utter_{one}_" for one in rules.no_emoji)) else 1
    if len(EMOJI.findall(text)) > most:
        yield note("error", "emoji", "表情太多" if most else "这里不用表情", "删掉表情" if not most else "只留一个")


@lru_cache(maxsize=30_000)
def said(text: str, profile: str, topic: str, address: str, backed: tuple[str, ...]) -> tuple[Said, ...]:
    """What the wording check says of a text; kept, since the same sentences are looked at with every save."""
    return tuple(check_wording(text, profile=profile, topic=topic, address=address, backed=backed))


def _wording(topic: str, one: Mapping[str, Any], note: Note) -> Iterator[Finding]:
    text = one["text"]
    conditions = one.get("condition") if isinstance(one.get("condition"), list) else []
    address = "qin" if any(isinstance(each, Mapping) and each.get("value") == "qin" for each in conditions or ()) else "nin"
    told: dict[tuple[str, str], None] = {}
    for profile in PROFILES:
        for each in said(text, profile, topic, address, ()):
            # Only what blocks matters on a marketplace's chat: its own rules are asked for where the shop writes there.
            if profile != PROFILES[0] and each.severity != "block":
                continue
            if (each.rule, each.found) not in told:
                told[each.rule, each.found] = None
                severity = "warning" if each.sounds else SEVERITIES[each.severity]
                where = "" if profile == PROFILES[0] else "（在平台的聊天里）"
                yield note(severity, "wording", f"「{each.found.strip()}」{where}：{each.why}", each.instead or each.say or "换个说法")
    if VARIABLE.search(text):
        yield from _filled_in(topic, text, address, note)


def _filled_in(topic: str, text: str, address: str, note: Note) -> Iterator[Finding]:
    """A value may make a forbidden word with its neighbours."""
    rules = response_rules()
    blocked = {each.found for each in said(text, PROFILES[0], topic, address, ()) if each.severity == "block"}
    for product in rules.products if "{product}" in text else rules.products[:1]:
        full = filled(text, rules.examples(product))[0]
        for each in said(full, PROFILES[0], topic, address, tuple(FIGURE.findall(full))):
            if each.severity == "block" and each.found not in blocked:
                blocked.add(each.found)
                yield note(
                    "error",
                    "wording-filled",
                    f"填上值以后出现「{each.found}」：{each.why}（如「{full[:40]}」）",
                    "换个语序，让值和前后的字分开",
                )


def _deeds(one: Mapping[str, Any], note: Note) -> Iterator[Finding]:
    """Said = done: no response states a deed of ours unless it names the effect that proves it."""
    metadata = one.get("metadata") if isinstance(one.get("metadata"), Mapping) else {}
    if (metadata or {}).get("effect"):
        return
    for deed in stated(one["text"]):
        yield note(
            "error", "deed", f"「{deed}」说的是已经办完的事，但没有凭据", "改成「会在什么时候之前办」，或请开发人员补上凭据（effect）"
        )
    if handed_in(one["text"]) and "{ticket}" not in one["text"]:
        yield note("error", "deed", f"「{handed_in(one['text'])[0]}」要有工单为凭", "在这句话里写上工单号 {ticket}")


def _dates(variations: Sequence[Mapping[str, Any]], note: Note) -> Iterator[Finding]:
    """An everyday variation without condition, and dated ones that never speak against each other (engine/periods.py)."""
    seen: dict[str, list[Any]] = {}
    everyday = False
    for number, one in enumerate(variations, 1):
        try:
            valid = period(one, f"第{number}种说法")
        except ValueError:
            dates = f"{one.get('valid_from') or '…'} 到 {one.get('valid_to') or '…'}"
            yield note(
                "error", "date", f"第{number}种说法：日期「{dates}」不对", "写成 2026-11-11，或带时刻的 2026-11-11T20:00；开始在结束之前"
            )
            continue
        if valid.always:
            everyday = everyday or not one.get("condition")
            continue
        same = seen.setdefault(json.dumps([one.get("channel"), one.get("condition")], sort_keys=True, ensure_ascii=False), [])
        if any(other != valid and other.meets(valid) for other in same):
            yield note("error", "dates-meet", f"第{number}种说法：日期和另一种有日期的说法重叠", "让一种在另一种开始前结束，或用一样的日期")
        same.append(valid)
    if not everyday:
        yield note("error", "no-everyday", "没有平日说的话：每种说法都带条件或日期", "加一种不带条件、不带日期的说法")


def _new_values(workspace: Workspace, variations: Sequence[Mapping[str, Any]], before: Any, note: Note) -> Iterator[Finding]:
    """A value that the response never had: nobody knows whether the bot has it there; without it the variation is never said."""
    if not isinstance(before, list):
        return
    had = {word for one in before if isinstance(one, Mapping) for word in _named(one)}
    slots = (workspace.parsed("domain.yml") or {}).get("slots") or {} if workspace.exists("domain.yml") else {}
    new = [{word for word in _named(one) if word not in had and word not in slots} & set(response_rules().variables) for one in variations]
    everyday = [
        words
        for one, words in zip(variations, new, strict=True)
        if not one.get("condition") and not one.keys() & {"valid_from", "valid_to"}
    ]
    for word in sorted(set().union(*new)):
        label = response_rules().variables[word].label
        if everyday and all(word in words for words in everyday):
            yield note(
                "error",
                "value-not-given",
                f"这条回复以前没有用过「{label}」{{{word}}}，机器人在这里未必有这个值；没有时就什么也说不出",
                "至少留一种平日的说法不用它；要保证有这个值，请开发人员先让机器人给出它",
            )
        else:
            yield note(
                "warning",
                "value-not-given",
                f"这条回复以前没有用过「{label}」{{{word}}}，机器人在这里未必有这个值；没有时改说别的说法",
                "先在旁边试聊，看到填上了值再存",
            )


def _named(one: Mapping[str, Any]) -> set[str]:
    titles = " ".join(str(button.get("title") or "") for button in one.get("buttons") or () if isinstance(button, Mapping))
    return set(VARIABLE.findall(f"{one.get('text') or ''} {titles}"))


def _effects(variations: Sequence[Mapping[str, Any]], note: Note) -> Iterator[Finding]:
    """All variations of a response rest on one deed and have one twin (tests/contract/test_deeds.py)."""
    told: list[Any] = [one.get("metadata") if isinstance(one.get("metadata"), Mapping) else {} for one in variations]
    each = {((one or {}).get("effect"), (one or {}).get("twin")) for one in told}
    deeds = {effect for effect, _ in each} - {"fact", None}
    if deeds and (len(each) != 1 or None in {twin for _, twin in each}):
        yield note("error", "effect", "各种说法的凭据（effect）和替身（twin）要一样", "新的说法照抄别的说法的 effect 和 twin")


def _references(
    workspace: Workspace, defined: Mapping[str, list[str]], everything: Mapping[str, Mapping[str, Any]], wanted: Collection[str]
) -> Iterator[Finding]:
    """Names that are used and not there, twins that state deeds, and responses that nobody uses."""
    places = uses(workspace)
    for name, used in places.items():
        if name not in defined:
            for one in used[:3]:
                yield Finding(
                    "error",
                    "missing",
                    one.path,
                    one.key,
                    one.line,
                    f"「{one.label}」用到了「{name}」，但没有这条回复",
                    "补上这条回复，或改掉用它的地方",
                )
    for pattern, one in code()[1]:
        if not any(pattern.fullmatch(name) for name in defined):
            yield Finding(
                "error", "missing", one.path, None, one.line, f"程序要用名字像「{pattern.pattern}」的回复，一条也没有", "恢复刚删除的回复"
            )
    for path in wanted:
        for name, variations in everything[path].items():
            key = f"response:{name}"
            block = workspace.block(path, key)
            line = block.start + 1 if block else None
            if name not in places:
                yield Finding("warning", "unused", path, key, line, f"没有地方用到「{name}」", "在规则、故事或规则表里用上它，或删除")
            for one in variations if isinstance(variations, list) else ():
                metadata = one.get("metadata") if isinstance(one, Mapping) else None
                twin = metadata.get("twin") if isinstance(metadata, Mapping) else None
                if twin and twin in defined:
                    yield from _twin(path, key, line, name, one, str(twin), everything[defined[twin][0]].get(twin))


def _twin(path: str, key: str, line: int | None, name: str, one: Mapping[str, Any], twin: str, others: Any) -> Iterator[Finding]:
    """What is said while a deed is not done states no deed, and needs nothing that only the deed has."""
    own = _named(one) | COMMON
    for other in others if isinstance(others, list) else ():
        text = str(other.get("text") or "") if isinstance(other, Mapping) else ""
        if stated(text):
            what = f"「{twin}」是「{name}」没办成时说的话，却说「{stated(text)[0]}」"
            yield Finding("error", "twin", path, key, line, what, f"改「{twin}」，说会在什么时候之前办")
        beyond = sorted(set(VARIABLE.findall(text)) - own)
        if beyond:
            what = f"「{twin}」是「{name}」没办成时说的话，用了那时没有的值：{'、'.join(beyond)}"
            yield Finding("error", "twin", path, key, line, what, f"在「{twin}」里去掉这些值")


def _domain(workspace: Workspace) -> Iterator[Finding]:
    domain = (workspace.parsed("domain.yml") if workspace.exists("domain.yml") else None) or {}
    for name in domain.get("responses") or {}:
        yield Finding(
            "error", "in-domain", "domain.yml", "section:responses", None, f"domain.yml 里写了回复「{name}」", "搬到 data/responses 里"
        )
