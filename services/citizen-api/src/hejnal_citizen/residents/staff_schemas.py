"""Residents' data as the data protection officer sees them."""

from pydantic import AwareDatetime

from hejnal_citizen.residents.schemas import ConsentEntry, Contact, Subscription
from hejnal_citizen.schema import Output


class FoundResident(Output):
    """A person the town writes to, with every consent given and withdrawn."""

    id: str
    created_at: AwareDatetime
    contacts: list[Contact]
    subscription: Subscription
    consents: list[ConsentEntry]


class FoundResidents(Output):
    """Who has this e-mail address, phone number or id: one or nobody."""

    items: list[FoundResident]
