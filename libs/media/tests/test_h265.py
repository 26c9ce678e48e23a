import base64
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st
from media_streams import H265, STEP, encode, feed, rtp_frame

from hejnal_media.access_unit import AccessUnit, VideoKind
from hejnal_media.depacketizers import UnsupportedCodecError, video_depacketizer
from hejnal_media.h265 import H265Depacketizer, ParameterSets, parameter_sets_of, parse_sps
from hejnal_media.nal import ParameterSetError
from hejnal_media.sink import BreakReason
from hejnal_media.testing import RecordingSink

OPEN_GOP = "keyint=10:min-keyint=10:scenecut=0:bframes=3:open-gop=1"
CLOSED = "keyint=10:min-keyint=10:scenecut=0:bframes=0:open-gop=0"
SLICE, KEY, RASL, RADL = b"\x02\x01\x88x\x80", b"\x26\x01\x88x\x80", b"\x10\x01\x88x\x80", b"\x0c\x01\x88x\x80"
CRA, BLA = b"\x2a\x01\x88x\x80", b"\x20\x01\x88x\x80"
END = b"\x48\x01"


def sets(size: tuple[int, int] = (192, 108)) -> tuple[bytes, bytes, bytes]:
    units = encode("libx265", CLOSED, 2, size)[0].units
    vps, sps, pps = (next(unit for unit in units if H265.kind(unit) == kind) for kind in (32, 33, 34))
    return vps, sps, pps


def run(packets: list[tuple[bytes, int, bool]], **options: tuple[bytes, ...]) -> tuple[RecordingSink, H265Depacketizer]:
    sink = RecordingSink()
    depacketizer = H265Depacketizer(sink, **options)
    for sequence, (payload, timestamp, marker) in enumerate(packets):
        feed(depacketizer, rtp_frame(payload, sequence=sequence, timestamp=timestamp, marker=marker))
    depacketizer.flush()
    return sink, depacketizer


def kinds(unit: AccessUnit) -> list[int]:
    return [H265.kind(nal) for nal in unit.nal_units()]


def pictures(*slices: bytes) -> list[tuple[bytes, int, bool]]:
    return [(payload, STEP * number, True) for number, payload in enumerate(slices)]


@pytest.mark.parametrize(
    ("size", "parameters", "profile"),
    [
        ((192, 108), CLOSED, ""),
        ((1920, 1080), "bframes=0:keyint=1", ""),
        ((322, 182), OPEN_GOP + ":high-tier=1:level-idc=5.1:vbv-maxrate=20000:vbv-bufsize=20000", ""),
        ((176, 144), CLOSED + ":temporal-layers=2", ""),
    ],
)
def test_sps_says_what_ffmpeg_says(size: tuple[int, int], parameters: str, profile: str) -> None:
    coded = encode("libx265", parameters, 3, size, profile)
    found = parse_sps(next(unit for unit in coded[0].units if H265.kind(unit) == 33))
    assert (found.width, found.height, found.chroma_format, found.luma_bits) == (*size, 1, 8)
    stream = b"".join(b"\0\0\0\1" + unit for picture in coded for unit in picture.units)
    command = ["ffprobe", "-v", "error", "-f", "hevc", "-show_entries", "stream=width,height,level", "-of", "csv=p=0", "-"]
    told = subprocess.run(command, input=stream, capture_output=True, check=True, timeout=30).stdout.decode().strip()
    assert told == f"{size[0]},{size[1]},{found.profile[11]}"
    tier = "H" if found.profile[0] & 0x20 else "L"
    assert f".{tier}{found.profile[11]}." in found.codec
    assert found.codec.startswith("hvc1.")


def test_codec_strings_of_iso_14496_15_annex_e() -> None:
    from hejnal_media.h265.parameter_sets import _codec_string

    assert _codec_string(bytes.fromhex("01600000 00b0000000000000".replace(" ", ""))[:11] + b"\x5d") == "hvc1.1.6.L93.B0"
    assert (
        _codec_string(bytes.fromhex("a2200000 0090000000000100".replace(" ", ""))[:11] + b"\x99") == "hvc1.B2.4.H153.90.0.0.0.0.1"
    )
    assert _codec_string(bytes.fromhex("0160000000000000000000") + b"\x1e") == "hvc1.1.6.L30"


@given(st.binary(max_size=80))
def test_parameter_set_garbage(garbage: bytes) -> None:
    for start in (b"\x42\x01", b"\x42\x01\x01\x01\x60\0\0\3\0\x90\0\0\3\0\0\3\0\x5d", b"\x44\x01", b"\x40\x01", b""):
        store = ParameterSets()
        try:
            store.offer(start + garbage)
        except ParameterSetError:
            continue


@given(st.lists(st.tuples(st.binary(max_size=60), st.integers(0, 65535), st.integers(0, 20000), st.booleans()), max_size=30))
def test_garbage_packets_never_raise(packets: list[tuple[bytes, int, int, bool]]) -> None:
    sink = RecordingSink()
    depacketizer = H265Depacketizer(sink, parameter_sets=sets())
    for payload, sequence, timestamp, marker in packets:
        for first in (0x80, 0xB3):
            packet = rtp_frame(payload, sequence=sequence, timestamp=timestamp, marker=marker, first=first) + b"\0" * 16
            depacketizer.feed(memoryview(bytearray(packet)), 0, len(packet) - 16, 0)
    depacketizer.flush()
    for unit in sink.units:
        assert unit.nal_units()


def test_sets_of_the_description_are_put_before_key_frames_behind_a_delimiter() -> None:
    fmtp = {f"sprop-{name}": base64.b64encode(unit).decode() for name, unit in zip(("vps", "sps", "pps"), sets(), strict=True)}
    fmtp["sprop-sps"] = fmtp["sprop-sps"].rstrip("=") + ",!!"
    assert parameter_sets_of(fmtp) == sets()
    sink, _ = run([(b"\x46\x01\x50", 0, False), (KEY, 0, True), (SLICE, STEP, True)], parameter_sets=parameter_sets_of(fmtp))
    assert [kinds(unit) for unit in sink.units] == [[35, 32, 33, 34, 19], [1]]
    (parameters,) = sink.parameters
    assert (parameters.kind, parameters.vps, parameters.sps, parameters.pps) == (VideoKind.H265, sets()[0], sets()[1], sets()[2:])


def test_without_all_sets_nothing_is_given_out_and_late_ones_are_taken() -> None:
    vps, sps, pps = sets()
    sink, depacketizer = run(pictures(KEY, SLICE), parameter_sets=(vps, sps))
    assert not sink.units
    assert depacketizer.pictures_dropped == 2
    late = [(KEY, 0, True), (vps, STEP, True), (sps, STEP, True), (pps, STEP, True), (SLICE, STEP, True), (KEY, 2 * STEP, True)]
    assert [kinds(unit) for unit in run(late)[0].units] == [[32, 33, 34, 19]]


def test_changed_sets_are_announced_before_their_key_frame() -> None:
    packets = [(unit, 0, False) for unit in sets()] + [(KEY, 0, True)]
    packets += [(unit, STEP, False) for unit in sets((320, 180))] + [(KEY, STEP, True)]
    sink, _ = run(packets)
    assert [(one.width, one.height) for one in sink.parameters] == [(192, 108), (320, 180)]


def test_sets_of_other_layers_are_left() -> None:
    vps, sps, pps = sets()
    other = bytes((sps[0], sps[1] | 8)) + sps[2:]
    sink, _ = run([(vps, 0, False), (sps, 0, False), (pps, 0, False), (other, 0, False), (KEY, 0, True)])
    assert [one.sps for one in sink.parameters] == [sps]
    assert kinds(sink.units[0]) == [32, 33, 34, 33, 19]


@pytest.mark.parametrize("key", [KEY, CRA, BLA])
def test_every_random_access_point_is_a_key_frame(key: bytes) -> None:
    sink, _ = run(pictures(SLICE, key, SLICE), parameter_sets=sets())
    assert [unit.key_frame for unit in sink.units] == [True, False]


def test_leading_pictures_that_refer_to_what_is_missing_are_left_out() -> None:
    sink, depacketizer = run(pictures(CRA, RASL, RADL, SLICE, CRA, RASL, SLICE), parameter_sets=sets())
    assert [kinds(unit)[-1] for unit in sink.units] == [21, 6, 1, 21, 8, 1]
    assert depacketizer.leading_dropped == 1
    assert not sink.breaks


@pytest.mark.parametrize("joint", [[BLA], [END, CRA]])
def test_behind_a_broken_link_they_are_left_out_in_mid_stream_too(joint: list[bytes]) -> None:
    packets = pictures(KEY, SLICE)
    at = 2 * STEP if joint == [BLA] else STEP  # the end of a sequence stands behind the slices of its picture
    packets += [(joint[0], at, len(joint) == 1)]
    packets += [(unit, 2 * STEP, True) for unit in joint[1:]]
    packets += [(RASL, 3 * STEP, True), (SLICE, 4 * STEP, True)]
    sink, depacketizer = run(packets, parameter_sets=sets())
    assert depacketizer.leading_dropped == 1
    assert [kinds(unit)[-1] for unit in sink.units][-2:] == [16 if len(joint) == 1 else 21, 1]


def test_after_a_loss_a_cra_begins_anew() -> None:
    sink = RecordingSink()
    depacketizer = H265Depacketizer(sink, parameter_sets=sets())
    for sequence, payload in ((0, KEY), (1, SLICE), (3, CRA), (4, RASL), (5, SLICE)):
        feed(depacketizer, rtp_frame(payload, sequence=sequence, timestamp=STEP * sequence, marker=True))
    assert [kinds(unit)[-1] for unit in sink.units] == [19, 1, 21, 1]
    assert [reason for reason, _ in sink.breaks] == [BreakReason.LOSS]


def test_what_a_paci_packet_carries_is_taken() -> None:
    def wrapped(payload: bytes, extension: bytes = b"ext") -> bytes:
        fields = (payload[0] >> 1 & 63) << 9 | len(extension) << 4
        return b"\x64\x01" + fields.to_bytes(2, "big") + extension + payload[2:]

    long = b"\x02\x01\x88" + bytes(range(1, 200)) + b"\x80"
    packets = [(wrapped(KEY), 0, True)]
    packets += [(wrapped(part), STEP, False) for part in H265.fragments(long, [50, 90])]
    packets += [(wrapped(H265.together([SLICE, SLICE])), 2 * STEP, True), (b"\x64\x01\x64\x00", 3 * STEP, True)]
    sink, _ = run(packets, parameter_sets=sets())
    assert [unit.nal_units()[-1] for unit in sink.units] == [KEY, long, SLICE]
    assert sink.breaks  # the last one says it carries another of its kind


def test_packets_out_of_decoding_order_are_refused() -> None:
    for fmtp in ({"sprop-max-don-diff": "3"}, {"sprop-depack-buf-nalus": "2"}, {"tx-mode": "MRST"}):
        with pytest.raises(UnsupportedCodecError, match="decoding order"):
            video_depacketizer("H265", RecordingSink(), payload_type=96, parameters=fmtp)
    found = video_depacketizer("H265", RecordingSink(), payload_type=96, parameters={"sprop-max-don-diff": "0"})
    assert isinstance(found, H265Depacketizer)
    with pytest.raises(UnsupportedCodecError, match="AV1"):
        video_depacketizer("AV1", RecordingSink(), payload_type=96, parameters={})


def test_sei_and_sets_with_a_marker_of_their_own_join_the_picture() -> None:
    packets = [(unit, 0, True) for unit in (*sets(), b"\x4e\x01ab\x80")] + [(KEY, 0, True), (b"\x50\x01ab\x80", STEP, True)]
    packets += [(SLICE, STEP, True)]
    sink, _ = run(packets)
    assert [kinds(unit) for unit in sink.units] == [[32, 33, 34, 39, 19], [40, 1]]


def test_a_picture_larger_than_the_bound_is_dropped() -> None:
    sink = RecordingSink()
    depacketizer = H265Depacketizer(sink, parameter_sets=sets())
    feed(depacketizer, rtp_frame(KEY, sequence=0, timestamp=0, marker=True))
    for number in range(150):
        head = bytes((0x62, 0x01, 0x81 if number == 0 else 0x01))
        feed(depacketizer, rtp_frame(head + b"\x88" * 65_000, sequence=number + 1, timestamp=STEP, marker=False))
    assert sink.breaks[0][0] is BreakReason.TOO_LARGE
    feed(depacketizer, rtp_frame(KEY, sequence=151, timestamp=2 * STEP, marker=True))
    assert len(sink.units) == 2
