"""Names of people: after words that announce one, before a title, beside a phone number or an address."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from .spans import Span, folded, word_set, words

_LINK = r"(?:是叫|就是|应该是|写的是|填的是|改成|改为|换成|写成|叫做|是|为|叫|写|填|[:：=\s,，\"“「'‘【(（]){0,3}"
_LATIN = r"[A-Z][A-Za-z]{1,14}(?:[ .·][A-Z][A-Za-z]{0,14}){0,3}"
_DOTTED = r"[\u3400-\u9fff]{2,8}(?:[·•・][\u3400-\u9fff]{1,8}){1,3}"
_END = r"(?=$|[^\u3400-\u9fffA-Za-z0-9]|[的收和跟与先女手电联住在地身,，]|小姐|老师|本人|(?:86)?1[3-9]\d{9})"
_GAP = re.compile(r"[\s,，、:：;；/|（）()\-]{0,4}")
_BEFORE_PRODUCT = re.compile(r"(?:款|色|牌|牌子|商品|产品|型号|系列|店|布料|面料|颜色|口味|图案|花型|这个|那个|它|尺码)(?:名字|名)?$")


@lru_cache(maxsize=1)
def _parts() -> tuple[str, re.Pattern[str], dict[str, re.Pattern[str]]]:
    lists = words()
    single = "".join(dict.fromkeys("".join(str(lists["surnames"]).split())))
    surname = f"(?:{'|'.join(lists['compound_surnames'])}|[{single}])"
    given = f"(?:(?![{''.join(dict.fromkeys(lists['no_given']))}])[\u3400-\u9fff])"
    full = rf"{surname}{given}{{1,2}}"
    cues = "|".join(sorted(lists["name_cues"], key=len, reverse=True))
    kin = "|".join(lists["kin"])
    titles = "|".join(lists["honorifics"])
    am = "我是|这是|这里是|我就是|那是|妈妈是|爱人是|老公是|老婆是|朋友是|收的是|买家|买家是|客户|应该是|写的是|写成了"
    english = r"name is|named|i am|i'm|this is|mr\.?|ms\.?|mrs\.?|miss|receiver|recipient|consignee|name|attn"
    after_kin = r"(?=[收签的代拿取买下拍就会要来去说在用穿，,。！!]|$|[^\u3400-\u9fff0-9]|1[3-9])"
    patterns = {
        "cue": rf"(?:{cues}){_LINK}(?P<name>{_DOTTED}|{full}{_END}|{full}|{_LATIN})",
        "cue_any": rf"(?:{cues})\s?(?:[:：=]|是|叫|改成|改为|换成)\s?(?P<name>[\u3400-\u9fff]{{2,4}}){_END}",
        "called": rf"(?:我叫|我名叫|名叫|本名|大名|名字叫|名字是|全名|姓名|叫做|叫)\s?(?P<name>{_DOTTED}|{full}{_END}|{_LATIN})",
        "called_any": rf"(?:我叫|我的名字叫|我名叫|我的名字是)\s?(?P<name>{given}[\u3400-\u9fff]{{1,6}}?){_END}",
        "am": rf"(?:{am})\s?(?P<name>{_DOTTED}|{full}){_END}",
        "give": rf"(?:寄给|送给|发给|转给|交给|给到|帮|替|{kin})(?P<name>{full}){after_kin}",
        "surname": rf"(?:我姓|免贵姓|贵姓|姓)(?P<name>{surname})(?![\u3400-\u9fff]?名)",
        "title": rf"(?P<name>(?:{full}|{surname}))(?={titles})(?!\S?总(?:[是共价有会在要想算额结归之体])|\S小姐姐)",
        "little": rf"(?:我是|我叫|叫我|找|快递小哥|客服|联系|{kin})(?P<name>[小老阿]{surname})(?=[^\u3400-\u9fff]|$|[的说收就呢吧啊来给])",
        "for": rf"(?:^|[\s,，、。;；:：)）\]】0-9写寄给由])(?P<name>{full})\s?(?:收|亲收|（收）|\(收\)|转)(?![\u3400-\u9fffA-Za-z0-9])",
        "english": rf"(?i:{english})[:：\s]{{1,3}}(?P<name>{_LATIN})",
    }  # fmt: skip
    return surname, re.compile(full), {kind: re.compile(pattern) for kind, pattern in patterns.items()}


def find_names(text: str, others: Sequence[Span] = ()) -> list[Span]:
    """Names in a text. ``others``: phones and addresses found in it, beside which a bare name is one."""
    plain = folded(text)
    _, full, patterns = _parts()
    spans = []
    for kind, pattern in patterns.items():
        for found in pattern.finditer(plain):
            name, start = found["name"], found.start("name")
            if kind in ("surname", "little") or _is_name(name, strict=kind in ("am", "for", "title", "give")):
                if (
                    kind in ("called",)
                    and not found[0].startswith(("我叫", "我名叫", "本名", "姓名"))
                    and _BEFORE_PRODUCT.search(plain[: found.start()])
                ):
                    continue
                if kind in ("cue", "cue_any", "called_any") and _is_answer(name, plain, start):
                    continue
                spans.append(Span(start, start + len(name), "name"))
    for other in others:
        if other.kind not in ("phone", "landline", "address"):
            continue
        spans += _beside(plain, other, full, list(others))
    return spans


def _is_name(name: str, *, strict: bool) -> bool:
    """Whether what looks like a name may be one. ``strict``: where other words are likely too."""
    if re.match("[A-Za-z]", name):
        return name.split()[0].lower() not in {
            "the",
            "ok",
            "iphone",
            "app",
            "size",
            "xl",
            "xxl",
            "hello",
            "hi",
            "vip",
            "logo",
            "usb",
            "led",
            "vivo",
            "oppo",
            "huawei",
        }
    if any(name.startswith(word) for word in word_set("no_names")):
        return False
    regions = words()["provinces"]
    if any(name.startswith(region) for region in regions):
        return False
    return not (strict and len(name) > 1 and name[-1] in "色款码元件号岁斤")


def _is_answer(name: str, plain: str, start: int) -> bool:
    """Whether what follows the cue is a word about it (电话, 怎么改) and no name."""
    following = plain[start : start + 4]
    return any(following.startswith(word) or name.startswith(word) for word in words()["no_answer"])


def _beside(plain: str, other: Span, full: re.Pattern[str], others: list[Span]) -> list[Span]:
    """A bare name directly before or after a phone number or an address."""
    found = []
    before = re.search(
        r"(?:^|[^\u3400-\u9fffA-Za-z0-9])([\u3400-\u9fff·]{2,8}|[A-Z][a-z]+(?: [A-Z][a-z]+){0,2})[\s,，、:：;；/|（）()\-]{0,4}$",
        plain[: other.start],
    )
    if before and _stands_alone(before[1], full):
        found.append(Span(before.start(1), before.end(1), "name"))
    gap = _GAP.match(plain, other.end)
    place = gap.end() if gap else other.end
    after = re.match(r"([\u3400-\u9fff·]{2,8}?|[A-Z][a-z]+(?: [A-Z][a-z]+){0,2})(?=$|[^\u3400-\u9fffA-Za-z·]|收|先生|女士)", plain[place:])
    if after and place > other.end - 1 and _stands_alone(after[1], full):
        found.append(Span(place, place + after.end(1), "name"))
    glued = full.match(plain, place)
    if glued and any(one.start - 2 <= glued.end() <= one.start for one in others):
        found.append(Span(place, glued.end(), "name"))
    return found


def _stands_alone(word: str, full: re.Pattern[str]) -> bool:
    if re.match("[A-Z]", word) or "·" in word:
        return _is_name(word, strict=True)
    match = full.fullmatch(word)
    return match is not None and _is_name(word, strict=True)
