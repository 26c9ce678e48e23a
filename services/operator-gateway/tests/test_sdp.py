import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from hypothesis import given
from hypothesis import strategies as st

from hejnal_gateway.live.audio_sdp import choose_sound
from hejnal_gateway.live.ice_lite import HostCandidate
from hejnal_gateway.live.sdp import H264Format, choose_format, fragment_ufrag, parse_offer, video_track, write_answer
from hejnal_runtime.errors import AppError

CHROMIUM = """v=0
o=- 4611731400430051336 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0 1
a=extmap-allow-mixed
a=msid-semantic: WMS
m=audio 9 UDP/TLS/RTP/SAVPF 111
c=IN IP4 0.0.0.0
a=mid:0
a=recvonly
a=rtpmap:111 opus/48000/2
m=video 9 UDP/TLS/RTP/SAVPF 96 103 109 104 39
c=IN IP4 0.0.0.0
a=rtcp:9 IN IP4 0.0.0.0
a=ice-ufrag:Yt3x
a=ice-pwd:cCc4gVXsXtXvBNmZr1wv7TdA
a=ice-options:trickle
a=fingerprint:sha-256 1A:2B:3C:4D:5E:6F:1A:2B:3C:4D:5E:6F:1A:2B:3C:4D:5E:6F:1A:2B:3C:4D:5E:6F:1A:2B:3C:4D:5E:6F:1A:2B
a=setup:actpass
a=mid:1
a=recvonly
a=rtcp-mux
a=rtpmap:96 VP8/90000
a=rtpmap:103 H264/90000
a=rtcp-fb:103 goog-remb
a=rtcp-fb:103 nack
a=rtcp-fb:103 nack pli
a=fmtp:103 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f
a=rtpmap:109 H264/90000
a=fmtp:109 level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f
a=rtpmap:104 H264/90000
a=fmtp:104 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=64001f
a=rtpmap:39 AV1/90000
"""


def test_a_chromium_offer_is_understood() -> None:
    offer = parse_offer(CHROMIUM)
    assert offer.video == 1
    assert [item.payload_type for item in offer.formats] == [103, 104]
    assert offer.formats[0].feedback == ("nack", "nack pli")
    assert (offer.ice_ufrag, offer.bundle, offer.setup) == ("Yt3x", True, "actpass")


@pytest.mark.parametrize(
    ("codec", "chosen"),
    [("avc1.640028", 104), ("avc1.42c01e", 103), ("avc1.4d001f", 104), (None, 104), ("hvc1.1.6.L93", 104)],
)
def test_the_nearest_profile_is_chosen(codec: str | None, chosen: int) -> None:
    assert choose_format(parse_offer(CHROMIUM).formats, codec).payload_type == chosen


def test_the_answer_declines_what_is_not_video_and_sends_one_codec() -> None:
    offer = parse_offer(CHROMIUM)
    answer = write_answer(
        offer,
        [video_track(offer, offer.formats[0], ssrc=7, label="cam-1-main")],
        ice_ufrag="u" * 8,
        ice_pwd="p" * 24,
        candidates=[HostCandidate("192.0.2.1", 5000, 1)],
        fingerprint=("sha-256", "AA:BB"),
        session_id=1,
    )
    sections = answer.split("\r\nm=")
    assert sections[1].startswith("audio 0 ")
    assert sections[2].startswith("video 5000 UDP/TLS/RTP/SAVPF 103\r\n")
    assert "a=group:BUNDLE 1\r\n" in answer
    assert "VP8" not in answer
    assert "goog-remb" not in answer


async def test_another_implementation_accepts_the_answer() -> None:
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    peer.addTransceiver("video", direction="recvonly")
    await peer.setLocalDescription(await peer.createOffer())
    offer = parse_offer(peer.localDescription.sdp)
    answer = write_answer(
        offer,
        [video_track(offer, choose_format(offer.formats, "avc1.42001f"), ssrc=7, label="x")],
        ice_ufrag="u" * 8,
        ice_pwd="p" * 24,
        candidates=[HostCandidate("127.0.0.1", 9, 1)],
        fingerprint=("sha-256", ":".join(["AA"] * 32)),
        session_id=1,
    )
    await peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    assert peer.getTransceivers()[0]._codecs[0].mimeType == "video/H264"
    await peer.close()


@pytest.mark.parametrize(
    ("before", "after", "slug"),
    [
        ("packetization-mode=1", "packetization-mode=0", "no-h264"),
        ("a=recvonly", "a=sendonly", "no-h264"),
        ("a=ice-pwd:cCc4gVXsXtXvBNmZr1wv7TdA", "a=ice-pwd:!", "offer-invalid"),
        ("a=fingerprint:sha-256 1A", "a=fingerprint:md5 1A", "offer-invalid"),
        ("m=video", "m=video video", "offer-invalid"),
        ("v=0", "<html>", "offer-invalid"),
    ],
)
def test_what_is_wrong_has_a_name(before: str, after: str, slug: str) -> None:
    with pytest.raises(AppError) as caught:
        parse_offer(CHROMIUM.replace(before, after))
    assert caught.value.slug == slug


@given(st.lists(st.sampled_from(CHROMIUM.splitlines()) | st.text(max_size=60), max_size=60))
def test_any_text_is_an_offer_or_a_named_error(lines: list[str]) -> None:
    try:
        offer = parse_offer("\n".join(["v=0", *lines]))
    except AppError as error:
        assert error.slug in {"offer-invalid", "no-h264"}
    else:
        assert all(isinstance(item, H264Format) for item in offer.formats)


def test_a_fragment_names_its_ice_session() -> None:
    assert fragment_ufrag("a=ice-ufrag:abcd\r\na=ice-pwd:x\r\nm=audio 9 RTP/AVP 0\r\n") == "abcd"
    assert fragment_ufrag("a=candidate:1 1 udp 1 192.0.2.1 1 typ host\r\n") is None


def test_sound_is_answered_where_it_is_wanted() -> None:
    offer = parse_offer(CHROMIUM)
    track = choose_sound(offer, None)
    assert track is not None
    assert (track.section, track.payload_type, track.coding) == (0, 111, "opus")
    answer = write_answer(
        offer,
        [video_track(offer, offer.formats[0], ssrc=7, label="cam-1-main"), track.track("cam-1-main-sound")],
        ice_ufrag="u" * 8,
        ice_pwd="p" * 24,
        candidates=[HostCandidate("192.0.2.1", 5000, 1)],
        fingerprint=("sha-256", "AA:BB"),
        session_id=1,
    )
    assert "a=group:BUNDLE 0 1\r\n" in answer
    audio, video = answer.split("\r\nm=")[1:]
    assert audio.startswith("audio 5000 UDP/TLS/RTP/SAVPF 111\r\n")
    assert f"a=ssrc:{track.ssrc} cname:hejnal\r\n" in audio
    assert "a=ssrc:7 cname:hejnal\r\n" in video


def test_sound_as_the_camera_codes_it_goes_first() -> None:
    text = CHROMIUM.replace("RTP/SAVPF 111", "RTP/SAVPF 111 8")
    track = choose_sound(parse_offer(text), "PCMA")
    assert track is not None
    assert (track.payload_type, track.coding) == (8, "PCMA")
    assert choose_sound(parse_offer(CHROMIUM.replace("BUNDLE 0 1", "LS 0 1")), None) is None
    only_g722 = CHROMIUM.replace("RTP/SAVPF 111", "RTP/SAVPF 9").replace("a=rtpmap:111 opus/48000/2", "a=rtpmap:9 G722/8000")
    assert choose_sound(parse_offer(only_g722), None) is None
