"""JavaScript without what only its readers need: comments, indentation, blanks that separate nothing.

No line is moved into another statement (but plain declarations that follow each other become one): newlines that JavaScript may read
as the end of a statement stay. Only private names (#), which no other module can see, are made short, the commonest first. Strings,
regular expressions and templates stay as they are; a style sheet loses its blanks.
"""

from __future__ import annotations

import re
from collections import Counter

SHEET = "replaceSync("
_NAME = re.compile(r"[\w$#]")
_WORD = re.compile(r"[\w$]+")
# The same in fewer letters: that nobody assigns to a `const` guards who writes the module, not who runs it.
_SHORT = {"const": "let", "true": "!0", "false": "!1"}
_SPACE = re.compile(r"\s+")
# A slash after one of these begins a regular expression; after anything else it divides.
_BEFORE_REGEX = tuple("(,=:[!&|?{};+-*%<>~^")
_WORDS_BEFORE_REGEX = ("return", "typeof", "case", "of", "in")
_PRIVATE = re.compile(r"(?<=\w\.#)[A-Za-z_]\w*")
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_REGEX = re.compile(r"/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n\[])+/[a-z]*")
_STRING = re.compile(r'"(?:\\.|[^"\\\n])*"|' + r"'(?:\\.|[^'\\\n])*'")
# A newline after one of these, or before one of those, never ends a statement.
_GOES_ON = "{([,;:?=&|*<>!"
_CONTINUES = ")]},;:?.=&|*<>"


def slim(source: str) -> str:
    """A module, smaller. What cannot be read (a string without end) raises ValueError."""
    out: list[str] = []
    place = 0
    while place < len(source):
        if source.startswith("//", place):
            place = _until(source, "\n", place)
        elif source.startswith("/*", place):
            place = _until(source, "*/", place) + 2
        elif space := _SPACE.match(source, place):
            place = space.end()
            _add(out, "\n" if "\n" in space[0] else " ")
        elif source[place] in "\"'" or (source[place] == "/" and _regex_follows(out)):
            literal = (_STRING if source[place] in "\"'" else _REGEX).match(source, place)
            if literal is None:
                raise ValueError(f"a literal without end at {source[place : place + 40]!r}")
            _add(out, literal[0])
            place = literal.end()
        elif source[place] == "`":
            end = _template(source, place)
            text = source[place:end]
            _add(out, _sheet(text) if "".join(out[-len(SHEET) :]).endswith(SHEET) else text)
            place = end
        elif word := _WORD.match(source, place):
            place = word.end()
            # Not where it is a member's name.
            free = not (out and out[-1].endswith((".", "#"))) and not source.startswith(":", place)
            _add(out, _SHORT.get(word[0], word[0]) if free else word[0])
        else:
            _add(out, source[place])
            place += 1
    return _short_names("".join(out).strip()) + "\n"


def _short_names(code: str) -> str:
    """Private names (``this.#deliver``), which no other module can see, made short; each class body keeps them apart."""
    # One that could be a colour (#add) stays: a string may hold the same.
    names = [name for name, _ in Counter(_PRIVATE.findall(code)).most_common() if not re.fullmatch("[0-9a-fA-F]{3,8}", name)]
    if len(names) > len(_LETTERS):
        return code
    short = dict(zip(names, _LETTERS, strict=False))
    return re.sub(rf"#({'|'.join(sorted(names, key=len, reverse=True))})\b", lambda found: f"#{short[found[1]]}", code) if names else code


def _until(source: str, what: str, place: int) -> int:
    found = source.find(what, place)
    return len(source) if found < 0 else found


def _add(out: list[str], piece: str) -> None:
    """Add a piece; a blank before it is dropped where it separates nothing."""
    if piece in (" ", "\n"):
        # Of several blanks (a comment between them) the newline counts.
        if out and out[-1] in (" ", "\n"):
            out[-1] = "\n" if "\n" in (piece, out[-1]) else " "
        elif out:
            out.append(piece)
        return
    if len(out) > 1 and out[-1] in (" ", "\n") and not _separates(out[-2][-1], out[-1], piece[0]):
        out.pop()
    if piece == "}" and out and out[-1] == ";":
        # A block's end is a statement's end. (An empty `while (…);` at the end of a block would be an error that any browser names.)
        out.pop()
    elif piece in (")", "]", "}") and len(out) > 1 and out[-1] == "," and out[-2] not in ("[", ","):
        # The comma after the last of a list; one that leaves a place empty stays.
        out.pop()
    elif piece == ">" and _one_name(out):
        del out[-2], out[-3]
    elif piece == "let" and _declares(out):
        out[-1] = ","
        return
    elif piece[0].isdigit() and out[-2:] == ["0", "."]:
        del out[-2]
    out.append(piece)


def _one_name(out: list[str]) -> bool:
    """Whether ``(name)=`` stands at the end, whose parentheses an arrow function does not need; after a word (``async``) they stay."""
    return (
        len(out) > 4 and out[-4] == "(" and out[-2:] == [")", "="] and re.fullmatch(r"[A-Za-z_$][\w$]*", out[-3]) is not None
    ) and not _NAME.match(out[-5][-1])


def _declares(out: list[str]) -> bool:
    """Whether the statement that ends here is a plain ``let …;``, which the next one may go on with."""
    if not out or out[-1] != ";":
        return False
    first = next((place + 1 for place in range(len(out) - 2, -1, -1) if out[place] in (";", "{", "}", "\n")), 0)
    return out[first] == "let"


def _separates(before: str, blank: str, after: str) -> bool:
    if blank == "\n":
        return before not in _GOES_ON and after not in _CONTINUES
    if _NAME.match(before) and _NAME.match(after):
        return True
    # `a + +b` and `a / /b/` would read differently without.
    return before in "+-/" and after in "+-/"


def _regex_follows(out: list[str]) -> bool:
    said = "".join(out[-12:]).rstrip()
    if not said or said.endswith(_BEFORE_REGEX):
        return True
    word = re.search(r"[\w$]+$", said)
    return word is not None and word[0] in _WORDS_BEFORE_REGEX


def _template(source: str, place: int) -> int:
    """Where a template string ends, with the templates inside its ``${…}``."""
    depth = 0
    at = place + 1
    while at < len(source):
        if source[at] == "\\":
            at += 2
        elif source.startswith("${", at):
            depth += 1
            at += 2
        elif depth and source[at] == "`":
            at = _template(source, at)
        elif depth and source[at] == "}":
            depth -= 1
            at += 1
        elif source[at] == "`":
            return at + 1
        else:
            at += 1
    raise ValueError(f"a template without end at {source[place : place + 40]!r}")


def _sheet(text: str) -> str:
    kept = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    kept = re.sub(r"\s+", " ", kept)
    kept = re.sub(r" ?([{};,>]) ?", r"\1", kept)
    kept = re.sub(r"(?<![\w.])0(?=\.\d)", "", kept)
    return re.sub(r": ", ":", kept).replace(";}", "}").replace("` ", "`").replace(" `", "`")
