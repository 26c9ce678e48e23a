"""One camera's picture over time: from suspicions and looks to what is told. Pure: no I/O, time is handed in."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from hejnal_contracts.cameras import PictureState, TamperKind
from hejnal_ingest.picture.decoding.wire import Look, PictureFigures
from hejnal_ingest.picture.judgement import (
    GREY_CHROMA,
    Habits,
    Verdict,
    judge,
    usable_reference,
)
from hejnal_ingest.picture.light import Light, LightMemory
from hejnal_ingest.picture.suspicion import SizeHabits, SizeWatch, Suspicion
from hejnal_ingest.picture.window import StreamWindow

CONFIRM_LOOKS = 2
FROZEN_S = 8.0
"""A picture that has not changed at all for so long, while every look was out of turn, is frozen."""
_CLEAR_LOOKS = 2
_FROZEN_LOOKS = 3
_LOOK_SPACING_S = 2.5
_TAMPERED_SPACING_S = 15.0
_HOLD_OFF_FIRST_S, _HOLD_OFF_LAST_S = 10.0, 300.0
_CHANGE_MEAN, _CHANGE_MAX = 0.7, 6.0
_LEARN_LOOKS = 3
_SAME_AS_BEFORE_MEAN = 14.0
_SETTLE_S = 20.0
_EMPTY_KINDS = ("covered", "blinded", "ir_fault")


@dataclass(frozen=True, slots=True)
class _Quiet:
    until: datetime
    pause_s: float


@dataclass(frozen=True, slots=True)
class PictureChange:
    """What is to be told: an onset, or its end."""

    phase: Literal["onset", "cleared"]
    kind: TamperKind
    confidence: float
    at: datetime
    started_at: datetime
    detail: str


class PictureWatch:
    """Takes windows and looks, says when a look is due and what has changed for the operator."""

    def __init__(self, now: datetime, *, accept_after_s: float = 3600.0) -> None:
        self._accept_after_s = accept_after_s
        self._sizes: dict[str, SizeHabits] = {}
        self._stream = ""
        self.memories: dict[Light, LightMemory] = {}
        self.light: Light | None = None
        self._watch = SizeWatch()
        self._suspicion: Suspicion | None = None
        self._suspected_at: datetime | None = None
        self._quiet: dict[Suspicion, _Quiet] = {}
        self._last_look_at: datetime | None = None
        self._previous = b""
        self._verdicts: list[tuple[datetime, Verdict]] = []
        self._still_since: datetime | None = None
        self._new_scene_looks = 0
        self._settled_at: datetime | None = None
        self._tampered: tuple[TamperKind, datetime] | None = None
        self._since = now

    # --- sizes

    def change_stream(self, name: str) -> None:
        """Sizes are learned apart for each stream and picture size (`main-1920x1080`)."""
        self._stream = name
        self._watch.restart()

    def interrupted(self) -> None:
        """The run has ended."""
        self._watch.restart()

    def expect_move(self, now: datetime) -> None:
        """The camera is being turned on purpose: what it shows when it has settled is the reference."""
        self._settled_at = now + timedelta(seconds=_SETTLE_S)
        self.memories.clear()
        self._sizes.clear()
        self._verdicts.clear()
        self.light = None
        self._suspicion = self._suspected_at = self._still_since = None
        self._watch.restart()

    def _is_settling(self, now: datetime) -> bool:
        return self._settled_at is not None and now < self._settled_at

    def take_window(self, window: StreamWindow, now: datetime) -> None:
        """Sizes of a group of pictures."""
        if self._is_settling(now):
            return
        habits = self.size_habits()
        suspicion = self._watch.take(window, habits)
        if suspicion is None:
            if self._suspicion is None and self._tampered is None and self._last_is_good():
                habits.learn(window, self._watch.step)
            return
        if self._suspicion is None and self._tampered is None:
            quiet = self._quiet.get(suspicion)
            if quiet is not None and now < quiet.until:
                habits.learn(window, self._watch.step)  # looked at just now and found well: this is how it is
                return
            self._suspicion, self._suspected_at = suspicion, now
            self._verdicts.clear()
            self._still_since = None
        elif suspicion is Suspicion.FROZEN:
            self._suspicion = suspicion

    def size_habits(self) -> SizeHabits:
        """The usual sizes of the present stream in the present light."""
        key = f"{self._stream} {self.light or 'day'}"
        habits = self._sizes.get(key)
        if habits is None:
            habits = self._sizes[key] = SizeHabits()
        return habits

    def _last_is_good(self) -> bool:
        return not self._verdicts or self._verdicts[-1][1].kind is None

    # --- looks

    def look_due(self, now: datetime) -> bool:
        """True when the newest key frame should be decoded out of turn."""
        if self._suspicion is None and self._tampered is None and not (self._verdicts and self._verdicts[-1][1].kind):
            return False
        if self._last_look_at is None:
            return True
        spacing_s = _TAMPERED_SPACING_S if self._tampered is not None else _LOOK_SPACING_S
        return (now - self._last_look_at).total_seconds() >= spacing_s

    def comparison(self) -> tuple[bytes, bytes]:
        """(reference, picture before) for the next look."""
        memory = self.memories.get(self.light) if self.light is not None else None
        if memory is None and self.memories:
            memory = next(iter(self.memories.values()))
        return memory.reference if memory is not None else b"", self._previous

    def take_look(self, look: Look, now: datetime, *, sun_up: bool) -> list[PictureChange]:
        """A decoded key frame; gives what is to be told."""
        if self._is_settling(now):
            self._last_look_at, self._previous = now, look.luma
            return []
        figures = look.figures
        light: Light = "night" if figures.chroma < GREY_CHROMA else "day"
        memory = self.memories.get(light)
        # The reference sent was chosen before the light was known.
        compared_same_light = self.light == light and memory is not None
        habits = memory.habits if memory is not None else Habits()
        verdict = judge(figures, habits, same_light=compared_same_light, sun_up=sun_up)
        frozen = self._judge_frozen(figures, now)
        if frozen is not None and verdict.kind not in _EMPTY_KINDS:  # a covered camera shows nothing new either
            verdict = frozen
        self._last_look_at = now
        self._previous = look.luma
        self._verdicts = [*self._verdicts[-5:], (now, verdict)]
        if verdict.healthy:
            self._take_healthy(light, look, compared_same_light=compared_same_light)
        elif verdict.kind is None:
            self._take_unknown(light, look)
        return self._conclude(now, verdict, look, light)

    def _judge_frozen(self, figures: PictureFigures, now: datetime) -> Verdict | None:
        same = (
            figures.change_mean is not None
            and figures.change_max is not None
            and figures.change_mean <= _CHANGE_MEAN
            and figures.change_max <= _CHANGE_MAX
        )
        was_frozen = self._tampered is not None and self._tampered[0] == "frozen"
        if not same or not (self._suspicion is Suspicion.FROZEN or was_frozen):
            self._still_since = None
            return None
        if self._still_since is None:
            self._still_since = self._last_look_at or now
        still_s = (now - self._still_since).total_seconds()
        if was_frozen or still_s >= FROZEN_S:
            return Verdict("frozen", 0.95, f"not one part of the picture has changed in {still_s:.0f} s")
        return Verdict(None, 0, "no change yet")

    def _take_healthy(self, light: Light, look: Look, *, compared_same_light: bool) -> None:
        self._new_scene_looks = 0
        memory = self.memories.get(light)
        if self.light != light:
            self._watch.restart()
        self.light = light
        if memory is None:
            self.memories[light] = memory = LightMemory(look.luma)
            memory.learn(look.figures, look.luma)
        elif compared_same_light:
            memory.learn(look.figures, look.blended)

    def _take_unknown(self, light: Light, look: Look) -> None:
        """No reference yet, or a scene unlike it: what stays the same for a while and shows something is the reference."""
        figures = look.figures
        steady = figures.change_mean is None or figures.change_mean < _SAME_AS_BEFORE_MEAN
        if not usable_reference(figures) or not steady or self._still_since is not None:
            self._new_scene_looks = 0
            return
        self._new_scene_looks += 1
        if self.light is None:
            wanted = 1 if not self.memories else _LEARN_LOOKS
        else:
            wanted = _LEARN_LOOKS + (2 if light in self.memories else 0)
        if self._new_scene_looks >= wanted:
            self.memories[light] = memory = LightMemory(look.luma)
            memory.learn(figures, look.luma)
            self.light = light
            self._new_scene_looks = 0

    # --- what is told

    def _conclude(self, now: datetime, verdict: Verdict, look: Look, light: Light) -> list[PictureChange]:
        if self._tampered is not None:
            return self._conclude_tampered(now, look, light)
        recent = self._verdicts[-CONFIRM_LOOKS:]
        if verdict.kind is not None:
            confirmed = verdict.kind == "frozen" or (
                len(recent) == CONFIRM_LOOKS and all(one.kind is not None for _, one in recent)
            )
            if confirmed:
                started_at = self._suspected_at or recent[0][0]
                self._tampered = (verdict.kind, now)
                self._since = now
                self._suspicion = self._suspected_at = None
                return [PictureChange("onset", verdict.kind, round(verdict.confidence, 2), now, started_at, verdict.detail)]
        elif self._suspicion is not None:
            looks = _FROZEN_LOOKS if self._suspicion is Suspicion.FROZEN else CONFIRM_LOOKS
            if (verdict.healthy and len(self._verdicts) >= looks) or self._suspected_for_s(now) > _HOLD_OFF_LAST_S:
                self._hold_off(self._suspicion, now)
                self._suspicion = self._suspected_at = None
        return []

    def _hold_off(self, suspicion: Suspicion, now: datetime) -> None:
        """Looked at and found well: the same sizes are no reason to look again for a while, longer each time."""
        before = self._quiet.get(suspicion)
        pause_s = _HOLD_OFF_FIRST_S
        if suspicion is not Suspicion.STEPPED and before is not None and (now - before.until).total_seconds() < before.pause_s:
            pause_s = min(_HOLD_OFF_LAST_S, 2 * before.pause_s)
        self._quiet[suspicion] = _Quiet(now + timedelta(seconds=pause_s), pause_s)

    def _suspected_for_s(self, now: datetime) -> float:
        return (now - self._suspected_at).total_seconds() if self._suspected_at is not None else 0.0

    def _conclude_tampered(self, now: datetime, look: Look, light: Light) -> list[PictureChange]:
        assert self._tampered is not None
        kind, since = self._tampered
        recent = [verdict for _, verdict in self._verdicts[-_CLEAR_LOOKS:]]
        enough = len(recent) == _CLEAR_LOOKS
        detail = "the reference scene is back"
        if kind == "frozen":
            over = enough and all(verdict.kind != "frozen" for verdict in recent)
            detail = "the picture changes again"
        else:
            over = enough and all(verdict.healthy for verdict in recent)
        if (
            kind == "moved"
            and not over
            and (now - since).total_seconds() >= self._accept_after_s
            and usable_reference(look.figures)
        ):
            self.accept(look, light)
            over, detail = True, "the new view has stayed: it is the reference now"
        if not over:
            return []
        self._tampered = None
        self._since = now
        self._verdicts.clear()
        self._quiet.clear()
        self._watch.restart()
        return [PictureChange("cleared", kind, 1.0, now, since, detail)]

    def accept(self, look: Look, light: Light) -> None:
        """The present view is the right one from now on (it was moved on purpose)."""
        self.memories.clear()
        self.memories[light] = memory = LightMemory(look.luma)
        memory.learn(look.figures, look.luma)
        self.light = light
        self._sizes.clear()

    def accept_next(self, now: datetime) -> list[PictureChange]:
        """What the camera shows from now on is right and is learned anew; gives the end of what was told before."""
        ended = []
        if self._tampered is not None:
            kind, since = self._tampered
            ended = [PictureChange("cleared", kind, 1.0, now, since, "the present view was accepted: it is the reference now")]
        self.memories.clear()
        self._sizes.clear()
        self._verdicts.clear()
        self._quiet.clear()
        self._watch.restart()
        self.light = self._tampered = None
        self._suspicion = self._suspected_at = self._still_since = None
        self._new_scene_looks = 0
        self._since = now
        return ended

    def state(self) -> PictureState:
        """For the camera's status."""
        if self._tampered is not None:
            return PictureState(state="tampered", kind=self._tampered[0], since=self._tampered[1], light=self.light)
        if self._suspicion is not None and self._suspected_at is not None:
            return PictureState(state="suspected", since=self._suspected_at, light=self.light)
        return PictureState(state="healthy" if self.light is not None else "learning", since=self._since, light=self.light)

    # --- a restart does not forget

    def dump(self) -> dict[str, Any]:
        """Sizes and habits for the state file; references apart (`memories`)."""
        tampered = None if self._tampered is None else [self._tampered[0], self._tampered[1].isoformat()]
        return {
            "version": 1,
            "light": self.light,
            "tampered": tampered,
            "sizes": {name: habits.dump() for name, habits in self._sizes.items() if habits.key.count},
            "memories": {light: memory.dump() for light, memory in self.memories.items()},
        }

    def load(self, dumped: dict[str, Any], references: dict[str, bytes]) -> None:
        """From the state file; what does not fit is left out and learned anew."""
        if dumped.get("version") != 1:
            return
        for name, habits in (dumped.get("sizes") or {}).items():
            self._sizes[str(name)] = SizeHabits.load(habits)
        lights: tuple[Light, Light] = ("day", "night")
        for light in lights:
            memory = LightMemory.load((dumped.get("memories") or {}).get(light), references.get(light, b""))
            if memory is not None:
                self.memories[light] = memory
        self.light = dumped.get("light") if dumped.get("light") in self.memories else None
        tampered = dumped.get("tampered")
        if isinstance(tampered, list) and len(tampered) == 2:
            self._tampered = (tampered[0], datetime.fromisoformat(tampered[1]))
            self._since = self._tampered[1]
