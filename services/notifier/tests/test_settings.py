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
