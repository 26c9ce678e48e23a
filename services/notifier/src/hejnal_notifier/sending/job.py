"""One claimed delivery with all that is needed to send it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from hejnal_contracts.announcements import Text
from hejnal_contracts.base import Channel, Language, Severity
from hejnal_notifier.severity import OF_RANK

VersionKind = Literal["issued", "updated", "cancelled"]
DirectKind = Literal["one_time_code", "test", "notice"]


@dataclass(frozen=True, slots=True)
class AnnouncementContent:
    """An announcement version as its recipients get it."""

    version_id: int
    announcement_id: str
    version: int
    kind: VersionKind
    category: str
    severity: Severity
    texts: dict[Language, Text]
    valid_from: datetime
    valid_until: datetime
    page_url: str
    drill: bool
    issued_at: datetime
    traceparent: str | None = None
    """The trace it came with."""

    def text(self, language: Language) -> tuple[Language, Text]:
        """The wording in a language, or in Polish where there is none."""
        found = self.texts.get(language)
        return (language, found) if found is not None else (Language.PL, self.texts[Language.PL])


def content_of(row: Any) -> AnnouncementContent:
    """An announcement version from its row."""
    return AnnouncementContent(
        version_id=row.version_id,
        announcement_id=row.announcement_id,
        version=row.version,
        kind=row.kind,
        category=row.category,
        severity=OF_RANK[row.severity],
        texts={Language(language): Text.model_validate(words) for language, words in row.texts.items()},
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        page_url=row.page_url,
        drill=row.drill,
        issued_at=row.issued_at,
        traceparent=getattr(row, "traceparent", None),
    )


@dataclass(frozen=True, slots=True)
class DirectContent:
    """A message to one person that no announcement stands behind."""

    kind: DirectKind
    code: str = ""
    subject: str = ""
    body: str = ""


@dataclass(frozen=True, slots=True)
class DigestContent:
    """Several announcements of low severity in one message, the most important first. Never empty."""

    items: tuple[AnnouncementContent, ...]


@dataclass(frozen=True, slots=True)
class Job:
    """What a worker holds in its hands."""

    delivery_id: UUID
    channel: Channel
    provider: str
    """The provider it was claimed for."""
    attempt: int
    in_doubt: bool
    """An earlier try may have reached the device."""
    lease_until: datetime
    not_before: datetime
    created_at: datetime
    expires_at: datetime
    resident_id: str | None
    contact_id: str | None
    address: str
    push_p256dh: str
    push_auth: str
    push_server_key: str | None
    """The VAPID key the subscription was made with; None: the oldest."""
    unsubscribe_url: str
    language: Language
    content: AnnouncementContent | DirectContent | DigestContent
    traceparent: str | None = None
    """The trace of what is behind it; a digest has several causes and begins its own."""
    due_at: datetime | None = None
    """When it could have gone first; None when it has not been tried before: `not_before` is that moment."""

    @property
    def urgent(self) -> bool:
        """Silence would be worse than a repeat: emergencies, and what a person is waiting for."""
        if isinstance(self.content, DirectContent):
            return self.content.kind != "notice"
        return isinstance(self.content, AnnouncementContent) and self.content.severity is Severity.EMERGENCY
