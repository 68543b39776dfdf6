"""What the studio's routes for intents and examples take and answer."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from gateway.studio_schemas import FindingOut

IntentName = Annotated[str, Field(min_length=1, max_length=64)]
Topic = Annotated[str | None, Field(max_length=64)]
Text = Annotated[str, Field(max_length=1000)]
ExampleId = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
MOST = 5_000


class Body(BaseModel):
    """Takes nothing that it does not know."""

    model_config = ConfigDict(extra="forbid")


class ExampleOut(BaseModel):
    """An example: ``id`` holds until somebody changes it; ``line`` from 1; ``held_out``: measured with, not taught."""

    id: str
    text: str
    intent: str
    topic: str | None
    path: str
    line: int
    held_out: bool


class ListedExample(ExampleOut):
    """``clash``: the other intent that has the same text; ``doubled``: this intent has it twice."""

    clash: str | None
    doubled: bool


class ExamplesOut(BaseModel):
    """One page of examples; ``total`` of all that fit; ``topics`` of the intent, the commonest first."""

    examples: list[ListedExample]
    total: int
    topics: list[str]


class Confused(BaseModel):
    """Messages of an intent that were read as another one."""

    intent: str
    count: int


class IntentOut(BaseModel):
    """An intent. ``accuracy`` (0–1), ``messages``, ``confused``: of the release that was measured last, null when none was.

    ``few``: fewer examples than make it sure; ``known``: in the domain.
    """

    intent: str
    name: str
    group: str
    examples: int
    held_out: int
    topics: list[str]
    files: list[str]
    uses: dict[str, int]
    conflicts: int
    few: bool
    known: bool
    accuracy: float | None
    messages: int | None
    confused: list[Confused]


class IntentsOut(BaseModel):
    """All intents in the order of the domain; ``release``: the one that was measured."""

    intents: list[IntentOut]
    release: str | None
    examples: int
    held_out: int
    fewest: int
    held_out_fewest: int


class LookIn(Body):
    """Texts that somebody types for an intent; ``ignored``: the examples that they are to replace."""

    texts: list[Text] = Field(min_length=1, max_length=50)
    intent: Annotated[str | None, Field(max_length=64)] = None
    ignored: list[ExampleId] = Field(default=[], max_length=50)


class NearOut(ExampleOut):
    """An example that says nearly the same; ``share`` of common pairs of letters, 0–1."""

    share: float


class LookOut(BaseModel):
    """What speaks against a text: ``fault`` in words, the same text under another intent, under this one, nearly the same."""

    text: str
    fault: str | None
    clash: ExampleOut | None
    there: ExampleOut | None
    near: list[NearOut]


class LooksOut(BaseModel):
    """Of every text, in their order."""

    texts: list[LookOut]


class PairOut(BaseModel):
    """Two examples that say nearly the same."""

    one: ExampleOut
    other: ExampleOut
    share: float


class PairsOut(BaseModel):
    """One page of pairs; ``conflicts``: how many are of two intents."""

    pairs: list[PairOut]
    total: int
    conflicts: int


class GroupsIn(Body):
    """Into how many groups."""

    groups: int = Field(default=2, ge=2, le=8)


class GroupOut(BaseModel):
    """Examples that belong together; ``words``: what tells them from the rest."""

    words: list[str]
    examples: list[ExampleOut]


class GroupsOut(BaseModel):
    """The largest group first."""

    groups: list[GroupOut]


class ReferenceOut(BaseModel):
    """A mention of an intent. ``writable``: the studio follows a change; ``speaks``: the program says the name here by itself."""

    use: str
    path: str
    key: str | None
    line: int
    text: str
    writable: bool
    speaks: bool


class ReferencesOut(BaseModel):
    """Where an intent is used; ``bound``: what that means for each deed."""

    references: list[ReferenceOut]
    bound: dict[str, list[FindingOut]]


class AnswerChoice(BaseModel):
    """A response or an action, with the beginning of its words."""

    action: str
    text: str


class AnswersOut(BaseModel):
    """What the bot may do at an intent."""

    answers: list[AnswerChoice]


class AnswerIn(Body):
    """What the bot does at a new intent: as at ``like``, or this ``action``; neither: nothing yet."""

    like: Annotated[str | None, Field(max_length=64)] = None
    action: Annotated[str | None, Field(max_length=200)] = None


class CreateIn(Body):
    """A new intent; ``like``: the one behind which it stands in the lists."""

    intent: IntentName
    name: Annotated[str, Field(min_length=1, max_length=30)]
    group: Annotated[str | None, Field(max_length=30)] = None
    like: Annotated[str | None, Field(max_length=64)] = None
    texts: list[Text] = Field(default=[], max_length=MOST)
    held_out: list[Text] = Field(default=[], max_length=MOST)
    answer: AnswerIn = AnswerIn()


class Rename(Body):
    """Another identifier."""

    operation: Literal["rename"]
    new: IntentName


class Call(Body):
    """What staff call it, and its group (null: as it is)."""

    operation: Literal["call"]
    name: Annotated[str, Field(min_length=1, max_length=30)]
    group: Annotated[str | None, Field(max_length=30)] = None


class Merge(Body):
    """All of it goes over to another intent; ``topic``: under which of its topics."""

    operation: Literal["merge"]
    into: IntentName
    topic: Topic = None


class Split(Body):
    """These examples become a new intent; without ``answer`` the bot does as before."""

    operation: Literal["split"]
    new: IntentName
    name: Annotated[str, Field(min_length=1, max_length=30)]
    group: Annotated[str | None, Field(max_length=30)] = None
    ids: list[ExampleId] = Field(min_length=1, max_length=20_000)
    answer: AnswerIn | None = None


class Delete(Body):
    """It goes with its examples, rules, stories and tests."""

    operation: Literal["delete"]


IntentDeed = Annotated[Rename | Call | Merge | Split | Delete, Field(discriminator="operation")]


class EditExamples(Body):
    """Other texts (by id; null: taken out) and new ones for an intent."""

    operation: Literal["edit"]
    intent: IntentName
    changes: dict[ExampleId, Text | None] = Field(default={}, max_length=MOST)
    added: list[Text] = Field(default=[], max_length=MOST)
    topic: Topic = None
    held_out: bool = False


class MoveExamples(Body):
    """Examples go to an intent and topic; ``held_out`` null: taught ones stay taught."""

    operation: Literal["move"]
    ids: list[ExampleId] = Field(min_length=1, max_length=20_000)
    intent: IntentName
    topic: Topic = None
    held_out: bool | None = None


class RemoveExamples(Body):
    """Examples go."""

    operation: Literal["remove"]
    ids: list[ExampleId] = Field(min_length=1, max_length=20_000)


class TakenLine(Body):
    """A chosen line of a file."""

    text: Text
    intent: IntentName
    topic: Topic = None
    held_out: bool = False


class TakeOver(Body):
    """Lines of a file."""

    operation: Literal["import"]
    rows: list[TakenLine] = Field(min_length=1, max_length=MOST)


ExamplesDeed = Annotated[EditExamples | MoveExamples | RemoveExamples | TakeOver, Field(discriminator="operation")]


class LineOut(BaseModel):
    """A line of a file, judged; see studio/example_lines.py for ``state``."""

    line: int
    text: str
    wanted: str
    intent: str | None
    topic: str | None
    held_out: bool
    state: str
    fault: str | None
    other: ExampleOut | None
    shown: str | None


class LinesOut(BaseModel):
    """Every line of a file; ``answered``: lines whose answer stays behind; ``cut``: texts beyond what is read at once."""

    lines: list[LineOut]
    answered: int
    cut: bool


def line_out(one: Any, example: Any) -> dict[str, Any]:
    """A judged line as the API says it."""
    named = ("line", "text", "wanted", "intent", "topic", "held_out", "state", "shown")
    return {**{name: getattr(one, name) for name in named}, "other": example(one.other) if one.other else None}
