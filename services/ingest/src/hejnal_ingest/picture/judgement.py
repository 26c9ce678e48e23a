"""What one decoded picture means. Pure: figures in, verdict out.

The thresholds were set on real street footage and on clips made up for each kind of tampering; `tests/bench/bench_picture.py`
measures what they find and what they wrongly find.
"""

from dataclasses import dataclass

from hejnal_contracts.cameras import TamperKind
from hejnal_ingest.picture.decoding.wire import PictureFigures

GREY_CHROMA = 1.0
"""Below: a picture without colour, as cameras with infrared light give at night."""
_EMPTY_CONTRAST = 10.0
_BLACK_MEAN, _BLACK_SHARE = 26.0, 0.8
_WHITE_SHARE, _WHITE_GROWTH = 0.45, 0.3
_LOST, _FLAT = 0.3, 0.2
_MOSTLY_FLAT, _ALL_FLAT = 0.5, 0.8
_SHIFT, _SHIFT_GAIN = 0.018, 0.12
_OTHER_SCENE, _SAME_SCENE = 0.22, 0.4
_SHARP, _OUTLINE, _SAME_TONE = 0.5, 0.6, 0.75
_NOISE_GROWTH, _NOISE, _NOISE_UNSEEN = 3.0, 10.0, 18.0


@dataclass(frozen=True, slots=True)
class Habits:
    """How this camera's healthy pictures look in the present light; zeros: not known yet."""

    likeness: float = 0.0
    sharpness: float = 0.0
    """Fine edges, relative to coarse contrast."""
    outline: float = 0.0
    """The same at 160 pixels' width, where noise counts less."""
    noise: float = 0.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """`healthy`: the scene of the reference. Neither healthy nor tampered: nothing can be said."""

    kind: TamperKind | None
    confidence: float
    detail: str
    healthy: bool = False


def relative_sharpness(figures: PictureFigures) -> float:
    """Gradients per coarse contrast: a camera's gain changes both alike, a blur only the first."""
    return figures.sharpness / max(1.0, figures.coarse)


def relative_outline(figures: PictureFigures) -> float:
    """The same for the edges that are left at 160 pixels' width."""
    return figures.outline / max(1.0, figures.coarse)


def judge(figures: PictureFigures, habits: Habits, *, same_light: bool, sun_up: bool) -> Verdict:
    """`same_light`: the reference was taken in the light (colour or grey) that this picture has."""
    empty = _judge_empty(figures, sun_up=sun_up)
    if empty is not None:
        return empty
    if figures.likeness is None:
        return Verdict(None, 0, "no reference yet")
    return (
        _judge_noise(figures, habits, same_light=same_light)
        or _judge_hidden(figures, habits)
        or _judge_moved(figures, habits, same_light=same_light)
        or _judge_blurred(figures, habits, same_light=same_light)
        or _judge_healthy(figures, habits, same_light=same_light)
    )


def usable_reference(figures: PictureFigures) -> bool:
    """Whether a picture shows enough to be compared with."""
    return figures.contrast >= _EMPTY_CONTRAST and figures.saturated < _WHITE_SHARE and figures.dark < _BLACK_SHARE


def _judge_empty(figures: PictureFigures, *, sun_up: bool) -> Verdict | None:
    grown = figures.saturated - (figures.reference_saturated or 0.0)
    if figures.saturated >= _WHITE_SHARE and (figures.likeness is None or grown >= _WHITE_GROWTH):
        return Verdict("blinded", min(1.0, 0.5 + figures.saturated / 2), f"{figures.saturated:.0%} of the picture is white")
    if figures.mean < _BLACK_MEAN and (figures.dark >= _BLACK_SHARE or figures.contrast < _EMPTY_CONTRAST):
        detail = f"the picture is black (mean brightness {figures.mean:.0f} of 255)"
        if sun_up:
            return Verdict("covered", 0.9, detail + " by day")
        return Verdict("ir_fault", 0.8, detail + ": no light reaches the scene")
    if figures.contrast < _EMPTY_CONTRAST / 2:
        return Verdict("covered", 0.9, f"the picture is empty (contrast {figures.contrast:.1f})")
    return None


def _judge_noise(figures: PictureFigures, habits: Habits, *, same_light: bool) -> Verdict | None:
    limit = max(_NOISE_GROWTH * habits.noise, _NOISE) if same_light and habits.noise else _NOISE_UNSEEN
    if figures.chroma < GREY_CHROMA and figures.noise >= limit:
        return Verdict("ir_fault", 0.7, f"noise {figures.noise:.0f}, usual is {habits.noise:.0f}: infrared light too weak")
    return None


def _judge_hidden(figures: PictureFigures, habits: Habits) -> Verdict | None:
    lost, flat = figures.lost or 0.0, figures.flat or 0.0
    if lost < _LOST or flat < _FLAT:
        return None
    if _is_moved(figures) or (flat < _MOSTLY_FLAT * lost and (figures.likeness or 0.0) < _OTHER_SCENE):
        return None
    if figures.saturated - (figures.reference_saturated or 0.0) >= _WHITE_GROWTH / 2:
        return Verdict("blinded", min(1.0, 0.4 + lost / 2), f"{lost:.0%} of the scene is gone, {figures.saturated:.0%} is white")
    if flat >= _ALL_FLAT and _is_blurred(figures, habits) and (figures.tone or 0.0) >= _SAME_TONE:
        return Verdict("defocused", 0.8, "coarse shapes are there, edges are not")
    return Verdict("covered", min(1.0, 0.5 + lost / 2), f"{lost:.0%} of the scene is gone, {flat:.0%} shows nothing")


def _is_moved(figures: PictureFigures) -> bool:
    like, back = figures.likeness or 0.0, figures.shifted_likeness or 0.0
    return (figures.shift or 0.0) >= _SHIFT and back >= _SAME_SCENE and back >= like + _SHIFT_GAIN


def _judge_moved(figures: PictureFigures, habits: Habits, *, same_light: bool) -> Verdict | None:
    like = figures.likeness or 0.0
    if _is_moved(figures):
        return Verdict(
            "moved", min(1.0, 0.5 + like / 2 + (figures.shift or 0)), f"moved by {figures.shift:.1%} of the picture's width"
        )
    if same_light and like < min(_OTHER_SCENE, habits.likeness / 3 or _OTHER_SCENE) and (figures.lost or 0.0) >= 2 * _LOST:
        return Verdict("moved", 0.7, f"another scene (likeness {like:.2f}, usual is {habits.likeness:.2f})")
    return None


def _is_blurred(figures: PictureFigures, habits: Habits) -> bool:
    return _edges_left(figures, habits) < 1


def _edges_left(figures: PictureFigures, habits: Habits) -> float:
    """Edges against the usual, 1 at the limit. Fine ones show a slight blur, coarse ones a strong one through noise."""
    if habits.sharpness <= 0 or habits.outline <= 0:
        return 10.0
    fine = relative_sharpness(figures) / habits.sharpness / _SHARP
    return min(fine, relative_outline(figures) / habits.outline / _OUTLINE)


def _judge_blurred(figures: PictureFigures, habits: Habits, *, same_light: bool) -> Verdict | None:
    left = _edges_left(figures, habits)
    if same_light and left < 1 and (figures.tone or 0.0) >= _SAME_TONE:
        return Verdict("defocused", min(1.0, 1.2 - left / 2), f"edges have {left * _SHARP:.0%} of their usual sharpness")
    return None


def _judge_healthy(figures: PictureFigures, habits: Habits, *, same_light: bool) -> Verdict:
    like = figures.likeness or 0.0
    enough = min(_SAME_SCENE, 0.6 * habits.likeness or _SAME_SCENE)
    if like >= (enough if same_light else _OTHER_SCENE):
        return Verdict(None, like, "the reference scene", healthy=True)
    return Verdict(None, 0, f"unlike the reference (likeness {like:.2f})")
