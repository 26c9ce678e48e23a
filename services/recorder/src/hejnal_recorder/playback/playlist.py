"""An HLS media playlist over recorded segment files (RFC 8216bis): byte ranges, no re-mux. Pure."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from hejnal_recorder.fragments import Fragment
from hejnal_recorder.timeline.spans import Span

HLS_VERSION = 7
_NOT_IN_BROWSERS = frozenset({"alaw", "ulaw"})


@dataclass(frozen=True, slots=True)
class RecordedSegment:
    """A segment file with those of its fragments that are wanted."""

    segment_id: str
    run_id: str
    codec: str
    timescale: int
    init_size_bytes: int
    init_sha256: bytes
    fragments: Sequence[Fragment]
    audio_codec: str | None = None


def media_playlist(segments: Iterable[RecordedSegment], gaps: Iterable[Span], *, uri_of: Callable[[str], str]) -> str:
    """The VOD playlist of `segments` (in order of time, at least one fragment); `uri_of` gives a segment id's address.

    Time without footage is left out: a DISCONTINUITY and a new PROGRAM-DATE-TIME follow it, so every player goes straight
    on (FFmpeg and Safari ask for the bytes of EXT-X-GAP entries or stall on hours of nothing). Each gap is named by an
    EXT-X-DATERANGE of class `org.hejnal.gap` with its cause, which players hand to the page and otherwise ignore.

    Each fragment says when it begins, so that players know a frame's time as exactly as the snapshot door does.

    Sound is shown when all segments have the same and browsers can play it: a player cannot take up sound on its way, and
    refuses a file with a track that it does not know. Else it is hidden; the files have it all the same.
    """
    segments = list(segments)
    sounds = {segment.audio_codec for segment in segments}
    audible = len(sounds) == 1 and not sounds & _NOT_IN_BROWSERS
    shown = "" if audible or sounds == {None} else "?init=silent"
    body: list[str] = []
    longest_s = 0.0
    previous: RecordedSegment | None = None
    previous_end: datetime | None = None
    independent = True
    mapped: bytes | None = None
    for segment in segments:
        uri = uri_of(segment.segment_id)
        for fragment in segment.fragments:
            broken = previous is not None and (previous.run_id != segment.run_id or previous_end != fragment.starts_at)
            if broken:
                body.append("#EXT-X-DISCONTINUITY")
            if broken or mapped != segment.init_sha256:
                body.append(f'#EXT-X-MAP:URI="{uri}{shown}",BYTERANGE="{segment.init_size_bytes}@0"')
                mapped = segment.init_sha256
            body.append(f"#EXT-X-PROGRAM-DATE-TIME:{instant(fragment.starts_at)}")
            independent &= fragment.starts_with_key_frame
            duration_s = _duration_s(fragment, segment.timescale)
            longest_s = max(longest_s, duration_s)
            body += [f"#EXTINF:{duration_s:.6f},", f"#EXT-X-BYTERANGE:{fragment.size_bytes}@{fragment.offset_bytes}", uri]
            previous, previous_end = segment, fragment.ends_at
    if previous is None:
        raise ValueError("a playlist needs at least one fragment")
    head = [
        "#EXTM3U",
        f"#EXT-X-VERSION:{HLS_VERSION}",
        f"#EXT-X-TARGETDURATION:{max(1, math.floor(longest_s + 0.5))}",  # §4.4.3.1: EXTINF rounded to the nearest integer
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        *(["#EXT-X-INDEPENDENT-SEGMENTS"] if independent else []),  # not where a long GOP is in several parts
        *(daterange(gap) for gap in gaps),
    ]
    return "\n".join([*head, *body, "#EXT-X-ENDLIST", ""])


def _duration_s(fragment: Fragment, timescale: int) -> float:
    """Length of the media; of the wall clock where the run's timescale was never announced."""
    if timescale > 0:
        return fragment.duration_ticks / timescale
    return (fragment.ends_at - fragment.starts_at).total_seconds()


def instant(at: datetime) -> str:
    """As PROGRAM-DATE-TIME has it, to the millisecond."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def daterange(gap: Span) -> str:
    """A gap with its cause."""
    cause = gap.cause.value if gap.cause else "unknown"
    starts_at = instant(gap.starts_at)
    return (
        f'#EXT-X-DATERANGE:ID="gap-{starts_at}",CLASS="org.hejnal.gap",START-DATE="{starts_at}",'
        f'DURATION={gap.duration_s:.3f},X-CAUSE="{cause}"'
    )
