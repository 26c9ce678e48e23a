import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hejnal_media.rtsp.auth import Authenticator, Challenge, Credentials, digest_response, parse_challenges
from hejnal_media.rtsp.message import MessageError, parse_head
from hejnal_media.rtsp.url import parse_url, redact_url, resolve_control, session_base
from hejnal_media.sdp import parse_sdp

SETS = base64.b64encode(b"\x67\x64\x00\x1f").decode() + "," + base64.b64encode(b"\x68\xee").decode()


def test_a_usual_description() -> None:
    text = (
        "v=0\r\no=- 1 1 IN IP4 10.0.0.5\r\ns=Session\r\na=control:*\r\nm=audio 0 RTP/AVP 0\r\na=control:trackID=2\r\n"
        "m=video 0 RTP/AVP 96\r\nb=AS:5000\r\na=rtpmap:96 H264/90000\r\n"
        f"a=fmtp:96 profile-level-id=64001F; packetization-mode=1; sprop-parameter-sets={SETS}\r\na=control:trackID=1\r\n"
    )
    found = parse_sdp(text.encode())
    assert found.control == "*"
    assert [media.kind for media in found.media] == ["audio", "video"]
    video = found.media[1]
    assert (video.encoding, video.payload_type, video.clock_rate, video.control) == ("H264", 96, 90_000, "trackID=1")
    assert video.parameter_sets == (b"\x67\x64\x00\x1f", b"\x68\xee")
    assert found.media[0].encoding == "PCMU"


def test_broken_descriptions_that_cameras_send() -> None:
    text = (
        "s=\ns=again\nc=bad\nm=video 0 RTP/AVP 35 96 \na=rtpmap:96 h264/90000 \na=fmtp:97 packetization-mode=1;"
        f"sprop-parameter-sets={SETS.replace('=', '')}; \na=control:rtsp://10.0.0.5/x "
    )
    video = parse_sdp(text.encode()).media[0]
    assert (video.encoding, video.payload_type, video.control) == ("H264", 96, "rtsp://10.0.0.5/x")
    assert len(video.parameter_sets) == 2


@given(st.binary(max_size=300))
def test_any_bytes_are_a_description(body: bytes) -> None:
    for text in (body, b"v=0\nm=video 0 RTP/AVP 96\na=" + body, b"m=" + body):
        for media in parse_sdp(text).media:
            assert media.parameter_sets is not None


@given(st.binary(max_size=200))
def test_any_bytes_as_a_message(head: bytes) -> None:
    for start in (b"", b"RTSP/1.0 200 OK\r\n", b"OPTIONS * RTSP/1.0\r\nContent-Length: "):
        try:
            message, size = parse_head(start + head + b"\r\n\r\n")
        except MessageError:
            continue
        assert size >= 0
        assert message.sequence >= -1


def test_urls() -> None:
    url = parse_url("rtsp://us%40er:p%3Ass@[fe80::1]:8554/a/b?c=1")
    assert (url.host, url.port, url.username, url.password) == ("fe80::1", 8554, "us@er", "p:ss")
    assert url.text == "rtsp://[fe80::1]:8554/a/b?c=1"
    assert redact_url("cannot open rtsp://a:b@10.0.0.1/x") == "cannot open rtsp://10.0.0.1/x"
    assert resolve_control("rtsp://h/x/", "trackID=1") == "rtsp://h/x/trackID=1"
    assert resolve_control("rtsp://h/x?y=1", "track1") == "rtsp://h/x?y=1/track1"
    assert resolve_control("rtsp://h/x", "rtsp://h/z") == "rtsp://h/z"
    assert resolve_control("rtsp://h:1/x", "/z") == "rtsp://h:1/z"
    assert resolve_control("rtsp://h/x", "*") == "rtsp://h/x"
    assert session_base("rtsp://h/x", "192.168.0.1/", "") == "rtsp://h/x"
    assert session_base("rtsp://h/x", "rtsp://h/x/ ", "") == "rtsp://h/x/"


def test_the_strongest_challenge_is_answered() -> None:
    value = (
        'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256, nonce="7ypf", opaque="FQhe", '
        'Digest realm="http-auth@example.org", qop="auth", algorithm=MD5, nonce="x", Basic realm="b"'
    )
    assert [challenge.kind for challenge in parse_challenges([value])] == ["sha-256", "md5", "basic"]
    authenticator = Authenticator(Credentials("Mufasa", "Circle of Life"))
    assert authenticator.header("PLAY", "rtsp://h/") is None
    assert authenticator.challenged([value])
    assert "algorithm=SHA-256" in (authenticator.header("PLAY", "rtsp://h/") or "")
    assert not authenticator.challenged([value])
    assert authenticator.challenged([value.replace("nonce=", "stale=true, nonce=")])
    assert "Circle" not in repr(Credentials("Mufasa", "Circle of Life"))


def test_digest_as_in_rfc_2617() -> None:
    challenge = Challenge("digest", "testrealm@host.com", "dcd98b7102dd2f0e8b11d0f600bfb0c093", qop="auth")
    response = digest_response(
        challenge,
        Credentials("Mufasa", "Circle Of Life"),
        method="GET",
        uri="/dir/index.html",
        nonce_count=1,
        client_nonce="0a4f113b",
    )
    assert response == "6629fae49393a05397450978507c4ef1"


def test_basic() -> None:
    authenticator = Authenticator(Credentials("Aladdin", "open sesame"))
    assert authenticator.challenged(['Basic realm="x"'])
    assert authenticator.header("PLAY", "rtsp://h/") == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="


@given(st.text(max_size=100))
def test_any_challenge(value: str) -> None:
    for text in (value, "Digest " + value, "Basic " + value):
        authenticator = Authenticator(Credentials("a", "b"))
        if authenticator.challenged([text]):
            assert authenticator.header("PLAY", "rtsp://h/")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("m=video 0 RTP/AVP 26", ("JPEG", 26, 90_000, 1)),
        ("m=audio 0 RTP/AVP 8", ("PCMA", 8, 8000, 1)),
        ("m=audio 0 RTP/AVP 0\na=rtpmap:0 PCMU/16000/2", ("PCMU", 0, 16_000, 2)),
        ("m=audio 0 RTP/AVP 97\na=rtpmap:97 opus/48000/2 ", ("OPUS", 97, 48_000, 2)),
        ("m=video 0 RTP/AVP 96\nm=audio 0 RTP/AVP 8\na=rtpmap:96 H265/90000", ("H265", 96, 90_000, 1)),
        ("a=rtpmap:96 H264/90000\nm=video 0 RTP/AVP 96", ("H264", 96, 90_000, 1)),
        ("s=\ns=\nm=video 0 RTP/AVP 98\na=rtpmap:98 h264/90000  \no=", ("H264", 98, 90_000, 1)),
    ],
)
def test_descriptions_that_leave_things_out_or_put_them_elsewhere(text: str, expected: tuple[str, int, int, int]) -> None:
    media = parse_sdp(text.replace("\n", "\r\n").encode()).media[0]
    assert (media.encoding, media.payload_type, media.clock_rate, media.channels) == expected


def test_parameters_under_the_wrong_track_are_found() -> None:
    video_lines = "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
    text = video_lines + "m=audio 0 RTP/AVP 8\r\na=fmtp:96 sprop-parameter-sets=Z0IAHw==,aM4=\r\n"
    video, audio = parse_sdp(text.encode()).media
    assert len(video.parameter_sets) == 2
    assert audio.parameters == {"sprop-parameter-sets": "Z0IAHw==,aM4="}
