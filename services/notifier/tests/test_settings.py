"""Settings that cannot work are refused at the start."""

import pytest
from pydantic import ValidationError

from hejnal_notifier.settings import Settings


def test_a_lease_outlives_a_try() -> None:
    with pytest.raises(ValidationError, match="lease_s"):
        Settings(lease_s=20, email_timeout_s=15)


@pytest.mark.parametrize("subject", ["mailto: a@b.pl", "mailto:<a@b.pl>", "a@b.pl", "http://a.pl"])
def test_push_services_get_a_contact_they_accept(subject: str) -> None:
    with pytest.raises(ValidationError, match="vapid_subject"):
        Settings(vapid_subject=subject)


@pytest.mark.parametrize(
    ("real", "missing"),
    [
        ({"smtp_host": "mail.town.example"}, "HEJNAL_NOTIFIER_EMAIL_FROM, HEJNAL_NOTIFIER_TOWN_NAME"),
        ({"smtp_host": "192.0.2.7", "town_name": "Nowy Targ"}, "HEJNAL_NOTIFIER_EMAIL_FROM"),
        ({"sms_url": "https://api.sms.example/sms.do"}, "HEJNAL_NOTIFIER_SMS_SENDER, HEJNAL_NOTIFIER_TOWN_NAME"),
    ],
)
def test_residents_are_never_written_to_in_an_example_s_name(real: dict[str, str], missing: str) -> None:
    with pytest.raises(ValidationError, match=f"{missing} must be set"):
        Settings(**real)  # type: ignore[arg-type]
    names = {"town_name": "Nowy Targ", "email_from": "Nowy Targ <alarm@nowytarg.example>", "sms_sender": "NowyTarg"}
    assert Settings(**(real | names)).town_name == "Nowy Targ"  # type: ignore[arg-type]
    Settings(smtp_host="127.0.0.1", sms_url="http://localhost:1/sms.do")  # this machine's own sinks
