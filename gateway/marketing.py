"""Yes and no to marketing: the two buttons of the offer, and the one word that stops it (002 §十五（七）; decisions.md 9).

A yes is the pressed button and nothing else. A no is stored whoever has the talk; only the words back are the bot's to say.
"""

from __future__ import annotations

import unicodedata
from typing import Literal

from gateway.proactive import SUBSCRIBED, UNSUBSCRIBED
from gateway.talks import REFUSE, SUBSCRIBE, Draft, StoredMessage, Talk
from gateway.wording import Wording
from policy.words import words
from shop.consents import Consents
from shop.outbox import Outbox

Word = Literal["given", "refused"]


class Marketing:
    """What shoppers say about marketing."""

    def __init__(self, consents: Consents, outbox: Outbox, sentences: Wording) -> None:
        self.consents = consents
        self._outbox = outbox
        self._sentences = sentences

    def heard(self, talk: Talk, message: StoredMessage) -> Word | None:
        """The yes or no in a message; None for every other message. Reads the database only for words that may mean a no."""
        if message.payload == SUBSCRIBE:
            return "given"
        if message.payload == REFUSE:
            return "refused"
        if message.payload is not None or message.attachment_ids:
            return None
        said = plain(message.text)
        listed = words()["proactive"]
        if said in {plain(word) for word in listed["unsubscribe"]}:
            return "refused"
        if said in {plain(word) for word in listed["unsubscribe_after_marketing"]}:
            return "refused" if self._outbox.last_offer(talk.customer_id, talk.id) is not None else None
        return None

    def may_mean(self, message: StoredMessage) -> bool:
        """Whether a message can be a yes or no to marketing at all: a look at its words, without the database."""
        if message.payload in (SUBSCRIBE, REFUSE):
            return True
        listed = words()["proactive"]
        said = plain(message.text)
        return any(said == plain(word) for word in (*listed["unsubscribe"], *listed["unsubscribe_after_marketing"]))

    def note(self, talk: Talk, message: StoredMessage) -> Word | None:
        """Store the yes or no of a message, if it is one; storing it again changes nothing."""
        word = self.heard(talk, message)
        if word is not None:
            self.consents.set(word, customer_id=talk.customer_id, conversation_id=talk.id, answer=message.text)
        return word

    def answer(self, talk: Talk, message: StoredMessage) -> list[Draft] | None:
        """Store it and say so; None when the message is about something else."""
        word = self.note(talk, message)
        if word is None:
            return None
        name = SUBSCRIBED if word == "given" else UNSUBSCRIBED
        said = self._sentences.say(name, {}, talk.last_seq)
        trace = {"script": said.script, "response": name}
        return [Draft("bot", text, trace=trace, spoken=said.spoken.bubbled(place)) for place, text in enumerate(said.bubbles)]


def plain(text: str) -> str:
    """A message without width, case, spaces and marks: ＴＤ。 is td."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(char for char in folded if unicodedata.category(char)[0] in "LN")
