"""Endpoints come from strangers."""

import pytest

from hejnal_notifier.settings import PUSH_HOSTS
from hejnal_runtime.endpoints import EndpointPolicy, EndpointRefusedError, PublicResolver, is_public, origin_of

POLICY = EndpointPolicy(PUSH_HOSTS, ("http://127.0.0.1:8082",))


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://fcm.googleapis.com/fcm/send/abc",
        "https://updates.push.services.mozilla.com/wpush/v2/abc",
        "https://web.push.apple.com/abc",
        "https://wns2-par02p.notify.windows.com/w/?token=abc",
        "https://FCM.googleapis.com./x",
    ],
)
def test_known_push_services_are_allowed(endpoint: str) -> None:
    assert POLICY.check(endpoint)[1] is False


def test_what_was_judged_once_says_nothing_about_its_neighbours() -> None:
    policy = EndpointPolicy(PUSH_HOSTS, ())
    assert policy.check("https://fcm.googleapis.com/1") == policy.check("https://fcm.googleapis.com/2")
    for endpoint in ("https://fcm.googleapis.comm", "https://fcm.googleapis.com.evil.pl/1", "http://fcm.googleapis.com/1"):
        with pytest.raises(EndpointRefusedError):
            policy.check(endpoint)


def test_the_simulator_is_allowed_exactly() -> None:
    assert POLICY.check("http://127.0.0.1:8082/push/1") == ("http://127.0.0.1:8082", True)


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://fcm.googleapis.com/x",
        "https://127.0.0.1/a.googleapis.com/",
        "https://127.0.0.1:8082/push/1",
        "http://127.0.0.1:8083/push/1",
        "http://localhost:8082/push/1",
        "https://evilgoogleapis.com/x",
        "https://googleapis.com.evil.com/x",
        "https://user:pw@fcm.googleapis.com/x",
        "https://fcm.googleapis.com:8443/x",
        "https://[::1]/x",
        "https://[::ffff:127.0.0.1]/x",
        "https://0x7f000001/x",
        "https://localhost/x",
        "https://metadata.google.internal/x",
        "file:///etc/passwd",
        "gopher://fcm.googleapis.com/",
        "https://fcm.googleapis.com:99999/x",
        "",
        "//fcm.googleapis.com/x",
        "https://",
    ],
)
def test_everything_else_is_refused(endpoint: str) -> None:
    with pytest.raises(EndpointRefusedError):
        POLICY.check(endpoint)


def test_without_a_list_of_hosts_every_public_name_is_allowed() -> None:
    policy = EndpointPolicy((), ())
    assert policy.check("https://push.example.org/1") == ("https://push.example.org", False)
    with pytest.raises(EndpointRefusedError):
        policy.check("https://10.0.0.1/1")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "192.168.1.1",
        "169.254.169.254",
        "::1",
        "fe80::1",
        "::ffff:10.0.0.1",
        "0.0.0.0",
        "100.64.0.1",
        "224.0.0.1",
    ],
)
def test_inner_addresses_are_not_public(address: str) -> None:
    assert not is_public(address)


def test_outer_addresses_are_public() -> None:
    assert is_public("8.8.8.8")
    assert is_public("2a00:1450:4001:81b::200e")


async def test_a_name_that_points_inside_does_not_exist() -> None:
    resolver = PublicResolver()
    with pytest.raises(OSError, match="no public address"):
        await resolver.resolve("localhost", 443)
    await resolver.close()


def test_origins() -> None:
    assert origin_of("https://a.b/c?d") == "https://a.b"
    assert origin_of("https://a.b:443/c") == "https://a.b"
    assert origin_of("http://[::1]:8/c") == "http://[::1]:8"
