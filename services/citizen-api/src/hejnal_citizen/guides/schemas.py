"""Guides and contacts as the API carries them."""

from typing import Literal

from pydantic import Field

from hejnal_citizen.schema import Output
from hejnal_contracts.base import Language


class TownContact(Output):
    """Somebody to call or write to."""

    names: dict[Language, str] = Field(description="Always has pl")
    phone: str = ""
    email: str = ""
    web: str = ""
    hours: dict[Language, str] = Field(default={}, description="When somebody answers; empty: around the clock")
    emergency: bool = Field(default=False, description="For danger to life, health or property")


class Contacts(Output):
    """The town's own contacts first, then the national emergency numbers."""

    items: list[TownContact]


class SoundPhase(Output):
    """A stretch of a siren's sound, for showing and playing it."""

    sound: Literal["rising_falling", "steady"]
    duration_s: int


class AlarmSignal(Output):
    """One signal, what it means and what to do."""

    code: Literal["alarm", "all_clear"]
    title: str
    sound: str
    phases: list[SoundPhase]
    spoken: str = Field(description="What radio, television and loudspeakers say")
    what_to_do: list[str]


class AlarmSignalGuide(Output):
    """The guide in one language."""

    language: Language
    title: str
    introduction: str
    signals: list[AlarmSignal]
    legal_basis: str
