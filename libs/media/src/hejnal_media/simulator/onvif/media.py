"""Media and Media2: profiles, stream URIs, encoder configurations."""

import asyncio
from dataclasses import replace
from pathlib import Path
from xml.etree.ElementTree import Element

from hejnal_media.onvif.soap import SoapFaultError
from hejnal_media.onvif.xml import find, number_of, quote, text_of
from hejnal_media.simulator.clip import make_clip
from hejnal_media.simulator.onvif.state import OnvifBehaviour, SimulatedProfile
from hejnal_media.simulator.packets import packetize_clip
from hejnal_media.simulator.server import CameraSimulator

_MAX_GOV_LENGTH = 300


class MediaService:
    """Both media services over the same profiles. Another GovLength makes the stream anew, as cameras do."""

    def __init__(
        self, rtsp: CameraSimulator, profiles: tuple[SimulatedProfile, ...], behaviour: OnvifBehaviour, clips: Path | None
    ) -> None:
        self._rtsp = rtsp
        self._profiles = profiles
        self._behaviour = behaviour
        self._clips = clips
        self._told_gov: dict[str, int] = {}

    # --- Media, version 10

    def get_profiles(self, _request: Element) -> str:
        """All profiles."""
        profiles = "".join(
            f'<trt:Profiles token="{quote(one.token)}" fixed="true"><tt:Name>{quote(one.name)}</tt:Name>'
            '<tt:VideoSourceConfiguration token="VSC"><tt:Name>source</tt:Name><tt:UseCount>2</tt:UseCount>'
            '<tt:SourceToken>VS</tt:SourceToken><tt:Bounds x="0" y="0" width="1920" height="1080"/></tt:VideoSourceConfiguration>'
            f"{self._encoder('tt:VideoEncoderConfiguration', one)}"
            '<tt:PTZConfiguration token="PTZ"><tt:Name>ptz</tt:Name><tt:UseCount>2</tt:UseCount>'
            "<tt:NodeToken>head</tt:NodeToken></tt:PTZConfiguration></trt:Profiles>"
            for one in self._profiles
        )
        return f"<trt:GetProfilesResponse>{profiles}</trt:GetProfilesResponse>"

    def get_stream_uri(self, request: Element) -> str:
        """RTSP address of a profile."""
        uri = quote(self._uri(text_of(request, "trt:ProfileToken")))
        return (
            f"<trt:GetStreamUriResponse><trt:MediaUri><tt:Uri>{uri}</tt:Uri><tt:InvalidAfterConnect>false</tt:InvalidAfterConnect>"
            "<tt:InvalidAfterReboot>false</tt:InvalidAfterReboot><tt:Timeout>PT0S</tt:Timeout></trt:MediaUri>"
            "</trt:GetStreamUriResponse>"
        )

    def get_video_encoder_configuration(self, request: Element) -> str:
        """One encoder."""
        one = self._of_encoder(text_of(request, "trt:ConfigurationToken"))
        inner = self._encoder("trt:Configuration", one)
        return f"<trt:GetVideoEncoderConfigurationResponse>{inner}</trt:GetVideoEncoderConfigurationResponse>"

    async def set_video_encoder_configuration(self, request: Element) -> str:
        """Changes GovLength; everything else must stay as it is."""
        configuration = find(request, "trt:Configuration")
        gov = int(number_of(configuration, "tt:H264/tt:GovLength", -1))
        await self._set_gov((configuration.get("token") or "") if configuration is not None else "", gov)
        return "<trt:SetVideoEncoderConfigurationResponse/>"

    # --- Media2, version 20

    def get_profiles2(self, _request: Element) -> str:
        """All profiles with their encoders."""
        profiles = "".join(
            f'<tr2:Profiles token="{quote(one.token)}" fixed="true"><tr2:Name>{quote(one.name)}</tr2:Name>'
            f'<tr2:Configurations>{self._encoder2("tr2:VideoEncoder", one)}<tr2:PTZ token="PTZ"><tt:Name>ptz</tt:Name>'
            "<tt:UseCount>2</tt:UseCount><tt:NodeToken>head</tt:NodeToken></tr2:PTZ></tr2:Configurations></tr2:Profiles>"
            for one in self._profiles
        )
        return f"<tr2:GetProfilesResponse>{profiles}</tr2:GetProfilesResponse>"

    def get_stream_uri2(self, request: Element) -> str:
        """RTSP address of a profile."""
        uri = quote(self._uri(text_of(request, "tr2:ProfileToken")))
        return f"<tr2:GetStreamUriResponse><tr2:Uri>{uri}</tr2:Uri></tr2:GetStreamUriResponse>"

    def get_video_encoder_configurations2(self, request: Element) -> str:
        """One encoder, or all."""
        token = text_of(request, "tr2:ConfigurationToken")
        chosen = (self._of_encoder(token),) if token else self._profiles
        inner = "".join(self._encoder2("tr2:Configurations", one) for one in chosen)
        return f"<tr2:GetVideoEncoderConfigurationsResponse>{inner}</tr2:GetVideoEncoderConfigurationsResponse>"

    async def set_video_encoder_configuration2(self, request: Element) -> str:
        """Changes GovLength."""
        configuration = find(request, "tr2:Configuration")
        if configuration is None:
            raise SoapFaultError("Sender", ("InvalidArgVal", "ConfigModify"), "no configuration was given")
        try:
            gov = int(configuration.get("GovLength") or "-1")
        except ValueError:
            gov = -1
        await self._set_gov(configuration.get("token") or "", gov)
        return "<tr2:SetVideoEncoderConfigurationResponse/>"

    # --- inside

    def _uri(self, token: str) -> str:
        one = next((one for one in self._profiles if one.token == token), None)
        if one is None:
            raise SoapFaultError("Sender", ("InvalidArgVal", "NoProfile"), "there is no such profile")
        if self._behaviour.foreign_uris:
            return f"rtsp://{self._behaviour.foreign_uris}/{one.mount}"
        return self._rtsp.url(one.mount)

    def _of_encoder(self, token: str) -> SimulatedProfile:
        for one in self._profiles:
            if token == f"enc-{one.token}":
                return one
        raise SoapFaultError("Sender", ("InvalidArgVal", "NoConfig"), "there is no such configuration")

    def _figures(self, one: SimulatedProfile) -> tuple[int, int, int, int, int]:
        spec = self._rtsp.mounts[one.mount].clip.spec
        gov = self._told_gov.get(one.token, spec.gop_frames)
        return spec.width, spec.height, spec.fps, spec.bitrate_bps // 1000, gov

    def _encoder(self, tag: str, one: SimulatedProfile) -> str:
        width, height, fps, kbit, gov = self._figures(one)
        return (
            f'<{tag} token="enc-{quote(one.token)}"><tt:Name>encoder</tt:Name><tt:UseCount>1</tt:UseCount><tt:Encoding>H264'
            f"</tt:Encoding><tt:Resolution><tt:Width>{width}</tt:Width><tt:Height>{height}</tt:Height></tt:Resolution>"
            f"<tt:Quality>5</tt:Quality><tt:RateControl><tt:FrameRateLimit>{fps}</tt:FrameRateLimit><tt:EncodingInterval>1"
            f"</tt:EncodingInterval><tt:BitrateLimit>{kbit}</tt:BitrateLimit></tt:RateControl><tt:H264><tt:GovLength>{gov}"
            "</tt:GovLength><tt:H264Profile>High</tt:H264Profile></tt:H264><tt:Multicast><tt:Address><tt:Type>IPv4</tt:Type>"
            "<tt:IPv4Address>0.0.0.0</tt:IPv4Address></tt:Address><tt:Port>0</tt:Port><tt:TTL>1</tt:TTL>"
            f"<tt:AutoStart>false</tt:AutoStart></tt:Multicast><tt:SessionTimeout>PT60S</tt:SessionTimeout></{tag}>"
        )

    def _encoder2(self, tag: str, one: SimulatedProfile) -> str:
        width, height, fps, kbit, gov = self._figures(one)
        return (
            f'<{tag} token="enc-{quote(one.token)}" GovLength="{gov}" Profile="High"><tt:Name>encoder</tt:Name>'
            "<tt:UseCount>1</tt:UseCount><tt:Encoding>H264</tt:Encoding><tt:Resolution>"
            f"<tt:Width>{width}</tt:Width><tt:Height>{height}</tt:Height></tt:Resolution><tt:RateControl>"
            f"<tt:FrameRateLimit>{fps}</tt:FrameRateLimit><tt:BitrateLimit>{kbit}</tt:BitrateLimit></tt:RateControl>"
            f"<tt:Quality>5</tt:Quality></{tag}>"
        )

    async def _set_gov(self, encoder: str, gov: int) -> None:
        one = self._of_encoder(encoder)
        if not 1 <= gov <= _MAX_GOV_LENGTH:
            raise SoapFaultError("Sender", ("InvalidArgVal", "ConfigModify"), "GovLength is out of range")
        mount = self._rtsp.mounts[one.mount]
        spec = mount.clip.spec
        if gov == spec.gop_frames:
            return
        if self._behaviour.lying_gov_length or self._clips is None:
            self._told_gov[one.token] = gov
            return
        whole = replace(spec, gop_frames=gov, frames=gov * max(1, spec.frames // gov))
        clip = await asyncio.to_thread(make_clip, whole, self._clips)
        mount.clip, mount.pictures = clip, packetize_clip(clip)
        mount.drop_all()  # the encoder starts anew
