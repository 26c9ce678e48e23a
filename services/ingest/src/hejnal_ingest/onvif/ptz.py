"""Moving a camera. Whoever moves it must go on saying so: a second without a word, and it stops."""

import asyncio
import contextlib
from xml.etree.ElementTree import Element

import structlog
from pydantic import BaseModel, Field

from hejnal_ingest.onvif.client import OnvifClient
from hejnal_ingest.onvif.errors import OnvifError
from hejnal_media.onvif.xml import find, find_all, quote, text_of, write_duration

log = structlog.get_logger()

SILENCE_S = 1.0
"""A move ends so long after the last command."""
_CAMERA_TIMEOUT_S = 2.0
"""The camera itself stops after this, should this process die."""


class PtzVelocity(BaseModel):
    """Speeds from -1 to 1: right, up and in are positive."""

    pan: float = Field(default=0.0, ge=-1, le=1)
    tilt: float = Field(default=0.0, ge=-1, le=1)
    zoom: float = Field(default=0.0, ge=-1, le=1)


class PtzPreset(BaseModel):
    """A place that the camera remembers."""

    token: str
    name: str


class PtzStatus(BaseModel):
    """Where the camera looks, in its own units (-1 to 1, zoom 0 to 1)."""

    pan: float
    tilt: float
    zoom: float
    moving: bool


class PtzHead:
    """One camera's head over ONVIF. Every method but `close` raises OnvifError."""

    def __init__(self, client: OnvifClient, profile: str) -> None:
        self._client = client
        self._profile = f"<tptz:ProfileToken>{quote(profile)}</tptz:ProfileToken>"
        self._silence: asyncio.Task[None] | None = None

    async def move(self, velocity: PtzVelocity) -> None:
        """Moves until `stop`, another move, or a second without a command."""
        self._forget_silence()
        pan_tilt = f'<tt:PanTilt x="{velocity.pan:.3f}" y="{velocity.tilt:.3f}"/>'
        speeds = f'<tptz:Velocity>{pan_tilt}<tt:Zoom x="{velocity.zoom:.3f}"/></tptz:Velocity>'
        timeout = f"<tptz:Timeout>{write_duration(_CAMERA_TIMEOUT_S)}</tptz:Timeout>"
        # told to stop even if the answer to the move is lost
        self._silence = asyncio.create_task(self._stop_after_silence(), name="ptz silence")
        await self._client.call("tptz", f"<tptz:ContinuousMove>{self._profile}{speeds}{timeout}</tptz:ContinuousMove>")

    async def stop(self) -> None:
        """Stands still."""
        self._forget_silence()
        await self._send_stop()

    async def status(self) -> PtzStatus:
        """Where it looks and whether it moves."""
        answer = await self._client.call("tptz", f"<tptz:GetStatus>{self._profile}</tptz:GetStatus>")
        pan_tilt, zoom = find(answer, "//tt:PanTilt"), find(answer, "//tt:Zoom")
        states = {text_of(one) for one in find_all(answer, "tptz:PTZStatus/tt:MoveStatus/tt:PanTilt")}
        states |= {text_of(one) for one in find_all(answer, "tptz:PTZStatus/tt:MoveStatus/tt:Zoom")}
        return PtzStatus(
            pan=_attribute(pan_tilt, "x"), tilt=_attribute(pan_tilt, "y"), zoom=_attribute(zoom, "x"), moving="MOVING" in states
        )

    async def presets(self) -> list[PtzPreset]:
        """What it remembers; at most 256."""
        answer = await self._client.call("tptz", f"<tptz:GetPresets>{self._profile}</tptz:GetPresets>")
        found = list(find_all(answer, "tptz:Preset"))[:256]
        return [PtzPreset(token=(one.get("token") or "")[:64], name=text_of(one, "tt:Name")[:120]) for one in found]

    async def save_preset(self, name: str) -> PtzPreset:
        """Remembers where it looks now."""
        request = f"<tptz:SetPreset>{self._profile}<tptz:PresetName>{quote(name)}</tptz:PresetName></tptz:SetPreset>"
        answer = await self._client.call("tptz", request)
        return PtzPreset(token=text_of(answer, "tptz:PresetToken")[:64], name=name)

    async def remove_preset(self, token: str) -> None:
        """Forgets one."""
        inner = f"{self._profile}<tptz:PresetToken>{quote(token)}</tptz:PresetToken>"
        await self._client.call("tptz", f"<tptz:RemovePreset>{inner}</tptz:RemovePreset>")

    async def go_to(self, token: str) -> None:
        """On the way to a preset; this one ends by itself."""
        self._forget_silence()
        inner = f"{self._profile}<tptz:PresetToken>{quote(token)}</tptz:PresetToken>"
        await self._client.call("tptz", f"<tptz:GotoPreset>{inner}</tptz:GotoPreset>")

    async def close(self) -> None:
        """Stops what moves."""
        if self._silence is not None and not self._silence.done():
            self._forget_silence()
            with contextlib.suppress(OnvifError):
                await self._send_stop()

    async def _stop_after_silence(self) -> None:
        await asyncio.sleep(SILENCE_S)
        try:
            await self._send_stop()
        except OnvifError as error:
            log.warning("ptz_not_stopped", cause=error.fault.value, detail=error.detail)

    async def _send_stop(self) -> None:
        axes = "<tptz:PanTilt>true</tptz:PanTilt><tptz:Zoom>true</tptz:Zoom>"
        await self._client.call("tptz", f"<tptz:Stop>{self._profile}{axes}</tptz:Stop>")

    def _forget_silence(self) -> None:
        if self._silence is not None:
            self._silence.cancel()
            self._silence = None


def _attribute(element: Element | None, name: str) -> float:
    text = element.get(name) if element is not None else None
    try:
        return max(-1e6, min(1e6, float(text or 0)))
    except ValueError:
        return 0.0
