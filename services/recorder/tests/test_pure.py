"""Small pure parts: spans, packed fragments, byte ranges."""

import contextlib
import dataclasses
import itertools
from datetime import timedelta

import pytest
from fastapi import HTTPException
from hypothesis import assume, given
from hypothesis import strategies as st
from recorder_histories import at

from hejnal_contracts.media import GapCause
from hejnal_recorder.fragments import VERSION, Fragment, pack, pack_further, unpack
from hejnal_recorder.playback.byte_range import etag_matches, requested_range
from hejnal_recorder.playback.decodable import decodable
from hejnal_recorder.timeline.spans import Interval, Known, KnownGap, SpanKind, completeness, settled_end, tile

instants = st.integers(0, 600).map(at)


@given(st.lists(instants, max_size=12), st.integers(0, 500), st.integers(1, 200), st.booleans())
def test_spans_tile_any_interval(cuts: list, starts: int, length: int, run_open: bool) -> None:
    """Alternating footage and gaps between random cuts; whatever the interval, the answer tiles it."""
    cuts = sorted(set(cuts))
    pieces = list(itertools.pairwise(cuts))
    footage = [Interval(a, b) for a, b in pieces[::2]]
    gaps = [KnownGap(a, b, GapCause.STALLED) for a, b in pieces[1::2]]
    known = Known(cuts[0], cuts[-1], run_open) if cuts else None
    interval = Interval(at(starts), at(starts + length))
    spans = tile(interval, footage=footage, gaps=gaps, known=known)
    assert spans[0].starts_at == interval.starts_at
    assert spans[-1].ends_at == interval.ends_at
    assert all(a.ends_at == b.starts_at for a, b in itertools.pairwise(spans))
    assert all(a.ends_at > a.starts_at for a in spans)
    recorded = sum(span.duration_s for span in spans if span.kind is SpanKind.FOOTAGE)
    inside = sum(max(0.0, (min(b, interval.ends_at) - max(a, interval.starts_at)).total_seconds()) for a, b in pieces[::2])
    assert recorded == pytest.approx(inside)
    share = completeness(spans, known)
    assert share is None or 0 <= share <= 1


def test_the_last_seconds_of_an_open_run_are_left_out() -> None:
    known = Known(at(0), at(100), run_open=True)
    assert settled_end(at(500), at(110), known) == at(100)
    assert settled_end(at(500), at(116), known) == at(116)
    assert settled_end(at(90), at(110), known) == at(90)
    assert settled_end(at(500), at(110), Known(at(0), at(100), run_open=False)) == at(110)


@st.composite
def footage_rows(draw: st.DrawFn) -> list[Fragment]:
    """A row's fragments: most follow one another, any field may jump."""
    row: list[Fragment] = []
    for _ in range(draw(st.integers(1, 12))):
        jumps = draw(st.sets(st.sampled_from(("place", "media", "ticks", "frames", "camera", "inside")), max_size=6))
        last = row[-1] if row else None
        if last is None or "place" in jumps:
            place = draw(st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 2**40), st.integers(-(10**15), 10**15)))
            sequence, offset, starts = place[0], place[1], at(0) + timedelta(microseconds=place[2])
        else:
            sequence, offset, starts = last.sequence + 1, last.end_bytes, last.ends_at
        assume(sequence < 2**32)
        media = draw(st.integers(0, 2**63)) if last is None or "media" in jumps else last.media_time + last.duration_ticks
        ticks = draw(st.integers(0, 2**32 - 1)) if last is None or "ticks" in jumps else last.duration_ticks
        frames = draw(st.integers(0, 2**32 - 1)) if last is None or "frames" in jumps else last.frames
        ahead = draw(st.none() | st.integers(-(2**31), 2**31 - 1) | st.integers(-(10**15), 10**15)) if "camera" in jumps else None
        row.append(
            Fragment(
                sequence, offset, draw(st.integers(0, 2**32 - 1)), starts,
                starts + timedelta(microseconds=draw(st.integers(0, 2**32 - 1))), media, ticks, frames,
                None if ahead is None else starts + timedelta(microseconds=ahead), draw(st.binary(min_size=32, max_size=32)),
                "inside" not in jumps,
            )
        )  # fmt: skip
    return row


@given(footage_rows(), st.data())
def test_fragments_survive_packing(row: list[Fragment], data: st.DataObject) -> None:
    """At once, appended in any pieces, and appended by one who does not know what stands before."""
    whole = pack(row)
    assert unpack(whole) == row
    cut = data.draw(st.integers(0, len(row) - 1))
    head = row[: cut + 1]
    assert pack(head) + pack_further(row[cut + 1 :], after=head[-1]) == whole
    assert unpack(pack(head) + pack_further(row[cut + 1 :], after=None)) == row


@given(footage_rows(), st.data())
def test_a_torn_column_is_refused(row: list[Fragment], data: st.DataObject) -> None:
    """Wherever it is cut: either between two records, or it is said."""
    whole = pack(row)
    cut = data.draw(st.integers(0, len(whole) - 1))
    ends = {len(pack(row[:count])) for count in range(1, len(row))} | {1}
    if cut in ends:
        assert unpack(whole[:cut]) == row[: len(unpack(whole[:cut]))]
        return
    with pytest.raises(ValueError, match="records"):
        unpack(whole[:cut])


@given(st.binary(max_size=300))
def test_strange_bytes_are_fragments_or_refused(data: bytes) -> None:
    with contextlib.suppress(ValueError):
        unpack(bytes((VERSION,)) + data)
    if data[:1] != bytes((VERSION,)):
        with pytest.raises(ValueError, match="version"):
            unpack(data)


def test_what_no_record_can_hold_is_refused() -> None:
    fragment = Fragment(1, 2, 2**32, at(0), at(2), 0, 180_000, 50, None, bytes(32))
    with pytest.raises(ValueError, match="no record can hold"):
        pack([fragment])
    with pytest.raises(ValueError, match="SHA-256"):
        pack([dataclasses.replace(fragment, size_bytes=1, sha256=b"")])


def test_a_minute_of_footage_is_small() -> None:
    """Two-second GOPs with the camera's clock, lengths that waver, ticks that do not: 30 fragments below 1.4 kB (2760 before)."""
    row: list[Fragment] = []
    for number in range(30):
        starts = row[-1].ends_at if row else at(0)
        ends = at(2 * (number + 1)) + timedelta(microseconds=number * 37 % 1000)
        row.append(
            Fragment(
                number, 800 + 1_000_000 * number, 1_000_000, starts, ends, number * 180_000, 180_000, 50,
                starts - timedelta(milliseconds=120), bytes(range(32)),
            )
        )  # fmt: skip
    assert len(pack(row)) < 1400


@given(st.text(max_size=30), st.integers(1, 10**6))
def test_no_range_header_gets_more_than_there_is(header: str, size: int) -> None:
    for value in (header, f"bytes={header}", f"bytes={header}-", f"bytes=-{header}"):
        try:
            wanted = requested_range(value, size)
        except HTTPException as error:
            assert error.status_code == 416
            continue
        assert wanted is None or 0 <= wanted[0] <= wanted[1] < size


def test_etags() -> None:
    assert etag_matches('"a", W/"b"', '"b"')
    assert etag_matches("*", '"b"')
    assert not etag_matches(None, '"b"')
    assert not etag_matches('"a"', '"b"')


@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=20))
def test_what_is_wanted_comes_with_its_key_frame(marks: list[tuple[bool, bool]]) -> None:
    fragments = [
        Fragment(n, n, 1, at(n), at(n + 1), n, 1, 1, None, bytes(32), starts_with_key_frame=key)
        for n, (key, _) in enumerate(marks)
    ]
    wanted = [want for _, want in marks]
    chosen = [fragment.sequence for fragment in decodable(fragments, wanted)]
    assert chosen == sorted(set(chosen))
    assert {n for n, want in enumerate(wanted) if want} <= set(chosen)
    for n in chosen:
        assert marks[n][0] or n == 0 or n - 1 in chosen
    for n in set(chosen) - {n for n, want in enumerate(wanted) if want}:
        assert n + 1 in chosen  # nothing is taken that leads to nothing wanted
