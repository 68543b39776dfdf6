"""Bodies of the API of drafts."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Words(_Body):
    """A draft to be checked. ``talk``: where it is to be said; ``profile``: platform_chat for a marketplace's own chat."""

    text: Annotated[str, Field(max_length=8_000)]
    talk: Annotated[str, Field(max_length=64)] | None = None
    profile: Literal["own_site", "platform_chat"] = "own_site"


class Answer(_Body):
    """An answer to be said in other tones. ``message_id``: of the shopper's message it answers; ``response``: where it came from."""

    text: Annotated[str, Field(max_length=8_000)]
    talk: Annotated[str, Field(max_length=64)] | None = None
    message_id: Annotated[str, Field(max_length=64)] | None = None
    response: Annotated[str, Field(max_length=128)] | None = None


class FindingsOut(BaseModel):
    """What the wording check says of a draft; ``gaps``: names of values that are still missing."""

    findings: list[dict[str, Any]]
    gaps: list[str]


class ToneOut(BaseModel):
    """One answer in a tone: calm, nin or qin."""

    tone: str
    text: str


class AlternativesOut(BaseModel):
    """``mood``: of the shopper (calm, annoyed, angry); ``qin``: why 亲 is not offered (off, grave, mood), or null."""

    mood: str
    qin: str | None
    alternatives: list[ToneOut]
