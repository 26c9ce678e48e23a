"""What is fuzzed: each target takes any bytes and may raise only what it declares, within time and memory bound by the input."""

import contextlib
import struct
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hejnal_media.access_unit import (
    MAX_ACCESS_UNIT_BYTES,
    MAX_AUDIO_FRAME_BYTES,
    AccessUnit,
    AudioFrame,
    AudioParameters,
    CodecParameters,
    access_unit_of,
)
from hejnal_media.audio.aac import parse_audio_specific_config, parse_stream_mux_config
from hejnal_media.depacketizers import Depacketizer, UnsupportedCodecError, audio_depacketizer, video_depacketizer
from hejnal_media.h264 import ParameterSetError
from hejnal_media.h264 import parameter_sets as h264_sets
from hejnal_media.h265 import parameter_sets as h265_sets
from hejnal_media.onvif.soap import SoapFaultError, envelope, read_body
from hejnal_media.onvif.xml import MalformedXmlError, parse_xml
from hejnal_media.relay import (
    RelayDecoder,
    RelayError,
    StreamInfo,
    encode_access_unit,
    encode_audio_frame,
    encode_run_ended,
    encode_stream_info,
)
from hejnal_media.rtcp import parse_compound, receiver_report, sender_report
from hejnal_media.rtsp import CameraClock, Credentials, ReceiveBuffer, RtspError, StaleSessions
from hejnal_media.rtsp.auth import Authenticator
from hejnal_media.rtsp.message import MAX_BODY_BYTES, MessageError, Request, Response, encode_response, parse_head
from hejnal_media.rtsp.negotiation import KeepAlive, expect_ok, read_grant
from hejnal_media.rtsp.track import choose_audio, choose_video
from hejnal_media.rtsp.transport import RtspConnection
from hejnal_media.rtsp.url import parse_url, redact_url, resolve_control, session_base
from hejnal_media.sdp import parse_sdp
from hejnal_media.simulator.clip import Clip, ClipSpec, make_clip
from hejnal_media.simulator.packets import Packetization, packetize_clip, stamp
from hejnal_media.sink import BreakReason
from tests.conformance.rtsp.exchange_files import EXCHANGES
from tests.fuzz.mutations import Mutator, PacketMutator

_AAC = {"config": "1210", "sizelength": "13", "indexlength": "3", "indexdeltalength": "3", "mode": "AAC-hbr"}
_LATM = {"cpresent": "0", "config": "400024203FC0"}


@dataclass(frozen=True)
class Target:
    """`run` gets an input made by `mutator`."""

    name: str
    mutator: Mutator
    run: Callable[[bytes], None]
    seeds: Sequence[bytes]


class CheckingSink:
    """Takes what depacketizers find and looks at it: every promise of the interface is checked."""

    def __init__(self) -> None:
        self.octets = 0
        self._parameters: CodecParameters | None = None
        self._sound: AudioParameters | None = None
        self._broken = True
        self._changed = False

    def codec_changed(self, parameters: CodecParameters) -> None:
        """Sizes are plausible."""
        assert 0 < parameters.width <= 65_536
        assert 0 < parameters.height <= 65_536
        assert parameters.codec.isascii()
        self._parameters = parameters
        self._changed = True

    def access_unit(self, unit: AccessUnit) -> None:
        """Whole NAL units; a key frame after a break or a change."""
        assert self._parameters is not None
        assert unit.ticks >= -(1 << 33)
        assert unit.key_frame or not (self._broken or self._changed)
        assert unit.size_bytes == len(unit.payload) <= MAX_ACCESS_UNIT_BYTES + 65_536
        assert unit.nal_units()
        self._broken = self._changed = False
        self.octets += unit.size_bytes

    def stream_broken(self, reason: BreakReason, detail: str) -> None:
        """A reason for people."""
        assert reason
        assert detail
        self._broken = True

    def audio_changed(self, parameters: AudioParameters) -> None:
        """Told before the first frame."""
        assert parameters.sample_rate > 0
        self._sound = parameters

    def audio_frame(self, frame: AudioFrame) -> None:
        """Bounded."""
        assert self._sound is not None
        assert 0 < len(frame.payload) <= MAX_AUDIO_FRAME_BYTES
        self.octets += len(frame.payload)


def _feeder(build: Callable[[CheckingSink], Depacketizer]) -> Callable[[bytes], None]:
    def run(data: bytes) -> None:
        sink = CheckingSink()
        try:
            depacketizer = build(sink)
        except UnsupportedCodecError:
            return
        view, position = memoryview(bytearray(data)), 0
        while (after := depacketizer.feed(view, position, len(data), 0)) > position:
            position = after
        depacketizer.flush()
        depacketizer.ticks_of(1)
        # parameter sets from the description or an earlier picture are added to each key frame: at most a few hundred bytes
        assert sink.octets <= len(data) + 600 * (1 + len(data) // 16)

    return run


def _h264(sink: CheckingSink) -> Depacketizer:
    return video_depacketizer("H264", sink, payload_type=96, parameters={}, now_us=lambda: 0)


def _h265(sink: CheckingSink) -> Depacketizer:
    return video_depacketizer("H265", sink, payload_type=96, parameters={}, now_us=lambda: 0)


def _sound(encoding: str, parameters: dict[str, str], rate: int, channels: int) -> Callable[[CheckingSink], Depacketizer]:
    return lambda sink: audio_depacketizer(
        encoding, sink, payload_type=97, clock_rate=rate, channels=channels, parameters=parameters, now_us=lambda: 0
    )


def _message(data: bytes) -> None:
    try:
        message, size = parse_head(data)
    except MessageError:
        return
    assert 0 <= size <= MAX_BODY_BYTES
    assert message.sequence >= -1
    if isinstance(message, Request):
        return
    try:
        expect_ok(message, "SETUP", StaleSessions())
    except RtspError as error:
        assert error.retry_after_s is None or 0 <= error.retry_after_s <= 120
    try:
        grant = read_grant(message, asked_channel=0)
        assert 0 <= grant.channel <= 255
        assert 2 <= grant.timeout_s <= 3600
    except RtspError:
        pass
    with contextlib.suppress(RtspError):
        KeepAlive(message.headers.get("public")).answered(message.status)
    authenticator = Authenticator(Credentials("a", "geheim"))
    if authenticator.challenged(message.headers.all("www-authenticate")):
        header = authenticator.header("PLAY", "rtsp://h/")
        assert header is None or "geheim" not in header
    base = session_base("rtsp://h/x", message.headers.get("content-base"), message.headers.get("content-location"))
    resolve_control(base, message.headers.get("location"))


def _url(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    redact_url(text)
    try:
        url = parse_url(text)
    except RtspError:
        return
    assert 0 < url.port < 65_536
    assert "@" not in url.text.split("/")[2]


def _stream(data: bytes) -> None:
    errors: list[RtspError] = []
    messages: list[Request | Response] = []
    connection = RtspConnection(
        ReceiveBuffer(140_000),
        on_message=messages.append,
        on_control=lambda _channel, packet: _rtcp(packet),
        on_closed=errors.append,
    )
    sink = CheckingSink()
    connection.take_media(0, _h264(sink))
    connection.take_also(2, _sound("PCMA", {}, 8000, 1)(sink))
    step = 1 + len(data) // 3 if len(data) % 3 else max(1, len(data))
    for start in range(0, len(data), step):
        part = data[start : start + step]
        connection.get_buffer(-1)[: len(part)] = part
        connection.buffer_updated(len(part))
        if errors:
            break
    assert len(messages) <= len(data) // 8


def _description(data: bytes) -> None:
    found = parse_sdp(data)
    assert len(found.media) <= 64
    for media in found.media:
        assert 0 <= media.payload_type < 128
        resolve_control("rtsp://h/x", media.control)
    with contextlib.suppress(RtspError):
        choose_video(found, CheckingSink(), lambda: 0)
    choose_audio(found, CheckingSink(), lambda: 0)


def _rtcp(data: bytes) -> None:
    reports, goodbyes = parse_compound(data)
    assert len(reports) + len(goodbyes) <= len(data) // 4 + 1
    clock = CameraClock(lambda raw: raw, lambda: 0.0)
    for report in reports:
        clock.take(report, 1_700_000_000_000_000)
        clock.camera_time_us(report.rtp_timestamp)
        assert clock.drift_ppm is None
        receiver_report(
            1, source=2, fraction_lost=3, lost=4, highest_sequence=5, jitter=6, last_sender_report=report, delay_s=7, cname="x"
        )


def _parameter_sets(data: bytes) -> None:
    for parse in (
        h264_sets.parse_sps,
        h265_sets.parse_sps,
        h264_sets.pps_id,
        h265_sets.pps_id,
        parse_audio_specific_config,
        parse_stream_mux_config,
    ):
        with contextlib.suppress(ParameterSetError):
            parse(data)
    for store in (h264_sets.ParameterSets(), h265_sets.ParameterSets()):
        for start in range(0, min(len(data), 300), 40):
            with contextlib.suppress(ParameterSetError):
                store.offer(data[start : start + 80])
        assert store.current is None or store.current.width > 0


def _xml(data: bytes) -> None:
    for read in (parse_xml, read_body):
        with contextlib.suppress(MalformedXmlError, SoapFaultError):
            read(data)


def _relay(data: bytes) -> None:
    decoder = RelayDecoder()
    step = 1 + len(data) // 3
    with contextlib.suppress(RelayError):
        for start in range(0, len(data), step):
            decoder.feed(data[start : start + step])


def _relay_records(clip: Clip) -> bytes:
    records = [encode_stream_info(StreamInfo("avc1.64001f", 128, 96, "r")), encode_run_ended("closed", "x")]
    units = [
        access_unit_of(list(p.nal_units), ticks=n, received_at_us=n, key_frame=p.key_frame) for n, p in enumerate(clip.pictures)
    ]
    records += [encode_access_unit(unit) for unit in units[:4]]
    records += [encode_audio_frame(AudioFrame(5, 6, b"\xd5" * 80)), records[0]]
    return b"".join(records)


def _frames(clip: Clip, packetization: Packetization = Packetization.FU_A) -> bytes:
    stream, sequence = b"", 65_500
    for number, picture in enumerate(packetize_clip(clip, mtu=300, packetization=packetization)):
        stream += stamp(picture, sequence=sequence, timestamp=3600 * number, ssrc=9, camera="x", frame=number, sent_at_us=0)
        sequence += len(picture.offsets)
    return stream


def _sound_frames(payloads: Sequence[bytes], payload_type: int = 97) -> bytes:
    stream = b""
    for number, payload in enumerate(payloads):
        packet = struct.pack(">BBHII", 0x80, 0x80 | payload_type, number, 1024 * number, 7) + payload
        stream += b"$\2" + len(packet).to_bytes(2, "big") + packet
    return stream


def _exchange_parts() -> tuple[list[bytes], list[bytes]]:
    """Messages and bodies of the exchanges that were captured or constructed for the conformance tests."""
    heads: list[bytes] = []
    bodies: list[bytes] = []
    for path in sorted(EXCHANGES.glob("*.txt")):
        for part in path.read_text(encoding="utf-8").split("\n--- ")[1:]:
            content = part.partition("\n")[2].replace("\n", "\r\n").encode()
            head, _, body = content.partition(b"\r\n\r\n")
            heads.append(head + b"\r\n\r\n")
            if body:
                bodies.append(body)
    return heads, bodies


def all_targets() -> list[Target]:
    """Every target with its seeds."""
    with tempfile.TemporaryDirectory() as folder:
        small = ClipSpec(width=128, height=96, gop_frames=4, frames=12, bitrate_bps=200_000, preset="ultrafast")
        h264 = make_clip(small, Path(folder))
        h265 = make_clip(ClipSpec(128, 96, 25, 4, 200_000, 12, 0, "ultrafast", "h265"), Path(folder))
    heads, bodies = _exchange_parts()
    report = sender_report(9, unix_us=1_700_000_000_000_000, rtp_timestamp=7, packets=1, octets=2, cname="camera")
    reports = [report, report + struct.pack(">BBHI", 0x81, 203, 1, 9)]
    ok = encode_response(200, "OK", [("CSeq", "1"), ("Session", "abc;timeout=60"), ("Transport", "RTP/AVP/TCP;interleaved=0-1")])
    opus = [b"\xfc" + bytes(60), b"\x7b\x02" + bytes(90)]
    streams = [ok + _frames(h264), ok + b"$\1" + len(report).to_bytes(2, "big") + report + _frames(h264, Packetization.STAP_A)]
    streams += [head + _frames(h264)[:900] for head in heads if head.startswith(b"RTSP")]
    aac = [struct.pack(">HH", 16, size << 3) + bytes(range(size)) for size in (9, 40, 200)]
    aac += [struct.pack(">HHH", 32, 5 << 3, 6 << 3) + bytes(11), struct.pack(">HH", 16, 400 << 3) + bytes(200)]
    latm = [bytes((size,)) + bytes(size) for size in (9, 200)] + [b"\xff\x10" + bytes(271)]
    sets = [*h264.parameter_sets, *h265.parameter_sets, bytes.fromhex("1210"), bytes.fromhex("400024203FC0")]
    urls = [b"rtsp://us%40er:p%3Ass@[fe80::1]:8554/a/b?c=1", b"rtsps://camera.example/live", b"rtsp://a:b@c@10.0.0.7/x"]
    xml = [
        envelope('<t:GetProfiles xmlns:t="http://www.onvif.org/ver10/media/wsdl"/>'),
        envelope("<s:Fault><s:Code><s:Value>s:Sender</s:Value></s:Code><s:Reason><s:Text>no</s:Text></s:Reason></s:Fault>"),
    ]
    targets: list[tuple[str, Callable[[bytes], None], Sequence[bytes], type[Mutator]]] = [
        ("message", _message, [ok, *heads], Mutator),
        ("url", _url, urls, Mutator),
        ("description", _description, bodies, Mutator),
        ("stream", _stream, streams, Mutator),
        ("rtcp", _rtcp, reports, Mutator),
        ("parameter-sets", _parameter_sets, sets, Mutator),
        ("onvif-xml", _xml, xml, Mutator),
        ("relay", _relay, [_relay_records(h264)], Mutator),
        ("h264", _feeder(_h264), [_frames(h264), _frames(h264, Packetization.STAP_A)], PacketMutator),
        ("h265", _feeder(_h265), [_frames(h265)], PacketMutator),
        ("aac", _feeder(_sound("MPEG4-GENERIC", _AAC, 44_100, 2)), [_sound_frames(aac)], PacketMutator),
        ("latm", _feeder(_sound("MP4A-LATM", _LATM, 48_000, 2)), [_sound_frames(latm)], PacketMutator),
        ("opus", _feeder(_sound("OPUS", {}, 48_000, 2)), [_sound_frames(opus)], PacketMutator),
        ("g711", _feeder(_sound("PCMA", {}, 8000, 1)), [_sound_frames([b"\xd5" * 160] * 4)], PacketMutator),
    ]  # fmt: skip
    return [Target(name, kind(seeds), run, seeds) for name, run, seeds, kind in targets]
