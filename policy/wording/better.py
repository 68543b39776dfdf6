"""Better words for a finding, ready to be put into the text: one word for another, or a whole sentence for a whole sentence. Pure.

Where a rule says ``put``, those words stand in for the found ones; where it says ``say``, that sentence for the whole sentence. Else
somebody who knows the scripts (``script`` of the finding) gives the words that take the place of :func:`sentence`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from policy.wording.check import SENTENCE
from policy.wording.rules import Finding
from policy.wording.shape import MARKS

_EDGES = re.compile(r"^[\W_]+|[\W_]+$")
_AFTER = re.compile(r"[，,、！!～~。.\s]*")


@dataclass(frozen=True)
class Better:
    """``text`` may stand in the place of ``span`` (characters of the original, end exclusive)."""

    span: tuple[int, int]
    text: str


def put(text: str, finding: Finding) -> Better | None:
    """The rule's own words in the place of the found ones or of their sentence; None when only a person or a script can say it better."""
    start, end = finding.span
    if MARKS.fullmatch(finding.found):
        return Better((start, end), finding.found[0])
    if finding.put is None:
        return None if finding.say is None else Better(sentence(text, finding.span), finding.say)
    words = finding.found
    if _EDGES.sub("", words):
        # Patterns take the marks around a word along; those stay.
        start += len(words) - len(re.sub(r"^[\W_]+", "", words))
        end -= len(words) - len(re.sub(r"[\W_]+$", "", words))
    if text[end : end + 1] == "们":
        end += 1
    if not finding.put and start == sentence(text, (start, end))[0]:
        # What went away at the beginning takes its comma along.
        end = _AFTER.match(text, end).end()  # type: ignore[union-attr]  # the pattern matches nothing as well
    return Better((start, end), finding.put)


def sentence(text: str, span: tuple[int, int]) -> tuple[int, int]:
    """The sentences that a span touches, with the marks that end them, without blanks around."""
    touched = [one.span() for one in SENTENCE.finditer(text) if one.start() < span[1] and one.end() > span[0]]
    start, end = (touched[0][0], touched[-1][1]) if touched else span
    whole = text[start:end]
    return start + len(whole) - len(whole.lstrip()), end - (len(whole) - len(whole.rstrip()))
