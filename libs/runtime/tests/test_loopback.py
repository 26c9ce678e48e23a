"""Which hosts are this machine's own."""

import pytest

from hejnal_runtime.endpoints import is_loopback


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", [None, "", "192.0.2.7", "10.0.0.1", "mail.town.example", "localhost.town.example", "127.0.0.1.nip.io"]
)
def test_any_other(host: str | None) -> None:
    assert not is_loopback(host)
