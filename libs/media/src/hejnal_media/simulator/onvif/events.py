"""Events by PullPoint: properties of the camera that change, told to whoever has subscribed."""

import asyncio
import secrets
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta
from xml.etree.ElementTree import Element

from hejnal_media.onvif.soap import SoapFaultError
from hejnal_media.onvif.xml import number_of, quote, read_duration, text_of, write_instant
from hejnal_media.simulator.onvif.state import CameraTime, OnvifBehaviour

MOTION = "tns1:VideoSource/MotionAlarm"
CELL_MOTION = "tns1:RuleEngine/CellMotionDetector/Motion"
SCENE_CHANGE = "tns1:VideoSource/GlobalSceneChange/ImagingService"
TOO_DARK = "tns1:VideoSource/ImageTooDark/ImagingService"
TOO_BRIGHT = "tns1:VideoSource/ImageTooBright/ImagingService"
TAMPER = "tns1:RuleEngine/TamperDetector/Tamper"
DIGITAL_INPUT = "tns1:Device/Trigger/DigitalInput"
_DATA_NAMES = {CELL_MOTION: "IsMotion", TAMPER: "IsTamper", DIGITAL_INPUT: "LogicalState"}
_MAX_WAITING = 200
_MAX_SUBSCRIPTIONS = 10
_MAX_LIFE_S = 600.0


@dataclass(slots=True)
class _Subscription:
    ends_s: float
    waiting: deque[str] = field(default_factory=lambda: deque(maxlen=_MAX_WAITING))
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    pulls: int = 0


class EventService:
    """Answers for `http://www.onvif.org/ver10/events/wsdl` and its pull points."""

    def __init__(self, clock: CameraTime, behaviour: OnvifBehaviour, base_url: str) -> None:
        self._clock = clock
        self._behaviour = behaviour
        self._base_url = base_url
        self._subscriptions: dict[str, _Subscription] = {}
        self._state: dict[tuple[str, str], bool] = {}
        self.created = 0

    @property
    def subscriptions(self) -> int:
        """Open ones."""
        return len(self._subscriptions)

    def fire(self, topic: str, *, value: bool, source: str = "VS") -> None:
        """A property of the camera has this value now."""
        self._state[topic, source] = value
        message = self._message(topic, source, "Changed", value=value)
        for subscription in self._subscriptions.values():
            subscription.waiting.append(message)
            if self._behaviour.duplicate_events:
                subscription.waiting.append(message)
            subscription.arrived.set()

    def forget_all(self) -> None:
        """A camera that was rebooted knows no subscription."""
        for subscription in self._subscriptions.values():
            subscription.arrived.set()
        self._subscriptions.clear()

    # --- requests

    def create(self, request: Element) -> str:
        """A new pull point, which begins with the state of every property."""
        self._expire()
        if len(self._subscriptions) >= _MAX_SUBSCRIPTIONS:
            raise SoapFaultError("Receiver", ("Action", "TooManySubscriptions"), "no more subscriptions are possible")
        key = secrets.token_hex(6)
        subscription = _Subscription(time.monotonic() + self._life_s(text_of(request, "tev:InitialTerminationTime")))
        for (topic, source), value in self._state.items():
            subscription.waiting.append(self._message(topic, source, "Initialized", value=value))
        if subscription.waiting:
            subscription.arrived.set()
        self._subscriptions[key] = subscription
        self.created += 1
        address = f"<wsa:Address>{self._base_url}/onvif/subscription/{key}</wsa:Address>"
        return (
            f"<tev:CreatePullPointSubscriptionResponse><tev:SubscriptionReference>{address}</tev:SubscriptionReference>"
            f"{self._times(subscription)}</tev:CreatePullPointSubscriptionResponse>"
        )

    async def pull(self, key: str, request: Element) -> str:
        """Waits until something is to be told or the time is over."""
        subscription = self._get(key)
        limit = max(1, min(100, int(number_of(request, "tev:MessageLimit", 1))))
        timeout_s = min(60.0, read_duration(text_of(request, "tev:Timeout")) or 0.0)
        if not subscription.waiting:
            subscription.arrived.clear()
            try:
                async with asyncio.timeout(timeout_s):
                    await subscription.arrived.wait()
            except TimeoutError:
                pass
        subscription = self._get(key)
        subscription.pulls += 1
        taken = [subscription.waiting.popleft() for _ in range(min(limit, len(subscription.waiting)))]
        if self._behaviour.pull_points_end_after and subscription.pulls >= self._behaviour.pull_points_end_after:
            self._subscriptions.pop(key, None)
        now, ends = self._now_and_end(subscription)
        return (
            f"<tev:PullMessagesResponse><tev:CurrentTime>{now}</tev:CurrentTime><tev:TerminationTime>{ends}</tev:TerminationTime>"
            f"{''.join(taken)}</tev:PullMessagesResponse>"
        )

    def renew(self, key: str, request: Element) -> str:
        """More time."""
        subscription = self._get(key)
        subscription.ends_s = time.monotonic() + self._life_s(text_of(request, "wsnt:TerminationTime"))
        return f"<wsnt:RenewResponse>{self._times(subscription)}</wsnt:RenewResponse>"

    def unsubscribe(self, key: str, _request: Element) -> str:
        """No more."""
        self._get(key)
        self._subscriptions.pop(key).arrived.set()
        return "<wsnt:UnsubscribeResponse/>"

    # --- inside

    def _get(self, key: str) -> _Subscription:
        self._expire()
        subscription = self._subscriptions.get(key)
        if subscription is None:
            raise SoapFaultError("Sender", ("InvalidArgVal", "ResourceUnknownFault"), "there is no such subscription")
        return subscription

    def _expire(self) -> None:
        now = time.monotonic()
        for key in [key for key, one in self._subscriptions.items() if one.ends_s <= now]:
            del self._subscriptions[key]

    def _life_s(self, text: str) -> float:
        seconds = read_duration(text) if text else 60.0
        if seconds is None or seconds <= 0:
            raise SoapFaultError("Sender", ("InvalidArgVal", "UnacceptableInitialTerminationTimeFault"), "no acceptable time")
        return min(seconds, _MAX_LIFE_S)

    def _now_and_end(self, subscription: _Subscription) -> tuple[str, str]:
        now = self._clock.now()
        return write_instant(now), write_instant(now + timedelta(seconds=subscription.ends_s - time.monotonic()))

    def _times(self, subscription: _Subscription) -> str:
        now, ends = self._now_and_end(subscription)
        return f"<wsnt:CurrentTime>{now}</wsnt:CurrentTime><wsnt:TerminationTime>{ends}</wsnt:TerminationTime>"

    def _message(self, topic: str, source: str, operation: str, *, value: bool) -> str:
        name = _DATA_NAMES.get(topic, "State")
        source_name = "InputToken" if topic == DIGITAL_INPUT else "Source"
        return (
            '<wsnt:NotificationMessage><wsnt:Topic Dialect="http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet">'
            f"{quote(topic)}</wsnt:Topic><wsnt:Message>"
            f'<tt:Message UtcTime="{write_instant(self._clock.now())}" PropertyOperation="{operation}"><tt:Source>'
            f'<tt:SimpleItem Name="{source_name}" Value="{quote(source)}"/></tt:Source><tt:Data>'
            f'<tt:SimpleItem Name="{name}" Value="{str(value).lower()}"/></tt:Data></tt:Message></wsnt:Message>'
            "</wsnt:NotificationMessage>"
        )
