"""What an agent's words want before they go out: the wording check, what the rules cover, better words, gaps, other tones.

What was offered for a talk was reviewed and filled from decision rows: its sentences pass, and its figures cover a promise that says
the same. A gap (``{tracking}``) never goes out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.desk_store import DeskStore
from gateway.script_texts import ScriptTexts, gaps
from gateway.talks import Talk
from gateway.wording import Wording, WordingError
from policy import tones
from policy.mood import Mood, mood
from policy.wording import Finding, check, put, sentence
from policy.wording.check import SENTENCE
from policy.wording.rules import settings
from shop.catalogue import ShopRepository
from shop.clock import Clock
from shop.deeds import SuggestionUses

# In front of an answer to somebody upset, as the assistant says it (actions/tone.py).
ACKNOWLEDGE = "utter_complaints_acknowledge"
CALMING = 2
VARIATIONS = 6
REMEMBERED = 12
_FIGURE = re.compile(r"\d+月\d+日|\d{1,2}[:：]\d{2}|\d+(?:\.\d+)?")
# A figure that backs no claim by itself: "100%" is a boast wherever 100 stands.
_NO_FACT = {"100"}
# Fills a script from the talk's order: (text, names of the values that are missing).
Filler = Callable[[str, Talk | None], tuple[str, Sequence[str]]]


@dataclass(frozen=True)
class Alternatives:
    """The same answer in other tones: ``found`` as (tone, text); ``qin``: why 亲 is not among them (off | grave | mood), else None."""

    mood: Mood
    found: tuple[tuple[str, str], ...]
    qin: str | None


@dataclass(frozen=True)
class _Known:
    """What was offered in a talk: its sentences, its figures, the topic of the newest first offer."""

    sentences: frozenset[str] = frozenset()
    facts: frozenset[str] = frozenset()
    topic: str | None = None


class Drafts:
    """Drafts of one shop's agents. Blocking; safe to share between threads."""

    def __init__(
        self, shop: ShopRepository, store: DeskStore, uses: SuggestionUses, scripts: ScriptTexts, calming: Wording, clock: Clock
    ) -> None:
        self._shop = shop
        self._store = store
        self._uses = uses
        self._scripts = scripts
        self._calming = calming
        self._clock = clock
        self.fill: Filler = lambda text, talk: (text, gaps(text))
        # The library's script of an id, as it was reviewed; None when there is none.
        self.library: Callable[[str], str | None] = lambda script: None

    def findings(self, text: str, talk: Talk | None = None, *, profile: str = "own_site", said: Sequence[str] = ()) -> list[Finding]:
        """What the wording check says of a draft.

        Args:
            text: the draft.
            talk: whose offers cover what they say; None for words without a talk.
            profile: own_site, or platform_chat for a marketplace's own chat.
            said: further reviewed texts, as filled in (scripts).

        Raises:
            ValueError: an unknown profile.
        """
        known = self._known(talk, said)
        found = check(text, profile=profile, topic=known.topic, address=self._shop.shop().address_style, backed=known.facts)
        return [one for one in found if profile != "own_site" or not _said_before(text, one, known.sentences)]

    def scripts(self, ids: Sequence[str], talk: Talk) -> list[str]:
        """Scripts of the library by id, filled in for a talk: what was reviewed may be said as it stands."""
        return [self.fill(text, talk)[0] for text in map(self.library, ids) if text is not None]

    def told(self, text: str, found: Sequence[Finding], talk: Talk | None = None) -> list[dict[str, Any]]:
        """Findings as the API says them, each with better words."""
        return [{**finding_out(one), "better": self.better(text, one, talk)} for one in found]

    def better(self, text: str, finding: Finding, talk: Talk | None = None) -> dict[str, Any] | None:
        """Better words, ready to be put in: ``{span, text, script, missing}`` (span in characters of the draft); None without any."""
        words = put(text, finding)
        if words is not None:
            return self._put(words.span, words.text, None, talk)
        script = self._scripts.text(finding.script, self._clock.now()) if finding.script else None
        return None if script is None else self._put(sentence(text, finding.span), script, finding.script, talk)

    def _put(self, span: tuple[int, int], text: str, script: str | None, talk: Talk | None) -> dict[str, Any]:
        """Words for a part of the draft, with the talk's values; what is missing is named as people call it."""
        filled, missing = self.fill(text, talk)
        return {"span": list(span), "text": filled, "script": script, "missing": list(missing)}

    def alternatives(self, text: str, talk: Talk | None, message_id: str | None = None, response: str | None = None) -> Alternatives:
        """The answer in other tones, as far as they differ and the wording check asks nothing more about them.

        Args:
            text: the answer.
            talk: whose shopper's mood counts; None: a calm one.
            message_id: the message that is answered (the newest when None).
            response: the response the answer came from; says whether the matter is one before buying.
        """
        felt = "calm" if talk is None else self.mood(talk, message_id)
        known = self._known(talk)
        topic = topic_of(response) or known.topic
        address = self._shop.shop().address_style
        found: list[tuple[str, str]] = []
        if felt != "calm":
            found += [("calm", said) for said in self._calmed(text, 0 if talk is None else talk.last_seq)]
        found.append(("nin", tones.in_tone(text, "nin")))
        refused = tones.refusal(text, address=address, topic=topic, mood=felt)
        if refused is None:
            found.append(("qin", tones.in_tone(text, "qin")))
        kept: list[tuple[str, str]] = []
        for tone, said in found:
            same = said == text.strip() or said in [other for _, other in kept]
            if said and not same and not tones.worse(said, text, address=address, topic=topic):
                kept.append((tone, said))
        return Alternatives(felt, tuple(kept), refused)

    def mood(self, talk: Talk, message_id: str | None = None) -> Mood:
        """The shopper's mood at a message of theirs (the newest when None), by this message and those before it."""
        messages, _ = self._store.messages(talk.id, limit=50)
        said: list[str] = []
        for message in messages:
            if message.sender != "shopper":
                continue
            said.append("" if message.payload else message.text)
            if message.id == message_id:
                break
        return mood(said[-1], said[:-1]) if said else "calm"

    def _calmed(self, text: str, turn: int) -> list[str]:
        """The answer after a sentence that shows the shopper they were heard, without faces and shouting."""
        plain = tones.in_tone(text, "calm")
        sentences: list[str] = []
        for offset in range(VARIATIONS):
            try:
                said = "\n\n".join(self._calming.say(ACKNOWLEDGE, {}, turn + offset).bubbles)
            except WordingError:
                break
            if said not in sentences:
                sentences.append(said)
        if any(one in text for one in sentences):
            return [plain]
        return [f"{one}\n\n{plain}" for one in sentences[:CALMING]]

    def _known(self, talk: Talk | None, said: Sequence[str] = ()) -> _Known:
        offers = [] if talk is None else self._uses.offers(talk.id, most=REMEMBERED)
        texts = [str(one.get("text") or "") for one in offers] + list(said)
        topic = next((topic_of(one.get("response")) for one in offers), None)
        facts = {value for text in texts for value in _FIGURE.findall(text)} - _NO_FACT
        return _Known(frozenset(part for text in texts for part in _sentences(text)), frozenset(facts), topic)


def topic_of(response: object) -> str | None:
    """The topic of a response's name (``utter_returns_…``), if the lists know it as one before buying or a grave one."""
    parts = str(response or "").split("_")
    known = (*settings()["presale_topics"], *settings()["grave_topics"])
    return parts[1] if len(parts) > 2 and parts[0] == "utter" and parts[1] in known else None


def _sentences(text: str) -> list[str]:
    return [one.group().strip() for one in SENTENCE.finditer(text) if one.group().strip()]


def _said_before(text: str, finding: Finding, known: frozenset[str]) -> bool:
    """Whether the finding lies in sentences that were offered word by word."""
    start, end = sentence(text, finding.span)
    parts = _sentences(text[start:end])
    return bool(parts) and all(part in known for part in parts)


def finding_out(one: Finding) -> dict[str, Any]:
    """A finding of the wording check as the API says it."""
    return {
        "rule": one.rule,
        "severity": one.severity,
        "span": list(one.span),
        "found": one.found,
        "why": one.why,
        "script": one.script,
        "instead": one.instead,
    }
