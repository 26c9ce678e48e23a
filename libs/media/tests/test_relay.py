import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hejnal_media.access_unit import AccessUnit, AudioFrame, AudioParameters, MalformedAccessUnitError, access_unit_of
from hejnal_media.relay import (
    KEEP_ALIVE_RECORD,
    KeepAlive,
    Record,
    RelayDecoder,
    RelayedAudio,
    RelayedUnit,
    RelayError,
    RunEnded,
    StreamInfo,
    encode_access_unit,
    encode_audio_frame,
    encode_run_ended,
    encode_stream_info,
)

units = st.builds(
    lambda nals, ticks, at, key: access_unit_of(nals, ticks=ticks, received_at_us=at, key_frame=key),
    st.lists(st.binary(min_size=1, max_size=60), min_size=1, max_size=5),
    st.integers(0, 2**64 - 1),
    st.integers(0, 2**64 - 1),
    st.booleans(),
)
sounds = st.builds(AudioFrame, st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1), st.binary(min_size=1, max_size=60))
audio = st.builds(AudioParameters, st.text(max_size=20), st.integers(1, 96_000), st.integers(1, 8), st.binary(max_size=20))
infos = st.builds(
    StreamInfo,
    st.text(max_size=20),
    st.integers(0, 9000),
    st.integers(0, 9000),
    st.text(max_size=40),
    st.just(90_000),
    st.none() | audio,
)
records = st.lists(
    st.one_of(
        infos,
        st.builds(RelayedAudio, sounds),
        st.builds(RelayedUnit, units, st.booleans()),
        st.just(KeepAlive()),
        st.builds(RunEnded, st.text(max_size=20), st.text(max_size=40)),
    ),
    max_size=8,
)


def encode(record: Record) -> bytes:
    if isinstance(record, StreamInfo):
        return encode_stream_info(record)
    if isinstance(record, RelayedUnit):
        return encode_access_unit(record.unit, after_skip=record.after_skip)
    if isinstance(record, RelayedAudio):
        return encode_audio_frame(record.frame)
    if isinstance(record, RunEnded):
        return encode_run_ended(record.cause, record.detail)
    return KEEP_ALIVE_RECORD


def flat(record: Record) -> object:
    if isinstance(record, RelayedUnit):
        unit = record.unit
        return (unit.ticks, unit.received_at_us, unit.key_frame, unit.payload, unit.size_bytes, record.after_skip)
    return record


@given(records, st.lists(st.integers(0, 600), max_size=20))
def test_any_chunking_gives_the_same_records(sent: list[Record], cuts: list[int]) -> None:
    stream = b"".join(map(encode, sent))
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    decoder = RelayDecoder()
    got = [record for start, end in itertools.pairwise(edges) for record in decoder.feed(stream[start:end])]
    assert list(map(flat, got)) == list(map(flat, sent))


@given(st.lists(st.binary(max_size=80), max_size=8))
def test_garbage_gives_records_or_a_relay_error(chunks: list[bytes]) -> None:
    decoder = RelayDecoder()
    try:
        for chunk in chunks:
            decoder.feed(chunk)
    except RelayError:
        pass


def test_unknown_kinds_are_skipped() -> None:
    assert RelayDecoder().feed(b"\0\0\0\3\x63ab" + KEEP_ALIVE_RECORD) == [KeepAlive()]


@pytest.mark.parametrize(
    "head",
    [
        b"\0\0\0\0\2",
        b"\xff\xff\xff\xff\2",
        b"\0\0\0\2\2a",
        b"\0\0\0\3\1[]",
        b"\0\0\0\3\1{}",
        b"\0\0\0\2\4{",
        b"\0\0\0\2\5a",
        b"\0\0\0\x11\5" + bytes(16),
    ],
)
def test_bad_records_are_refused(head: bytes) -> None:
    with pytest.raises(RelayError):
        RelayDecoder().feed(head)


def test_nal_units_are_cut_out_and_checked() -> None:
    unit = access_unit_of([b"\x67abc", b"\x65x"], ticks=1, received_at_us=2, key_frame=True)
    assert unit.nal_units() == [b"\x67abc", b"\x65x"]
    assert unit.size_bytes == len(unit.payload) == 14
    for broken in (b"\0\0\0\0", b"\0\0\0\5ab", b"\0\0"):
        with pytest.raises(MalformedAccessUnitError):
            AccessUnit(0, 0, False, [broken], len(broken)).nal_units()
