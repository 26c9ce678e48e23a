"""The camera's time is None rather than wrong: one row per way of lying."""

from collections.abc import Callable

import pytest
from media_streams import rtp_frame

from hejnal_media.rtcp import NTP_EPOCH_OFFSET_S, SenderReport, sender_report
from hejnal_media.rtsp import CameraClock, RtspSession
from hejnal_media.rtsp.track import Track, choose_audio, choose_video
from hejnal_media.sdp import parse_sdp
from hejnal_media.testing import RecordingSink

START_US = 1_767_225_600_000_000
EVERY_S = 5.0
FIRST_RTP = 4_294_000_000  # wraps after half a minute


def ntp_of(unix_us: float) -> int:
    seconds, rest = divmod(int(unix_us), 1_000_000)
    return ((seconds + NTP_EPOCH_OFFSET_S) << 32) + (rest << 32) // 1_000_000


class Stream:
    """A camera whose pictures come with a true RTP time, and whose reports say what the row wants."""

    def __init__(self) -> None:
        self.elapsed_s = 0.0
        self.playing = True
        self.clock = CameraClock(self.ticks_of, lambda: self.elapsed_s)

    def ticks_of(self, raw: int) -> int | None:
        if not self.playing:
            return None
        now = self.ticks()
        step = (raw - (FIRST_RTP + now)) % 2**32
        return now + (step - 2**32 if step >= 2**31 else step)

    def ticks(self) -> int:
        return int(self.elapsed_s * 90_000)

    def report(self, camera_us: float, rtp: int) -> None:
        self.clock.take(SenderReport(7, ntp_of(camera_us), rtp % 2**32), START_US + int(self.elapsed_s * 1e6))


Row = Callable[[float, int], tuple[float, int]]
"""Seconds since the start and number of the report to the camera's clock (seconds since the true start) and RTP error (s)."""


@pytest.mark.parametrize(
    ("row", "time_error_s", "offset_s"),
    [
        pytest.param(lambda s, n: (s, 0), 0.0, 0.0, id="honest"),
        pytest.param(lambda s, n: (s - 7200, 0), -7200.0, -7200.0, id="a clock two hours slow is evidence all the same"),
        pytest.param(lambda s, n: (s * 1.0001, 0), 0.004, 0.004, id="drift of 100 ppm"),
        pytest.param(lambda s, n: (s + (n % 2) * 0.05, 0), 0.025, 0.025, id="jitter of 50 ms"),
        pytest.param(lambda s, n: (s + (40 if n == 5 else 0), 0), 0.0, 0.0, id="one report that jumps"),
        pytest.param(lambda s, n: (s + (3600 if n >= 4 else 0), 0), 3600.0, 3600.0, id="a clock that was set"),
        pytest.param(lambda s, n: (s - START_US / 1e6 - NTP_EPOCH_OFFSET_S, 0), None, None, id="counts from 1900"),
        pytest.param(lambda s, n: (s - START_US / 1e6, 0), None, None, id="counts from 1970"),
        pytest.param(lambda s, n: (s + 1.9e8, 0), None, None, id="from the far future"),
        pytest.param(lambda s, n: (0.0, 0), None, None, id="stands still"),
        pytest.param(lambda s, n: (s * (n + 1) * 10, 0), None, None, id="jumps about"),
        pytest.param(lambda s, n: (s * 1.2, 0), None, None, id="runs a fifth too fast"),
        pytest.param(lambda s, n: (s, 1000 * (n % 3)), None, 0.0, id="RTP times of nowhere"),
        pytest.param(lambda s, n: (s, -s), None, 0.0, id="RTP time stands still"),
        pytest.param(lambda s, n: (s, 300), None, 0.0, id="RTP time of another stream"),
    ],
)
def test_what_is_believed(row: Row, time_error_s: float | None, offset_s: float | None) -> None:
    stream = Stream()
    for number in range(8):
        stream.elapsed_s = number * EVERY_S
        camera_s, rtp_error_s = row(stream.elapsed_s, number)
        stream.report(START_US + camera_s * 1e6, FIRST_RTP + stream.ticks() + int(rtp_error_s * 90_000))
    stream.elapsed_s += 2
    told = stream.clock.camera_time_us(stream.ticks())
    true_us = START_US + stream.elapsed_s * 1e6
    if time_error_s is None:
        assert told is None
    else:
        assert told is not None
        assert (told - true_us) / 1e6 == pytest.approx(time_error_s, abs=0.03)
    told_offset = stream.clock.offset_us
    if offset_s is None:
        assert told_offset is None
    else:
        assert told_offset is not None
        assert told_offset / 1e6 == pytest.approx(offset_s, abs=0.03)


def test_no_report_no_time() -> None:
    stream = Stream()
    assert stream.clock.camera_time_us(0) is None
    assert stream.clock.offset_us is None
    assert stream.clock.drift_ppm is None


def test_a_report_before_the_first_picture_counts_from_it_on() -> None:
    stream = Stream()
    stream.playing = False
    stream.report(START_US, FIRST_RTP)
    assert stream.clock.camera_time_us(0) is None
    stream.playing = True
    stream.elapsed_s = 0.5
    assert stream.clock.camera_time_us(stream.ticks()) == START_US + 500_000


def test_reports_that_end_are_not_believed_for_ever() -> None:
    stream = Stream()
    stream.report(START_US, FIRST_RTP)
    stream.elapsed_s = 60
    assert stream.clock.camera_time_us(stream.ticks()) == START_US + 60_000_000
    stream.elapsed_s = 100
    assert stream.clock.camera_time_us(stream.ticks()) is None


def test_a_jump_of_the_rtp_time_costs_two_reports() -> None:
    stream = Stream()
    for number in range(4):
        stream.elapsed_s = number * EVERY_S
        stream.report(START_US + stream.elapsed_s * 1e6, FIRST_RTP + stream.ticks())
    jump = 90_000 * 7
    stream.elapsed_s += 1
    for number in range(2):
        stream.elapsed_s += EVERY_S
        stream.report(START_US + stream.elapsed_s * 1e6, FIRST_RTP + stream.ticks() + jump)
        told = stream.clock.camera_time_us(stream.ticks() + jump)
        assert (told is None) == (number == 0)
    assert told == pytest.approx(START_US + stream.elapsed_s * 1e6, abs=1000)


def test_drift_is_measured_after_a_minute() -> None:
    stream = Stream()
    for number in range(30):
        stream.elapsed_s = number * EVERY_S
        late_us = 20_000 * (number % 4)  # the network's
        camera_us = START_US + stream.elapsed_s * 1e6 * 1.00005 - late_us
        stream.report(camera_us, FIRST_RTP + stream.ticks())
        if stream.elapsed_s < 60:
            assert stream.clock.drift_ppm is None
    assert stream.clock.drift_ppm == pytest.approx(50, abs=150)


def test_absurd_numbers_are_no_error() -> None:
    stream = Stream()
    for ntp in (0, 1, 2**63, 2**64 - 1):
        for rtp in (0, 2**31, 2**32 - 1):
            stream.clock.take(SenderReport(0, ntp, rtp), START_US)
            stream.clock.camera_time_us(-(2**40))
            stream.clock.camera_time_us(2**60)
    assert stream.clock.offset_us is None


def test_the_sound_has_a_clock_of_its_own() -> None:
    sink = RecordingSink()
    session = RtspSession("rtsp://127.0.0.1/main", sink, audio=sink, now_us=lambda: START_US)
    description = parse_sdp(b"m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\nm=audio 0 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n")
    sound = choose_audio(description, sink, lambda: START_US)
    assert sound is not None
    media, depacketizer = choose_video(description, sink, lambda: START_US)
    sound.channel, sound.control_channel = 2, 3
    session.depacketizer = depacketizer
    session._tracks = [Track(media, depacketizer, 0, 1), sound]
    packet = rtp_frame(bytes(160), sequence=1, timestamp=FIRST_RTP, marker=False, channel=2).replace(b"\x60", b"\x08", 1)
    assert sound.depacketizer.feed(memoryview(bytearray(packet)), 0, len(packet), 2) == len(packet)
    report = sender_report(7, unix_us=START_US + 500_000, rtp_timestamp=FIRST_RTP + 4000, packets=1, octets=1, cname="cam")
    session._on_control(3, report)
    assert session.camera_clock is None
    assert session.sound_clock is not None
    assert session.sound_clock.camera_time_us(0) == pytest.approx(START_US, abs=2)
    assert session.sound_clock.camera_time_us(8000) == pytest.approx(START_US + 1_000_000, abs=2)
