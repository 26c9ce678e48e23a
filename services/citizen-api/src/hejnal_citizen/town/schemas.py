"""What the API says about the town."""

from typing import Any, Literal

from pydantic import Field

from hejnal_citizen.reports.questions import Question
from hejnal_citizen.schema import Output
from hejnal_contracts.base import Language, Point, Severity


class CategoryNames(Output):
    """A category's name in each language."""

    pl: str
    en: str
    uk: str


CapCategory = Literal[
    "Geo", "Met", "Safety", "Security", "Rescue", "Fire", "Health", "Env", "Transport", "Infra", "CBRNE", "Other"
]
"""Categories of CAP 1.2 §3.2.2."""


class AnnouncementCategory(Output):
    """What residents filter announcements by."""

    code: str
    names: CategoryNames
    icon: str = Field(default="", description="Name of an icon of the front ends; empty: the plain one")
    default_severity: Severity | None = Field(default=None, description="Proposed when something is announced")


class ReportCategory(Output):
    """What a report is about."""

    code: str
    names: CategoryNames
    unit: str = Field(description="The unit of the town that gets the report")
    anonymous_allowed: bool = Field(description="False: the reporter signs in or leaves a contact")
    urgent: bool = Field(description="True: reaches the watch room at once")
    questions: list[Question] = Field(default=[], description="To be answered in the form's field `answers`")


class Consent(Output):
    """The wording to which a resident agrees before the town writes to a contact."""

    version: str
    legal_basis: str
    texts: dict[Language, str]


class Town(Output):
    """Everything a client needs at its start."""

    name: str
    teryt: str = Field(description="Code of the municipality in the state's register")
    center: Point
    bounds: tuple[float, float, float, float] = Field(description="West, south, east, north in degrees")
    boundary: dict[str, Any] = Field(description="GeoJSON Polygon or MultiPolygon")
    languages: list[Language]
    vapid_public_key: str | None = Field(
        description="applicationServerKey for Web Push, base64url; null: push is off. When it changes, browsers subscribe anew"
    )
    map_url: str | None = Field(description="PMTiles archive with the town's vector tiles; null: no map was installed")
    announcement_categories: list[AnnouncementCategory]
    report_categories: list[ReportCategory]
    consent: Consent


class AddressHit(Output):
    """A place found by its words."""

    kind: Literal["address", "street", "place"]
    label: str = Field(description="Żółkiewskiego 4")
    street: str
    number: str
    postcode: str
    district: str
    place: Point


class NearestAddress(Output):
    """What is known about a point."""

    inside_town: bool
    address: AddressHit | None = Field(description="Nearest address within 250 m")
    distance_m: float | None


class Street(Output):
    """A street by which an area can be chosen."""

    name: str
    district: str
    addresses: int = Field(description="Number of known address points; 0: the street gives no area")
