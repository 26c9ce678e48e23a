"""Cutting footage into files, boxes of ours, and time stamps: pure parts of the export."""

import io
import struct
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st
from recorder_room import START
from rfc3161_client import TimestampRequestBuilder, decode_timestamp_response

from hejnal_recorder.export.keys import create_keys
from hejnal_recorder.export.onvif_boxes import ExportNote, export_meta, segment_index
from hejnal_recorder.export.plan import (
    DAMAGED,
    CameraPlan,
    PlannedSpan,
    RecordedFragment,
    SourceFragment,
    SourceRun,
    cut,
    without_damaged,
)
from hejnal_recorder.export.time_stamp import NoStampError, TimeStampAuthority, ask_over_http, request_stamp
from hejnal_recorder.export.work import package_name
from hejnal_verify.boxes import top_boxes
from hejnal_verify.stamps import StampError, check_stamp

RUN = SourceRun(
    run_id="r", stream="main", codec="avc1.64001f", width=1, height=1, timescale=90_000, init_size_bytes=100, init_sha256="00"
)


def piece(second: float, *, run: SourceRun = RUN, size: int = 1000, media_time: int | None = None) -> RecordedFragment:
    starts_at = START + timedelta(seconds=second)
    ticks = int(second * 90_000) if media_time is None else media_time
    fragment = SourceFragment(
        segment_id="s", path="p", offset_bytes=int(second * 1000), size_bytes=size, sha256="00", sequence=0, starts_at=starts_at,
        ends_at=starts_at + timedelta(seconds=1), media_time=ticks, duration_ticks=90_000, frames=25,
    )  # fmt: skip
    return RecordedFragment(run, fragment)


def seconds(recorded: list[RecordedFragment], *, longest_bytes: int = 10**9) -> list[list[int]]:
    stretches = cut("cam", recorded, longest_bytes=longest_bytes)
    return [[int((one.starts_at - START).total_seconds()) for one in stretch.fragments] for stretch in stretches]


def test_a_file_ends_at_a_hole_a_new_run_a_new_codec_and_its_size() -> None:
    other = RUN.model_copy(update={"codec": "hvc1.1.6.L93.B0", "init_sha256": "11"})
    again = RUN.model_copy(update={"run_id": "r2"})
    assert seconds([piece(0), piece(1), piece(3)]) == [[0, 1], [3]]
    assert seconds([piece(0), piece(1, run=other), piece(2, run=other)]) == [[0], [1, 2]]
    assert seconds([piece(0), piece(1, run=again)]) == [[0], [1]]
    assert seconds([piece(second) for second in range(5)], longest_bytes=2200) == [[0, 1], [2, 3], [4]]
    assert seconds([piece(0), piece(1, media_time=0)]) == [[0], [1]]  # a media timeline that goes back cannot go on in one file


@given(st.lists(st.integers(0, 30), unique=True).map(sorted), st.sets(st.integers(0, 30)))
def test_footage_and_gaps_still_tile_when_damage_is_taken_out(there: list[int], damaged: set[int]) -> None:
    recorded = [piece(second) for second in there]
    end = START + timedelta(seconds=31)
    spans, reached = [], START
    for one in recorded:
        if one.fragment.starts_at > reached:
            spans.append(PlannedSpan(kind="gap", starts_at=reached, ends_at=one.fragment.starts_at, cause="stalled"))
        spans.append(PlannedSpan(kind="footage", starts_at=one.fragment.starts_at, ends_at=one.fragment.ends_at))
        reached = one.fragment.ends_at
    if reached < end:
        spans.append(PlannedSpan(kind="gap", starts_at=reached, ends_at=end, cause="stalled"))
    camera = CameraPlan(camera_id="cam", name="", spans=spans, stretches=cut("cam", recorded, longest_bytes=10**9))
    lost = [one.fragment for second, one in zip(there, recorded, strict=True) if second in damaged]
    left = without_damaged(camera, lost, longest_bytes=10**9)
    reached = START
    for span in left.spans:
        assert span.starts_at == reached
        assert span.ends_at > span.starts_at
        reached = span.ends_at
    assert reached == end
    footage = sum((span.ends_at - span.starts_at).total_seconds() for span in left.spans if span.kind == "footage")
    assert footage == len(there) - len(lost) == sum(len(stretch.fragments) for stretch in left.stretches)
    named = sum((span.ends_at - span.starts_at).total_seconds() for span in left.spans if span.cause == DAMAGED)
    assert named == len(lost)


@given(st.text(max_size=40), st.text(max_size=40), st.integers(0, 2**40))
def test_our_boxes_are_whole_boxes(operator: str, source: str, microseconds: int) -> None:
    note = ExportNote("Gmina", operator, source, START + timedelta(microseconds=microseconds), START)
    data = export_meta(note) + segment_index([(1000, 90_000)] * 3, timescale=90_000, first_tick=5)
    assert [box.kind for box in top_boxes(io.BytesIO(data), len(data))] == [b"meta", b"sidx"]
    at = data.index(b"cstb")
    count, track, ticks = struct.unpack_from(">IIQ", data, at + 4)
    said = datetime(1601, 1, 1, tzinfo=UTC) + timedelta(microseconds=ticks // 10)
    assert (count, track, said) == (1, 1, note.starts_at)


def test_no_index_where_it_would_not_hold() -> None:
    assert segment_index([(1, 1)] * 70_000, timescale=1, first_tick=0) == b""
    assert segment_index([(1, 1)], timescale=0, first_tick=0) == b""


@pytest.mark.parametrize(
    ("case", "name"), [("RSD-1/26", "RSD-1-26"), ("../../etc", "etc"), ("Ż Ó Ł", "bez-numeru"), ("a" * 99, "a" * 40)]
)
def test_names_of_packages_are_safe(case: str, name: str) -> None:
    assert package_name(case, "0192f0aa-0000-7000") == f"hejnal_{name}_0192f0aa-0000"


def test_our_time_stamp_authority_stamps_and_refuses(tmp_path: Path) -> None:
    keys = create_keys(tmp_path / "keys", "Gmina", datetime.now(UTC))
    authority = TimeStampAuthority(keys.stamping, lambda: datetime.now(UTC))
    response = request_stamp(b"content", authority.answer)
    assert abs(check_stamp(response, b"content", [keys.root]) - datetime.now(UTC)) < timedelta(seconds=5)
    with pytest.raises(StampError):
        check_stamp(response, b"other", [keys.root])
    stranger = create_keys(tmp_path / "other", "Gmina", datetime.now(UTC))
    with pytest.raises(StampError):
        check_stamp(response, b"content", [stranger.root])
    for query in (b"", b"x", b"\x30\x00", TimestampRequestBuilder().data(b"x").build().as_bytes()[:-3]):
        assert decode_timestamp_response(authority.answer(query)).status == 2


def test_a_stamp_for_another_question_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hejnal_recorder.export.time_stamp.time.sleep", lambda _: None)
    keys = create_keys(tmp_path / "keys", "Gmina", datetime.now(UTC))
    authority = TimeStampAuthority(keys.stamping, lambda: datetime.now(UTC))
    old = authority.answer(TimestampRequestBuilder().data(b"x").nonce(nonce=True).build().as_bytes())
    with pytest.raises(NoStampError, match="another question"):
        request_stamp(b"x", lambda _: old)
    with pytest.raises(ValueError, match="http"):
        ask_over_http("file:///etc/passwd")


def test_missing_leaves_are_made_but_never_a_second_root(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    first = create_keys(folder, "Gmina", datetime.now(UTC))
    (folder / "tsa.pem").unlink()
    second = create_keys(folder, "Gmina", datetime.now(UTC))
    assert second.root == first.root
    assert second.signing.certificate == first.signing.certificate
    assert second.stamping.certificate != first.stamping.certificate
    assert isinstance(second.root, x509.Certificate)
    assert replace(second).ends_at == second.ends_at
