"""What happens to cameras in the chaos run, and what must be told of it."""

from dataclasses import dataclass

from hejnal_contracts.cameras import FaultCause as Cause
from hejnal_contracts.media import GapCause as Gap

NO_STATUS: frozenset[Cause] = frozenset()
CUT = frozenset({Gap.LINK_DOWN})
ANY_CUT = frozenset({Gap.LINK_DOWN, Gap.REFUSED, Gap.STALLED, Gap.NO_KEYFRAME})


@dataclass(frozen=True)
class Fault:
    """`knobs` are turned one after the other; `statuses` are the causes of which one must be told within ten seconds.

    `gaps` are the causes a gap of footage may have that begins while the fault lasts. A fault lasts at least `hold_s`, and
    until it was told.
    """

    name: str
    knobs: tuple[str, ...]
    statuses: frozenset[Cause] = NO_STATUS
    gaps: frozenset[Gap] = CUT
    hold_s: float = 1.0
    after: tuple[str, ...] = ()
    """Knobs turned when the fault is over."""


FAULTS = (
    Fault("stall", ("stall",), frozenset({Cause.STALLED}), frozenset({Gap.STALLED})),
    Fault("cut", ("drop",), frozenset({Cause.CLOSED})),
    Fault("reboot", ("reboot=3",), frozenset({Cause.CLOSED})),
    Fault("busy", ("refuse=503", "drop"), frozenset({Cause.REFUSED}), CUT | {Gap.REFUSED}),
    Fault("gone", ("not-found", "drop"), frozenset({Cause.NOT_FOUND}), CUT | {Gap.REFUSED}),
    Fault("other codec", ("codec=VP8", "drop"), frozenset({Cause.UNSUPPORTED}), CUT | {Gap.REFUSED}),
    Fault("sound alone", ("no-video", "drop"), frozenset({Cause.NO_VIDEO}), CUT | {Gap.REFUSED}),
    Fault(
        "stale session",
        ("single-session", "session-timeout=4", "drop"),
        frozenset({Cause.REFUSED, Cause.CLOSED}),
        CUT | {Gap.REFUSED},
        hold_s=5,
    ),
    Fault("no key frames", ("no-key-frames",), frozenset({Cause.NO_KEYFRAME}), frozenset({Gap.NO_KEYFRAME})),
    Fault("no pictures", ("audio", "audio-only"), frozenset({Cause.STALLED}), frozenset({Gap.STALLED})),
    Fault("late sets", ("late-sets=2", "drop"), frozenset({Cause.CLOSED}), ANY_CUT, hold_s=5),
    Fault("lost packets", ("skip=3",), hold_s=3),
    Fault("bad radio", ("loss=0.01",), hold_s=4),
    Fault("garbage", ("garbage=900",), hold_s=3),
    Fault("time leaps", ("jump=3600",), gaps=frozenset({Gap.CLOCK_STEP})),
    Fault("time falls back", ("jump=-3600",), gaps=frozenset({Gap.CLOCK_STEP})),
    Fault("time wraps", ("wrap", "drop"), frozenset({Cause.CLOSED}), CUT | {Gap.CLOCK_STEP}, hold_s=8),
    Fault("marker missing", ("marker=none",), hold_s=3),
    Fault("marker everywhere", ("marker=all",), hold_s=3),
    Fault("marker early", ("marker=early",), hold_s=3),
    Fault("smaller picture", ("clip=small",), gaps=frozenset({Gap.CAMERA_REBOOT}), hold_s=4),
    Fault("reordered pictures", ("clip=b-frames",), gaps=CUT | {Gap.CLOCK_STEP, Gap.CAMERA_REBOOT}, hold_s=4),
    Fault("long groups", ("clip=long-gop",), gaps=frozenset(), hold_s=12),
    Fault("smart codec", ("clip=smart",), gaps=frozenset(), hold_s=8),
    Fault("another codec for a while", ("clip=h265", "drop"), frozenset({Cause.CLOSED}), CUT, hold_s=6, after=("drop",)),
    Fault("clock jumps", ("clock=jumping",), gaps=frozenset()),
    Fault("clock of 1900", ("clock=1900", "reports=before"), gaps=frozenset()),
)
