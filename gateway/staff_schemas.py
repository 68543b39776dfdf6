"""Bodies of the staff API."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Role = Literal["agent", "supervisor", "trainer", "admin"]
Presence = Literal["online", "break", "away"]
Topics = Annotated[list[Annotated[str, Field(pattern="^[a-z_]{1,64}$")]], Field(max_length=100)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewSession(_Body):
    """A log-in."""

    login: Annotated[str, Field(max_length=64)]
    password: Annotated[str, Field(max_length=200)]


class NewPassword(_Body):
    """A change of one's own password (10 to 200 characters)."""

    old: Annotated[str, Field(max_length=200)]
    new: Annotated[str, Field(max_length=200)]


class NewPresence(_Body):
    """在线, 小憩 or 离开."""

    presence: Presence


class NewMember(_Body):
    """A new account."""

    login: Annotated[str, Field(max_length=32)]
    name: Annotated[str, Field(max_length=40)]
    number: Annotated[str, Field(max_length=12)]
    role: Role
    capacity: Annotated[int, Field(ge=0, le=50)] = 5
    topics: Topics = []


class ChangedMember(_Body):
    """What changes of an account; what is left out stays."""

    name: Annotated[str, Field(max_length=40)] | None = None
    role: Role | None = None
    capacity: Annotated[int, Field(ge=0, le=50)] | None = None
    topics: Topics | None = None
    active: bool | None = None


class NewToken(_Body):
    """A token of a shop's own workbench, which acts as the member ``staff_id``."""

    staff_id: Annotated[str, Field(max_length=64)]
    label: Annotated[str, Field(min_length=1, max_length=100)]


class MemberOut(BaseModel):
    """One of the staff."""

    id: str
    login: str
    name: str
    number: str
    role: Role
    active: bool
    must_change: bool
    capacity: int
    topics: list[str]
    presence: Presence
    presence_at: str


class ColleagueOut(MemberOut):
    """One of the staff with ``load`` (talks now) and ``there`` (在线, and seen in the last minutes)."""

    load: int
    there: bool


class SessionOut(BaseModel):
    """Who is logged in; ``csrf`` goes back as X-CSRF-Token with every change; ``pages``, ``studio``: paths it may open."""

    member: MemberOut
    csrf: str
    expires_at: str | None
    pages: list[str]
    studio: list[str]


class PasswordOut(BaseModel):
    """An account and its one-time password, told this once."""

    member: MemberOut
    one_time_password: str


class TokenOut(BaseModel):
    """A workbench's token, told this once."""

    token: str
    label: str


class MembersOut(BaseModel):
    """The staff."""

    staff: list[ColleagueOut]


class TokensOut(BaseModel):
    """The workbenches' tokens, without the tokens."""

    tokens: list[dict[str, Any]]
