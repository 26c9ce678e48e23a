"""Consultations as the API carries them."""

from datetime import date
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, StringConstraints, model_validator

from hejnal_citizen.schema import Input, Output
from hejnal_contracts.base import Language, Point
from hejnal_contracts.cameras import ViewCone

Kind = Literal["camera_site", "question"]
VoteRule = Literal["person", "device", "none"]
OpinionRule = Literal["none", "at_once", "after_moderation"]
State = Literal["draft", "scheduled", "open", "counting", "closed"]
Way = Literal["person", "device", "paper"]
OpinionState = Literal["waiting", "shown", "hidden"]
OptionCode = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
MOST_OPTIONS = 20


class ConsultationText(Input):
    """What it is about, in one language. Plain text."""

    title: str = Field(min_length=1, max_length=160)
    body: str = Field(min_length=1, max_length=8000)


class Option(Input):
    """One thing to choose."""

    code: OptionCode
    names: dict[Language, Annotated[str, Field(min_length=1, max_length=200)]] = Field(description="Always has pl")
    place: Point | None = Field(default=None, description="Where it would be")
    view_cone: ViewCone | None = Field(default=None, description="What a camera would see from there")


class ConsultationChange(Input):
    """A consultation as its author wants it."""

    kind: Kind
    texts: dict[Language, ConsultationText] = Field(description="Always has pl")
    options: tuple[Option, ...] = Field(default=(), max_length=MOST_OPTIONS)
    vote_rule: VoteRule = Field(description="One vote per verified person or per device; none: opinions only")
    most_choices: int = Field(default=1, ge=1, le=MOST_OPTIONS, description="How many options a voter may choose")
    opinions: OpinionRule = "after_moderation"
    rules: str = Field(default="", max_length=300, description="The resolution that sets the rules, e.g. uchwała nr XII/99/2024")
    opens_at: AwareDatetime
    closes_at: AwareDatetime

    @model_validator(mode="after")
    def _whole(self) -> "ConsultationChange":
        codes = [option.code for option in self.options]
        wrong = [
            (Language.PL not in self.texts, "the Polish text is missing"),
            (any(Language.PL not in option.names for option in self.options), "an option has no Polish name"),
            (len(set(codes)) != len(codes), "two options have the same code"),
            (self.closes_at <= self.opens_at, "it must close after it opens"),
            (self.vote_rule != "none" and len(codes) < 2, "a vote needs at least two options"),
            (self.vote_rule == "none" and self.opinions == "none", "there is nothing to take part in: no votes and no opinions"),
            (self.most_choices > max(1, len(codes)), "there are fewer options than a voter may choose"),
            (
                self.kind == "camera_site" and not any(option.place for option in self.options),
                "a camera site needs an option with a place",
            ),
        ]
        for is_wrong, what in wrong:
            if is_wrong:
                raise ValueError(what)
        return self


class Consultation(Output):
    """A consultation as everybody sees it."""

    id: str
    version: int
    state: State = Field(description="counting: voting is over, forms on paper are being typed in")
    kind: Kind
    texts: dict[Language, ConsultationText]
    options: list[Option]
    vote_rule: VoteRule
    vote_statement: dict[Language, str] = Field(description="What one vote means here and what it cannot rule out")
    most_choices: int
    opinions: OpinionRule
    rules: str
    opens_at: AwareDatetime
    closes_at: AwareDatetime
    voters: int = Field(description="How many have voted so far; for what is shown when it is closed")
    opinions_shown: int


class ConsultationDetail(Consultation):
    """One consultation, with what this caller has chosen."""

    my_choices: list[str] | None = Field(description="The caller's vote, known by session or by this device; null: none yet")


class StaffConsultation(Consultation):
    """The same for staff."""

    opened_at: AwareDatetime | None
    closed_at: AwareDatetime | None
    created_at: AwareDatetime
    created_by: str
    opinions_waiting: int


class ConsultationPage(Output):
    """Consultations, the newest first."""

    items: list[Consultation]
    next_cursor: str | None


class StaffConsultationPage(Output):
    """Consultations, the newest first."""

    items: list[StaffConsultation]
    next_cursor: str | None


class Vote(Input):
    """What somebody chooses."""

    choices: tuple[OptionCode, ...] = Field(min_length=1, max_length=MOST_OPTIONS)


class VoteStored(Output):
    """The vote counts. Voting again while it is open replaces it."""

    choices: list[str]
    way: Way
    at: AwareDatetime
    replaced: bool


class OpinionGiven(Input):
    """What somebody thinks. Neither name, e-mail nor phone is asked for."""

    text: str = Field(min_length=1, max_length=4000)


class OpinionStored(Output):
    """The opinion was taken down."""

    id: str
    state: OpinionState
    at: AwareDatetime


class Opinion(Output):
    """An opinion as everybody sees it."""

    id: str
    text: str
    way: Way
    at: AwareDatetime


class OpinionPage(Output):
    """Opinions, the oldest first."""

    items: list[Opinion]
    next_cursor: str | None


class StaffOpinion(Opinion):
    """An opinion with what became of it."""

    state: OpinionState
    reason: str
    moderated_by: str


class StaffOpinionPage(Output):
    """Opinions, the oldest first."""

    items: list[StaffOpinion]
    next_cursor: str | None


class OpinionModeration(Input):
    """Whether an opinion is shown."""

    state: Literal["shown", "hidden"]
    reason: str = Field(default="", max_length=300, description="Needed for hiding; it is on record")


class PaperEntry(Input):
    """A form on paper, as a clerk types it in."""

    form: str = Field(min_length=1, max_length=60, description="The form's own number; each counts once")
    choices: tuple[OptionCode, ...] = Field(default=(), max_length=MOST_OPTIONS)
    opinion: str = Field(default="", max_length=4000)


class PaperEntryStored(Output):
    """The form was taken down."""

    form: str
    choices: list[str]
    opinion_id: str | None
    at: AwareDatetime


class OptionResult(Output):
    """How often an option was chosen."""

    code: str
    names: dict[Language, str]
    votes: int
    by_way: dict[Way, int]


class DayResult(Output):
    """How many voted on one day (Europe/Warsaw)."""

    day: date
    voters: int


class OpinionCounts(Output):
    """What became of the opinions."""

    received: int
    shown: int
    hidden: int
    waiting: int


class ConsultationResult(Output):
    """The report: all counts, how they came about, and what they do not prove."""

    consultation_id: str
    state: State
    final: bool = Field(description="False: preliminary, for staff only")
    vote_rule: VoteRule
    vote_statement: dict[Language, str]
    rules: str
    opens_at: AwareDatetime
    closes_at: AwareDatetime
    closed_at: AwareDatetime | None
    voters: int
    voters_by_way: dict[Way, int]
    options: list[OptionResult]
    days: list[DayResult]
    opinions: OpinionCounts
