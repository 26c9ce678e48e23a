"""What an announcement's preview shows is what notifier sends: the two word it apart, for neither may import the other."""

from datetime import UTC, datetime

import pytest

from hejnal_citizen.announcements import wording
from hejnal_citizen.announcements.schemas import Draft, VersionKind
from hejnal_citizen.settings import Settings
from hejnal_contracts.base import Language, Severity
from hejnal_notifier.channels.sms.wording import announcement_wording
from hejnal_notifier.channels.wording import headline
from hejnal_notifier.sending.job import AnnouncementContent

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
TEXTS = {
    "pl": {"title": "Nie ma wody", "body": "Awaria na Żółkiewskiego.\n" + "Naprawa trwa. " * 60, "instruction": "Zakręć zawór."},
    "en": {"title": "No water", "body": "Repairs until 6 pm."},
    "uk": {"title": "Немає води", "body": "Аварія.", "sms": "Води немає до 18:00"},
}


def _draft(severity: Severity, *, drill: bool) -> Draft:
    return Draft.model_validate(
        {"category": "water", "severity": severity, "texts": TEXTS, "valid_until": AT, "channels": ["sms"], "drill": drill}
    )


def _content(draft: Draft, kind: VersionKind) -> AnnouncementContent:
    return AnnouncementContent(
        version_id=1,
        announcement_id="a-1",
        version=1,
        kind=kind,
        category=draft.category,
        severity=draft.severity,
        texts=draft.texts,
        valid_from=AT,
        valid_until=AT,
        page_url="https://hejnal.example/a-1",
        drill=draft.drill,
        issued_at=AT,
    )


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("drill", [False, True])
@pytest.mark.parametrize("severity", [Severity.INFO, Severity.EMERGENCY])
@pytest.mark.parametrize("kind", ["issued", "updated", "cancelled"])
def test_previews_word_it_as_notifier_does(kind, severity, drill, language):
    draft = _draft(severity, drill=drill)
    content = _content(draft, kind)
    settings = Settings()
    shown = wording.sms_of(draft, language, settings, kind).text
    diacritics, most = settings.sms_diacritics, settings.sms_max_parts
    assert shown == announcement_wording(content, language, diacritics=diacritics, max_parts=most)
    title = wording.message_view(draft, draft.channels[0], language, kind, 0).title
    assert title == headline(content, language, draft.texts[language])
