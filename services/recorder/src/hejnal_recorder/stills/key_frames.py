"""The key frames of an interval: for scrubbing and for playing faster than all pictures could be sent. Pure."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from hejnal_recorder.fragments import Fragment
from hejnal_recorder.playback.playlist import HLS_VERSION, RecordedSegment, daterange, instant
from hejnal_recorder.timeline.spans import Span

LEAST_STEP_S = 1.0
"""Cameras with a key frame more often have some left out: a picture a second is enough at eight times the speed."""


@dataclass(frozen=True, slots=True)
class KeyFrameAt:
    """A key frame: it opens the fragment that lies there."""

    segment: RecordedSegment
    fragment: Fragment

    @property
    def at(self) -> datetime:
        """When it was taken."""
        return self.fragment.starts_at


def key_frames(segments: Iterable[RecordedSegment]) -> list[KeyFrameAt]:
    """All of them, in order of time."""
    return [KeyFrameAt(segment, one) for segment in segments for one in segment.fragments if one.starts_with_key_frame]


def thinned(found: Sequence[KeyFrameAt], most: int, starts_at: datetime, ends_at: datetime) -> list[KeyFrameAt]:
    """At most `most` of them, spread evenly over the interval's time: the first of each of its equal parts."""
    if len(found) <= most:
        return list(found)
    step_s = (ends_at - starts_at).total_seconds() / most
    chosen: dict[int, KeyFrameAt] = {}
    for one in found:
        part = min(most - 1, max(0, int((one.at - starts_at).total_seconds() / step_s)))
        chosen.setdefault(part, one)
    return list(chosen.values())


def key_frame_playlist(segments: Sequence[RecordedSegment], gaps: Iterable[Span], *, uri_of: Callable[[str], str]) -> str:
    """A media playlist of key frames only (EXT-X-I-FRAMES-ONLY): each is a small file of its own, shown until the next one.

    Without sound. Time and gaps are told as in the playlist of all pictures.
    """
    body: list[str] = []
    longest_s = 0.0
    for first, stretch in _stretches(segments):
        shown = "?init=silent" if first.audio_codec else ""
        if body:
            body.append("#EXT-X-DISCONTINUITY")
        body.append(f'#EXT-X-MAP:URI="{uri_of(first.segment_id)}{shown}",BYTERANGE="{first.init_size_bytes}@0"')
        for frame, ticks in stretch:
            duration_s = ticks / (first.timescale or 90_000)
            longest_s = max(longest_s, duration_s)
            one = frame.fragment
            body += [
                f"#EXT-X-PROGRAM-DATE-TIME:{instant(one.starts_at)}",
                f"#EXTINF:{duration_s:.6f},",
                f"{uri_of(frame.segment.segment_id).removesuffix('/media')}/keyframe?sequence={one.sequence}&ticks={ticks}",
            ]
    if not body:
        raise ValueError("a playlist needs at least one key frame")
    head = [
        "#EXTM3U",
        f"#EXT-X-VERSION:{HLS_VERSION}",
        f"#EXT-X-TARGETDURATION:{max(1, math.floor(longest_s + 0.5))}",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXT-X-I-FRAMES-ONLY",
        *(daterange(gap) for gap in gaps),
    ]
    return "\n".join([*head, *body, "#EXT-X-ENDLIST", ""])


def _stretches(segments: Sequence[RecordedSegment]) -> list[tuple[RecordedSegment, list[tuple[KeyFrameAt, int]]]]:
    """Stretches without a hole and with one head: each key frame with the ticks until the next one, or the stretch's end."""
    found: list[tuple[RecordedSegment, list[tuple[KeyFrameAt, int]]]] = []
    previous: RecordedSegment | None = None
    end: datetime | None = None
    for segment in segments:
        least_ticks = int(LEAST_STEP_S * (segment.timescale or 90_000))
        for one in segment.fragments:
            same = previous is not None and (previous.run_id, previous.init_sha256) == (segment.run_id, segment.init_sha256)
            broken = not same or end != one.starts_at
            previous, end = segment, one.ends_at
            if broken:
                if not one.starts_with_key_frame:
                    continue
                found.append((segment, []))
            if not found:
                continue
            stretch = found[-1][1]
            if one.starts_with_key_frame and (not stretch or stretch[-1][1] >= least_ticks):
                stretch.append((KeyFrameAt(segment, one), one.duration_ticks))
            elif stretch:
                stretch[-1] = (stretch[-1][0], stretch[-1][1] + one.duration_ticks)
    return [(first, stretch) for first, stretch in found if stretch]
