"""Which channel goes first: an SMS costs money, and a notification that was seen makes it needless."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from hejnal_contracts.base import Severity


@dataclass(frozen=True, slots=True)
class ChannelPolicy:
    """Push first: who has a push device gets the SMS only if no device has shown the push in time."""

    push_first: Collection[Severity] = ()
    """Severities for which the SMS waits; for the others every channel goes at once."""
    patience: timedelta = timedelta(minutes=2)
    """How long it waits from the moment the push is due; at most half of what is left of the announcement's validity."""

    def waits(self, severity: Severity) -> bool:
        """Whether SMS of this severity wait for the push."""
        return severity in self.push_first


AT_ONCE = ChannelPolicy()
"""Every channel at once."""
