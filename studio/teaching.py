"""Operations on examples: add, change, take out, move – each as a draft whose edits change only the blocks that are meant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from studio.blocks import Block
from studio.drafts import Draft
from studio.errors import StudioError
from studio.nlu import INTENT, Example, block_text, cleaned, examples, fault, plain, read, rewritten, same

# Where examples of an intent go that no file has yet.
ADDED = "data/nlu/added.yml"
HELD_OUT = "tests/nlu/held_out.yml"
FAULTS = {
    "empty": ("是空的或只有标点", "写上顾客会说的话"),
    "long": ("超过 300 个字", "只留一句话"),
    "command": ("以「/」开头，会被当成命令", "去掉开头的「/」"),
    "marks": ("实体标注的括号不完整", "写成 [裙子](product)，或去掉方括号"),
}


def checked(texts: Iterable[str]) -> list[str]:
    """The texts as they may stand in a file, each once. StudioError says which one cannot."""
    found: dict[str, str] = {}
    for text in texts:
        clean = cleaned(text)
        wrong = fault(clean)
        if wrong:
            problem, remedy = FAULTS[wrong]
            raise StudioError(f"例句「{clean[:40]}」", problem, remedy)
        found.setdefault(same(clean), clean)
    return list(found.values())


def add(
    draft: Draft, intent: str, texts: Sequence[str], topic: str | None = None, *, held_out: bool = False, near: str | None = None
) -> int:
    """Teach an intent these texts (with ``held_out``: measure it with them); those that it has already are left out. How many came.

    They go to the intent's largest block of that topic (of the file ``near`` first), else to a new block.
    """
    there = examples(draft.now)
    mine = there.of(intent, held_out=held_out)
    known = {same(one.text) for one in mine}
    new = [text for text in checked(texts) if same(text) not in known]
    if not new:
        return 0
    home = _home(draft, intent, topic, held_out, near)
    if home is not None:
        text = rewritten(home.text, {}, new, f"{home.path} {home.key}")
        draft.lines(home.path, home.start, home.end, text or "")
        return len(new)
    path = _file(draft, mine, held_out, near)
    siblings = [one for one in draft.now.blocks(path) if _intent(one) == intent] if draft.now.exists(path) else []
    draft.insert(path, block_text(intent, topic, new), siblings[-1] if siblings else None, "nlu")
    return len(new)


def change(draft: Draft, changes: Mapping[str, str | None]) -> None:
    """Give examples (by id) other texts, or take them out (None). StudioError when one is gone."""
    found = examples(draft.now).found(changes)
    new = {key: checked([text])[0] for key, text in changes.items() if text is not None}
    of_block: dict[tuple[str, str], list[Example]] = defaultdict(list)
    for one in found:
        of_block[one.path, one.key].append(one)
    # From the last block of a file to the first: a block that goes renames those of its name behind it.
    for (path, key), those in sorted(of_block.items(), key=lambda item: (item[0][0], -item[1][0].line)):
        block = draft.now.block(path, key)
        if block is None:
            raise StudioError(path, f"「{key}」刚被删掉了", "刷新页面")
        text = rewritten(block.text, {one.place: new.get(one.id) for one in those}, place=f"{path} {key}")
        if text is None:
            draft.drop(block)
        else:
            draft.lines(path, block.start, block.end, text)


def move(draft: Draft, ids: Sequence[str], intent: str, topic: str | None = None, *, held_out: bool | None = None) -> int:
    """Move examples (by id) to an intent and topic; taught ones stay taught, unless ``held_out`` says what they become. How many.

    Those of the intent itself keep their topic when none is named.
    """
    found = [one for one in examples(draft.now).found(ids) if not _stays(one, intent, topic, held_out)]
    change(draft, {one.id: None for one in found})
    groups: dict[tuple[bool, str | None, str], list[str]] = defaultdict(list)
    for one in found:
        measured = one.held_out if held_out is None else held_out
        new = one.topic if topic is None and one.intent == intent else topic
        # A test of the inbox has its entities marked; what is taught has not, since entities are found by rules.
        text = plain(one.text) if one.held_out and not measured else one.text
        groups[measured, new, one.path if measured == one.held_out else ""].append(text)
    for (measured, new, path), texts in groups.items():
        add(draft, intent, texts, new, held_out=measured, near=path or None)
    return len(found)


def _stays(one: Example, intent: str, topic: str | None, held_out: bool | None) -> bool:
    """Whether an example is already where it is to go."""
    return one.intent == intent and topic in (None, one.topic) and held_out in (None, one.held_out)


def _intent(block: Block) -> str | None:
    taught = read(block.text) if block.key.startswith(INTENT) else None
    return taught.intent if taught else None


def _home(draft: Draft, intent: str, topic: str | None, held_out: bool, near: str | None) -> Block | None:
    """The block that takes more examples of an intent and topic."""
    found = []
    for path in draft.now.files("test_nlu" if held_out else "nlu"):
        for block in draft.now.blocks(path):
            taught = read(block.text) if block.key.startswith(INTENT) else None
            if taught and not taught.spread and taught.intent == intent and taught.topic == topic:
                # What was measured with goes to a file of its own (held_out.yml) when there is no other place.
                found.append((path == near, len(taught.texts), block))
    return max(found, key=lambda one: one[:2])[2] if found else None


def _file(draft: Draft, mine: Sequence[Example], held_out: bool, near: str | None) -> str:
    if near:
        return near
    if held_out:
        return HELD_OUT
    sizes: dict[str, int] = defaultdict(int)
    for one in mine:
        sizes[one.path] += 1
    return max(sizes, key=lambda path: sizes[path]) if sizes else ADDED
