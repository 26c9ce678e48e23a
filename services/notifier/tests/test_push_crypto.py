"""Push encryption and identity against the RFCs' own examples and an independent library."""

import os
import time

import http_ece
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from hejnal_notifier.channels.push_encryption import PAYLOAD_LIMIT_BYTES, BadKeysError, b64url, encrypt, unb64url
from hejnal_notifier.channels.vapid import Vapid, application_server_key
from hejnal_notifier.channels.vapid_ring import make_vapid_key, read_ring


def test_the_example_of_rfc_8291_appendix_a() -> None:
    number = int.from_bytes(unb64url("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), "big")
    body = encrypt(
        b"When I grow up, I want to be a watermelon",
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        "BTBZMqHH6r4Tts7J_aSIgg",
        sender_key=ec.derive_private_key(number, ec.SECP256R1()),
        salt=unb64url("DGv6ra1nlYgDCS1FRnbzlw"),
    )
    assert b64url(body) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_"
        "yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


@settings(max_examples=60)
@given(st.binary(max_size=PAYLOAD_LIMIT_BYTES))
def test_an_independent_library_reads_it(plain: bytes) -> None:
    device, auth = ec.generate_private_key(ec.SECP256R1()), os.urandom(16)
    point = device.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    body = encrypt(plain, b64url(point), b64url(auth))
    assert len(body) <= 4096
    assert http_ece.decrypt(body, private_key=device, auth_secret=auth, version="aes128gcm") == plain


@given(st.text(max_size=120), st.text(max_size=40))
def test_nonsense_keys_are_refused_and_nothing_else_happens(p256dh: str, auth: str) -> None:
    with pytest.raises(BadKeysError):
        encrypt(b"x", p256dh, auth)


def test_too_long() -> None:
    with pytest.raises(ValueError, match="too long"):
        encrypt(b"x" * (PAYLOAD_LIMIT_BYTES + 1), "", "")


def test_vapid_header_is_signed_for_the_origin_and_kept(tmp_path) -> None:
    public = make_vapid_key(tmp_path / "k" / "vapid.pem", tmp_path / "public")
    assert make_vapid_key(tmp_path / "k" / "vapid.pem", None) == public  # never replaced
    assert (tmp_path / "public").read_text().strip() == public
    assert (tmp_path / "k" / "vapid.pem").stat().st_mode & 0o077 == 0
    key = read_ring(tmp_path / "k" / "vapid.pem").current.private_key
    assert key is not None
    vapid = Vapid(key, "mailto:a@b.pl")
    header = vapid.header("https://push.example")
    token, _, shown = header.removeprefix("vapid t=").partition(", k=")
    claims = jwt.decode(token, key.public_key(), algorithms=["ES256"], audience="https://push.example")
    assert shown == application_server_key(key) == public
    assert claims["sub"] == "mailto:a@b.pl"
    assert 0 < claims["exp"] - time.time() <= 24 * 3600
    assert vapid.header("https://push.example") == header
    assert vapid.header("https://other.example") != header
