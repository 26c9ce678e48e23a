"""What the town tells residents, version by version."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from hejnal_contracts.base import Channel, Fact, Id, Instant, Language, Model, Point, Severity


class TownArea(Model):
    """The whole town."""

    kind: Literal["town"] = "town"


class CircleArea(Model):
    """A circle around a place."""

    kind: Literal["circle"] = "circle"
    center: Point
    radius_m: float = Field(gt=0, le=50_000)


class PolygonArea(Model):
    """A simple polygon; first and last point are equal."""

    kind: Literal["polygon"] = "polygon"
    ring: tuple[Point, ...] = Field(min_length=4, max_length=500)


class StreetsArea(Model):
    """Streets by name."""

    kind: Literal["streets"] = "streets"
    streets: tuple[str, ...] = Field(min_length=1, max_length=200)


Area = Annotated[TownArea | CircleArea | PolygonArea | StreetsArea, Field(discriminator="kind")]

Footprint = Annotated[
    tuple[tuple[Point, ...], ...],
    Field(
        description="The area as closed outer rings, worked out by the town's address register; empty for the whole town. "
        "Two areas meet where their footprints do; no consumer needs street data."
    ),
]


class Text(Model):
    """One language's wording of an announcement. Plain text, no HTML."""

    title: str = Field(min_length=1, max_length=120)
    body: str = Field(min_length=1, max_length=4000)
    instruction: str = Field(default="", max_length=1000)
    sms: str = Field(default="", max_length=459, description="Wording for SMS; title and body are used where empty")


class AnnouncementVersion(Fact):
    """A whole version of an announcement: everything needed to send it."""

    announcement_id: Id
    version: int = Field(ge=1)
    category: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$", description="Category code, e.g. water")
    severity: Severity
    texts: dict[Language, Text] = Field(min_length=1, description="Always has pl")
    area: Area = TownArea()
    footprint: Footprint = ()
    valid_from: Instant
    valid_until: Instant
    channels: tuple[Channel, ...] = Field(min_length=1)
    page_url: str = Field(description="Public page of the announcement")
    drill: bool = False
    issued_at: Instant
    issued_by: Id


class AnnouncementIssued(AnnouncementVersion):
    """First version."""

    TYPE: ClassVar[str] = "announcement.issued.v1"


class AnnouncementUpdated(AnnouncementVersion):
    """A correction or news; goes to the first version's recipients and new matches."""

    TYPE: ClassVar[str] = "announcement.updated.v1"


class AnnouncementCancelled(AnnouncementVersion):
    """All-clear or withdrawal; goes to everyone who was told before."""

    TYPE: ClassVar[str] = "announcement.cancelled.v1"
