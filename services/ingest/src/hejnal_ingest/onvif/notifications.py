"""What a camera's notifications mean. Pure: topics and their data in, changes of a few properties out."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal
from xml.etree.ElementTree import Element

from hejnal_contracts.cameras import TamperKind
from hejnal_media.onvif.xml import find, find_all, read_instant, text_of

_MAX_PROPERTIES = 200
_TRUE = frozenset({"true", "1", "on", "active"})
_FALSE = frozenset({"false", "0", "off", "inactive"})
_PLAUSIBLE = timedelta(seconds=60)

Operation = Literal["Initialized", "Changed", "Deleted"]


class Meaning(StrEnum):
    """Of a topic."""

    MOTION = "motion"
    TAMPER = "tamper"
    INPUT = "input"


_TOPICS: dict[str, tuple[Meaning, TamperKind | None]] = {
    "VideoSource/MotionAlarm": (Meaning.MOTION, None),
    "RuleEngine/CellMotionDetector/Motion": (Meaning.MOTION, None),
    "RuleEngine/MotionRegionDetector/Motion": (Meaning.MOTION, None),
    "VideoAnalytics/Motion": (Meaning.MOTION, None),
    "VideoSource/GlobalSceneChange/ImagingService": (Meaning.TAMPER, "moved"),
    "VideoSource/GlobalSceneChange/AnalyticsService": (Meaning.TAMPER, "moved"),
    "VideoSource/ImageTooDark/ImagingService": (Meaning.TAMPER, "covered"),
    "VideoSource/ImageTooDark/AnalyticsService": (Meaning.TAMPER, "covered"),
    "VideoSource/ImageTooBright/ImagingService": (Meaning.TAMPER, "blinded"),
    "VideoSource/ImageTooBright/AnalyticsService": (Meaning.TAMPER, "blinded"),
    "VideoSource/ImageTooBlurry/ImagingService": (Meaning.TAMPER, "defocused"),
    "VideoSource/ImageTooBlurry/AnalyticsService": (Meaning.TAMPER, "defocused"),
    "RuleEngine/TamperDetector/Tamper": (Meaning.TAMPER, "covered"),
    "Device/Trigger/DigitalInput": (Meaning.INPUT, None),
}


@dataclass(frozen=True, slots=True)
class Notification:
    """A property of the camera and its value."""

    topic: str
    """Without namespace prefix."""
    source: str
    active: bool
    operation: Operation
    at: datetime | None
    """By the camera's clock."""


def read_notifications(answer: Element) -> Iterator[Notification]:
    """The properties with a yes-or-no value in an answer to PullMessages; what cannot be read is passed over."""
    for one in find_all(answer, "wsnt:NotificationMessage"):
        message = find(one, "wsnt:Message/tt:Message")
        if message is None:
            continue
        path = "/".join(step.rpartition(":")[2] for step in text_of(one, "wsnt:Topic").split("/"))
        values = {(item.get("Value") or "").strip().lower() for item in find_all(message, "tt:Data/tt:SimpleItem")}
        operation = message.get("PropertyOperation")
        if not path or not values & (_TRUE | _FALSE) or operation == "Deleted":
            continue
        source = "/".join(
            f"{item.get('Name')}={item.get('Value')}"[:100] for item in find_all(message, "tt:Source/tt:SimpleItem")
        )
        yield Notification(
            topic=path[:200],
            source=source[:300],
            active=bool(values & _TRUE),
            operation="Initialized" if operation == "Initialized" else "Changed",
            at=read_instant(message.get("UtcTime") or ""),
        )


@dataclass(frozen=True, slots=True)
class Change:
    """Something has begun or is over. `at` is server time."""

    meaning: Meaning
    kind: TamperKind | None
    active: bool
    at: datetime
    topic: str


class CameraProperties:
    """Remembers every property, so that what is told twice, or again after a new subscription, is told on once.

    Motion has begun with the first of its sources and is over with the last one.
    """

    def __init__(self) -> None:
        self._values: dict[tuple[str, str], bool] = {}

    def take(self, notification: Notification, *, now: datetime, offset_s: float) -> Change | None:
        """The change a notification means, if any. `offset_s` is camera clock minus server clock."""
        known = _TOPICS.get(notification.topic)
        if known is None:
            return None
        meaning, kind = known
        key = (notification.topic, notification.source)
        if key not in self._values and len(self._values) >= _MAX_PROPERTIES:
            return None
        before = self._any(meaning, kind)
        if self._values.get(key) == notification.active:
            return None
        self._values[key] = notification.active
        after = self._any(meaning, kind)
        if before == after and meaning is not Meaning.INPUT:
            return None
        if notification.operation == "Initialized" and not notification.active and not before:
            return None
        at = now
        if notification.at is not None:
            told = notification.at - timedelta(seconds=offset_s)
            at = told if abs(told - now) <= _PLAUSIBLE else now
        return Change(meaning, kind, notification.active, at, notification.topic)

    def _any(self, meaning: Meaning, kind: TamperKind | None) -> bool:
        return any(value and _TOPICS[topic] == (meaning, kind) for (topic, _), value in self._values.items())
