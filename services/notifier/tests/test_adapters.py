"""What providers' answers mean, and what messages say: pure parts of the adapters."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import aiosmtplib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hejnal_contracts.announcements import Text
from hejnal_contracts.base import Channel, Language, Severity
from hejnal_notifier.channels.email import judge_smtp
from hejnal_notifier.channels.email_message import EmailComposer
from hejnal_notifier.channels.push import PAYLOAD_AIM_BYTES, encode_payload, payload_of, topic_of
from hejnal_notifier.channels.sms.smsapi import judge_answer, receipt_meaning
from hejnal_notifier.channels.sms.wording import sms_wording
from hejnal_notifier.channels.wording import WORDS
from hejnal_notifier.receipts import Meaning
from hejnal_notifier.report import mask
from hejnal_notifier.sending.job import AnnouncementContent, DirectContent, Job
from hejnal_notifier.sending.outcome import Accepted, Postponed, Refused
from hejnal_runtime.sms_text import encoding_of, split_text

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def job(content: Any = None, language: Language = Language.PL, **text: str) -> Job:
    words = Text(**{"title": "Nie ma wody", "body": "Pękła rura.", **text})
    announcement = AnnouncementContent(
        version_id=1,
        announcement_id="a",
        version=1,
        kind="issued",
        category="water",
        severity=Severity.NOTICE,
        texts={Language.PL: words},
        valid_from=NOW,
        valid_until=NOW + timedelta(hours=1),
        page_url="https://miasto.example/k/1",
        drill=False,
        issued_at=NOW,
    )
    return Job(
        delivery_id=UUID(int=7),
        channel=Channel.EMAIL,
        provider="smtp",
        attempt=1,
        in_doubt=False,
        lease_until=NOW,
        not_before=NOW,
        created_at=NOW,
        expires_at=NOW + timedelta(hours=1),
        resident_id="r",
        contact_id="c",
        address="a@example.pl",
        push_p256dh="",
        push_auth="",
        push_server_key=None,
        unsubscribe_url="",
        language=language,
        content=content or announcement,
    )


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (
            aiosmtplib.SMTPRecipientRefused(550, "5.1.1 No such user", "a@b"),
            Refused("no_such_mailbox", "550 5.1.1 No such user", "hard_bounce"),
        ),
        (
            aiosmtplib.SMTPRecipientRefused(550, "No such user", "a@b"),
            Refused("no_such_mailbox", "550 No such user", "hard_bounce"),
        ),
        (aiosmtplib.SMTPRecipientRefused(550, "5.7.1 Spam", "a@b"), Refused("rejected", "550 5.7.1 Spam")),
        (aiosmtplib.SMTPRecipientRefused(552, "5.2.2 Full", "a@b"), Refused("rejected", "552 5.2.2 Full")),
        (aiosmtplib.SMTPRecipientRefused(451, "4.7.1 Later", "a@b"), Postponed("deferred", "451 4.7.1 Later", 120.0)),
        (
            aiosmtplib.SMTPRecipientsRefused([aiosmtplib.SMTPRecipientRefused(553, "gone", "a@b")]),
            Refused("no_such_mailbox", "553 gone", "hard_bounce"),
        ),
        (aiosmtplib.SMTPDataError(554, "5.7.1 Policy"), Refused("rejected", "554 5.7.1 Policy")),
        (aiosmtplib.SMTPDataError(421, "closing"), Postponed("deferred", "421 closing")),
        (aiosmtplib.SMTPSenderRefused(553, "who", "a@b"), Postponed("refuses_us", "553 who", 60.0, refuses_us=True)),
    ],
)
def test_smtp_answers(error: aiosmtplib.SMTPException, outcome: Any) -> None:
    assert judge_smtp(error) == outcome


@pytest.mark.parametrize(
    ("answer", "kind", "contact"),
    [
        ({"count": 1, "list": [{"id": "X", "status": "QUEUE"}]}, Accepted, None),
        ({"error": 53, "message": "Not unique idx"}, Accepted, None),
        ({"error": 13, "message": "bad number"}, Refused, "hard_bounce"),
        ({"error": 59, "message": "opt out"}, Refused, "opted_out"),
        ({"error": 57, "message": "blacklisted"}, Refused, None),
        ({"error": 11, "message": "bad text"}, Refused, None),
        ({"error": 101, "message": "bad token"}, Postponed, None),
        ({"error": 201, "message": "internal"}, Postponed, None),
        ({"error": "nonsense"}, Postponed, None),
        ({}, Postponed, None),
    ],
)
def test_gateway_answers(answer: Any, kind: type, contact: str | None) -> None:
    outcome = judge_answer(answer)
    assert isinstance(outcome, kind)
    assert getattr(outcome, "contact", None) == contact


def test_receipt_codes() -> None:
    assert receipt_meaning("404") == (Meaning.DELIVERED, None)
    assert receipt_meaning("405") == (Meaning.FAILED, "undelivered")
    assert receipt_meaning("403")[0] is Meaning.ON_THE_WAY
    assert receipt_meaning("")[0] is Meaning.ON_THE_WAY


def test_sms_says_what_matters_in_gsm7() -> None:
    text = sms_wording(job(body="Pękła rura na Żwirki. " * 30), town="Bugielsk", diacritics=False, max_parts=2)
    assert text.startswith("Nie ma wody. Pekla rura na Zwirki.")
    assert text.endswith("...")
    assert len(split_text(text).parts) == 2
    own = sms_wording(job(sms="Brak wody na Krótkiej do 18."), town="Bugielsk", diacritics=True, max_parts=2)
    assert own == "Brak wody na Krótkiej do 18."
    code = sms_wording(job(DirectContent("one_time_code", "123456")), town="Bugielsk", diacritics=False, max_parts=1)
    assert "123456" in code
    assert encoding_of(code) == "gsm7"
    assert len(split_text(code).parts) == 1


@given(st.text(min_size=1, max_size=4000), st.text(max_size=1000), st.text(min_size=1, max_size=120))
def test_push_payloads_fit_and_are_json(body: str, instruction: str, title: str) -> None:
    encoded = encode_payload(payload_of(job(body=body, instruction=instruction, title=title)))
    assert len(encoded) <= PAYLOAD_AIM_BYTES
    assert json.loads(encoded)["title"].endswith(title)


def test_topics_are_what_the_rfc_allows() -> None:
    topic = topic_of("01a20206-3d58-77b6-b2fc-16df1580de52")
    assert len(topic) == 32
    assert topic.replace("-", "").replace("_", "").isalnum()


@given(st.text(max_size=120))
def test_no_text_breaks_an_e_mail(title: str) -> None:
    composer = EmailComposer("Hejnał Bugielsk <h@bugielsk.test>", "Bugielsk")
    message = composer.compose(job(title=title or "x"), NOW)
    head = message.split(b"\r\n\r\n", 1)[0]
    lines = [line for line in head.split(b"\r\n") if not line.startswith((b" ", b"\t"))]
    assert all(b":" in line for line in lines)
    assert sum(line.lower().startswith(b"subject:") for line in lines) == 1
    assert head.isascii()


def test_every_language_has_every_word() -> None:
    for language in Language:
        words = WORDS[language]
        assert set(words.severity) == set(Severity)
        assert "{code}" in words.code_sms
        assert "{start}" in words.valid


def test_addresses_are_masked() -> None:
    assert mask("email", "anna.kowalska@example.pl") == "a…@example.pl"
    assert mask("sms", "+48500100200") == "…200"
    assert mask("push", "https://fcm.googleapis.com/fcm/send/secret") == "fcm.googleapis.com"


@pytest.mark.parametrize("error", [14, 101, 102, 103, 105, 110, 401, 997])
def test_an_sms_gateway_that_refuses_the_town_is_left_alone_at_once(error: int) -> None:
    outcome = judge_answer({"error": error, "message": "…"})
    assert isinstance(outcome, Postponed)
    assert outcome.refuses_us
    assert not outcome.in_doubt
