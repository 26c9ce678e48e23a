"""The file of VAPID keys: what its marks mean, how it changes, and what becomes of a file that was spoilt."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from hejnal_notifier.channels.vapid_ring import KeyState, Ring, RingError, VapidRing, make_vapid_key, read_ring, write_ring
from hejnal_notifier.vapid_keys import run_vapid_keys

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    make_vapid_key(tmp_path / "vapid.pem", tmp_path / "vapid.pub")
    return tmp_path / "vapid.pem", tmp_path / "vapid.pub"


def states(ring: Ring) -> list[str]:
    return [key.state.value for key in ring.keys]


def test_a_key_comes_beside_the_old_one_takes_over_and_the_old_one_goes(files: tuple[Path, Path]) -> None:
    private, public = files
    first = read_ring(private).current
    write_ring(read_ring(private).added(NOW), private, public)
    waiting = read_ring(private)
    assert states(waiting) == ["current", "next"]
    assert public.read_text().split() == [first.public_key]  # no browser gets it yet
    write_ring(waiting.switched(), private, public)
    both = read_ring(private)
    assert states(both) == ["older", "current"]
    assert public.read_text().split() == [both.current.public_key, first.public_key]
    write_ring(both.without(first.key_id, NOW), private, public)
    left = read_ring(private)
    assert states(left) == ["withdrawn", "current"]
    assert public.read_text().split() == [left.current.public_key]
    assert left.find(None) == left.find(first.public_key) == left.oldest  # who never told a key had the oldest
    assert (left.oldest.private_key, left.oldest.since) == (None, "2026-11-22T12:00:00Z")
    assert private.stat().st_mode & 0o077 == 0
    assert left.find("BAAA").state is KeyState.MISSING


def test_what_would_harm_is_refused_and_said_so(files: tuple[Path, Path]) -> None:
    ring = read_ring(files[0])
    with pytest.raises(RingError, match="subscribe with"):
        ring.without(ring.current.key_id, NOW)
    with pytest.raises(RingError, match="there is no key abc"):
        ring.without("abc", NOW)
    with pytest.raises(RingError, match="vapid-keys add"):
        ring.switched()
    with pytest.raises(RingError, match="waits already"):
        ring.added(NOW).added(NOW)
    waiting = ring.added(NOW)
    assert waiting.without(waiting.keys[1].key_id, NOW) == ring  # nobody ever had it: nothing to remember


@pytest.mark.parametrize("content", ["", "nonsense", "# withdrawn BAAA 2026", "# withdrawn ??? 2026", "# next 2026"])
def test_a_file_without_a_usable_key_is_told(tmp_path: Path, content: str) -> None:
    (tmp_path / "vapid.pem").write_text(content)
    with pytest.raises(RingError, match=r"vapid\.pem"):
        read_ring(tmp_path / "vapid.pem")


def test_other_kinds_of_keys_and_the_same_key_twice_are_told(files: tuple[Path, Path]) -> None:
    own = files[0].read_text()
    files[0].write_text(own + own)
    with pytest.raises(RingError, match="twice"):
        read_ring(files[0])
    other = ec.generate_private_key(ec.SECP384R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    files[0].write_text(own + other)
    with pytest.raises(RingError, match="P-256"):
        read_ring(files[0])
    files[0].write_text(own + other.replace("M", "N"))
    with pytest.raises(RingError, match="cannot be read"):
        read_ring(files[0])


def test_keys_of_openssl_are_read(files: tuple[Path, Path]) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    parameters = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
    traditional = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()
    files[0].write_text(files[0].read_text() + parameters + traditional)
    assert states(read_ring(files[0])) == ["older", "current"]


def test_a_change_is_seen_and_a_spoilt_file_leaves_the_keys_as_they_were(files: tuple[Path, Path]) -> None:
    ring = VapidRing(files[0], "mailto:a@b.pl")
    first = ring.read()
    assert ring.read() is first
    good = files[0].read_text()
    files[0].write_text(good[:100])
    assert ring.read() is first
    files[0].unlink()
    assert ring.read() is first
    files[0].write_text(good)
    write_ring(read_ring(files[0]).added(NOW), *files)
    assert states(ring.read()) == ["current", "next"]
    signer = ring.signer(ring.read().keys[1])
    assert signer is not None  # signs before browsers have it
    assert signer.public_key == ring.read().keys[1].public_key
    assert signer is ring.signer(ring.read().keys[1])


def test_the_commands(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    def run(act: str, key: str | None = None, *, anyway: bool = False) -> int:
        return run_vapid_keys(act, key, *files, NOW, database_url=None, anyway=anyway)

    first = read_ring(files[0]).current.key_id
    assert run("add") == 0
    assert run("list") == 0
    assert re.search(rf"^{first} +current .*\n[0-9a-f]{{12}} +next +2026-11-22T12:00:00Z", capsys.readouterr().out, re.MULTILINE)
    assert run("switch") == 0
    assert run("withdraw", first) == 1
    assert "HEJNAL_NOTIFIER_DATABASE_URL" in capsys.readouterr().err  # nobody could say who hangs on it
    assert run("withdraw", first, anyway=True) == 0
    assert states(read_ring(files[0])) == ["withdrawn", "current"]
    assert run("switch") == 1
    assert "vapid-keys add" in capsys.readouterr().err
