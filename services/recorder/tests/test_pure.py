"""Small pure parts: spans, packed fragments, byte ranges."""

import itertools
from datetime import timedelta

import pytest
from fastapi import HTTPException
from hypothesis import given
from hypothesis import strategies as st
from recorder_histories import at

from hejnal_contracts.media import GapCause
from hejnal_recorder.fragments import RECORD_SIZE_BYTES, Fragment, unpack
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


@given(st.integers(0, 2**40), st.integers(1, 2**31), st.integers(0, 10**9), st.integers(0, 10**6), st.booleans(), st.booleans())
def test_fragments_survive_packing(offset: int, size: int, starts_us: int, length_us: int, camera: bool, key: bool) -> None:
    starts = at(0) + timedelta(microseconds=starts_us)
    fragment = Fragment(
        7, offset, size, starts, starts + timedelta(microseconds=length_us), 2**40, 180_000, 50, at(1) if camera else None,
        bytes(range(32)), key,
    )  # fmt: skip
    packed = fragment.pack()
    assert len(packed) == RECORD_SIZE_BYTES
    assert list(unpack(packed * 3)) == [fragment] * 3
    with pytest.raises(ValueError, match="whole number"):
        list(unpack(packed[:-1]))


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
