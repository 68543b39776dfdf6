"""Bodies and answers of the trainers' inbox (gateway/studio_inbox_api.py)."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from shop.inbox import Why
from studio.repository import LONGEST_REASON

MOST = 200
MOST_READ = 20
LONGEST = 300
MessageId = Annotated[str, Field(max_length=64)]
Word = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Mark(_Body):
    """An entity: the characters it stands on, and these characters as the page showed them."""

    start: Annotated[int, Field(ge=0, le=LONGEST)]
    end: Annotated[int, Field(ge=1, le=LONGEST)]
    text: Annotated[str, Field(min_length=1, max_length=LONGEST)]
    entity: Word
    value: Annotated[str, Field(min_length=1, max_length=LONGEST, pattern=r"^[^\[\]{}\n]*$")]


class Ids(_Body):
    """Messages of the inbox."""

    ids: Annotated[list[MessageId], Field(min_length=1, max_length=MOST)]


class Meant(_Body):
    """A sentence and what it shall mean."""

    intent: Word
    topic: Word | None = None
    text: Annotated[str, Field(max_length=LONGEST)] | None = None
    entities: Annotated[list[Mark], Field(max_length=20)] = []


class Labelling(Meant, Ids):
    """A label for messages; ``text`` (as it shall stand in the files) and ``entities`` only for a single one."""

    train: bool = False


class Dropping(Ids):
    """Why messages are taken out."""

    why: Why = "useless"


class Whose(_Body):
    """One's own labels, or everybody's."""

    everyone: bool = False


class Saving(Whose):
    """Write labels into the files."""

    reason: Annotated[str, Field(min_length=1, max_length=LONGEST_REASON)]


class Texts(_Body):
    """Sentences of held_out.yml."""

    texts: Annotated[list[Annotated[str, Field(max_length=LONGEST)]], Field(min_length=1, max_length=500)]


class GroupsOut(BaseModel):
    """Groups, how many there are, how many messages in all, and the counts of the whole inbox."""

    groups: list[dict[str, Any]]
    total: int
    messages: int
    counts: dict[str, int]
    intents: list[dict[str, Any]]


class MessagesOut(BaseModel):
    """Messages, and how many there are."""

    messages: list[dict[str, Any]]
    total: int
