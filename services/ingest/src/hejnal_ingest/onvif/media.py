"""Profiles, stream URIs and the length of groups of pictures, over Media2 where there is one, else over Media."""

from dataclasses import dataclass
from typing import Literal
from xml.etree.ElementTree import Element, tostring

from pydantic import BaseModel

from hejnal_ingest.onvif.client import OnvifClient
from hejnal_ingest.onvif.errors import OnvifError, OnvifFault
from hejnal_media.onvif.names import qualified
from hejnal_media.onvif.xml import find, find_all, number_of, quote, text_of

RTSP = ("rtsp", "rtsps")
_MAX_PROFILES = 32
_UNICAST_SETUP = (
    "<trt:StreamSetup><tt:Stream>RTP-Unicast</tt:Stream><tt:Transport><tt:Protocol>RTSP</tt:Protocol></tt:Transport>"
    "</trt:StreamSetup>"
)


class MediaProfile(BaseModel):
    """A profile that a camera offers."""

    token: str
    name: str
    encoding: str
    """As the camera writes it: H264, H265, JPEG."""
    width: int
    height: int
    fps: float
    bitrate_bps: int
    gov_length: int
    """Frames; 0 when it is not told."""
    encoder: str
    """Token of the encoder configuration."""
    ptz: bool


@dataclass(frozen=True, slots=True)
class _Reading:
    prefix: Literal["trt", "tr2"]
    element: Element

    def encoder(self) -> Element | None:
        path = "tt:VideoEncoderConfiguration" if self.prefix == "trt" else "tr2:Configurations/tr2:VideoEncoder"
        return find(self.element, path)

    def profile(self) -> MediaProfile | None:
        encoder, token = self.encoder(), self.element.get("token", "")
        if encoder is None or not token:
            return None
        rate = find(encoder, "tt:RateControl")
        ptz = "tt:PTZConfiguration" if self.prefix == "trt" else "tr2:Configurations/tr2:PTZ"
        return MediaProfile(
            token=token[:64],
            name=text_of(self.element, "tt:Name" if self.prefix == "trt" else "tr2:Name")[:120],
            encoding=text_of(encoder, "tt:Encoding").upper()[:20],
            width=_whole(encoder, "tt:Resolution/tt:Width"),
            height=_whole(encoder, "tt:Resolution/tt:Height"),
            fps=max(0.0, number_of(rate, "tt:FrameRateLimit")),
            bitrate_bps=1000 * _whole(rate, "tt:BitrateLimit"),
            gov_length=_gov_length(encoder),
            encoder=(encoder.get("token") or "")[:64],
            ptz=find(self.element, ptz) is not None,
        )


def _whole(element: Element | None, path: str) -> int:
    return int(max(0.0, min(1e9, number_of(element, path))))


def _gov_length(encoder: Element) -> int:
    text = encoder.get("GovLength") or text_of(encoder, "tt:H264/tt:GovLength") or text_of(encoder, "tt:MPEG4/tt:GovLength")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0


async def profiles(client: OnvifClient) -> list[MediaProfile]:
    """The profiles that have video. Raises OnvifError."""
    prefix = await _prefix(client)
    body = "<trt:GetProfiles/>"
    if prefix == "tr2":
        body = "<tr2:GetProfiles><tr2:Type>VideoEncoder</tr2:Type><tr2:Type>PTZ</tr2:Type></tr2:GetProfiles>"
    answer = await client.call(prefix, body)
    found = [_Reading(prefix, one).profile() for one in list(find_all(answer, f"{prefix}:Profiles"))[:_MAX_PROFILES]]
    return [one for one in found if one is not None]


async def stream_uri(client: OnvifClient, profile: str) -> str:
    """RTSP address of a profile, on the camera itself, without user and password. Raises OnvifError."""
    if await _prefix(client) == "tr2":
        request = f"<tr2:Protocol>RTSP</tr2:Protocol><tr2:ProfileToken>{quote(profile)}</tr2:ProfileToken>"
        answer = await client.call("tr2", f"<tr2:GetStreamUri>{request}</tr2:GetStreamUri>")
        uri = text_of(answer, "tr2:Uri")
    else:
        request = f"{_UNICAST_SETUP}<trt:ProfileToken>{quote(profile)}</trt:ProfileToken>"
        answer = await client.call("trt", f"<trt:GetStreamUri>{request}</trt:GetStreamUri>")
        uri = text_of(answer, "trt:MediaUri/tt:Uri")
    return client.hosts.checked(uri, schemes=RTSP)


def main_and_sub(found: list[MediaProfile]) -> tuple[MediaProfile | None, MediaProfile | None]:
    """The largest picture is the main stream, the smallest of the others the sub stream (not larger than half as wide)."""
    by_size = sorted(found, key=lambda one: one.width * one.height, reverse=True)
    if not by_size:
        return None, None
    main = by_size[0]
    smaller = [one for one in by_size[1:] if 0 < one.width * one.height <= main.width * main.height / 2]
    return main, (smaller[-1] if smaller else None)


async def set_gov_length(client: OnvifClient, profile: str, frames: int) -> int:
    """Sets the length of the groups of pictures, leaving all else as it is; gives what the camera then says it is.

    Whether it keeps its word is seen in the stream. Raises OnvifError.
    """
    prefix = await _prefix(client)
    encoder = await _encoder(client, prefix, profile)
    if prefix == "tr2":
        encoder.set("GovLength", str(frames))
        encoder.tag = qualified("tr2:Configuration")
        configuration = tostring(encoder, encoding="unicode")
        await client.call("tr2", f"<tr2:SetVideoEncoderConfiguration>{configuration}</tr2:SetVideoEncoderConfiguration>")
    else:
        gov = find(encoder, "tt:H264/tt:GovLength")
        if gov is None:
            raise OnvifError(OnvifFault.UNSUPPORTED, "the encoder has no GovLength")
        gov.text = str(frames)
        encoder.tag = qualified("trt:Configuration")
        configuration = tostring(encoder, encoding="unicode") + "<trt:ForcePersistence>true</trt:ForcePersistence>"
        await client.call("trt", f"<trt:SetVideoEncoderConfiguration>{configuration}</trt:SetVideoEncoderConfiguration>")
    return _gov_length(await _encoder(client, prefix, profile))


async def _encoder(client: OnvifClient, prefix: Literal["trt", "tr2"], profile: str) -> Element:
    one = next((one for one in await profiles(client) if one.token == profile), None)
    if one is None or not one.encoder:
        raise OnvifError(OnvifFault.REFUSED, "the camera has no such profile any more")
    token = quote(one.encoder)
    if prefix == "tr2":
        request = f"<tr2:ConfigurationToken>{token}</tr2:ConfigurationToken>"
        answer = await client.call("tr2", f"<tr2:GetVideoEncoderConfigurations>{request}</tr2:GetVideoEncoderConfigurations>")
        encoder = find(answer, "tr2:Configurations")
    else:
        request = f"<trt:ConfigurationToken>{token}</trt:ConfigurationToken>"
        answer = await client.call("trt", f"<trt:GetVideoEncoderConfiguration>{request}</trt:GetVideoEncoderConfiguration>")
        encoder = find(answer, "trt:Configuration")
    if encoder is None:
        raise OnvifError(OnvifFault.MALFORMED, "the camera tells no encoder configuration")
    return encoder


async def _prefix(client: OnvifClient) -> Literal["trt", "tr2"]:
    return "tr2" if await client.offers("tr2") else "trt"
