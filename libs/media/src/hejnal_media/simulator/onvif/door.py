"""One simulated ONVIF device: HTTP in front, the services behind, the card's RTSP beside."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from pathlib import Path
from xml.etree.ElementTree import Element

from aiohttp import web

from hejnal_media.onvif.names import qualified
from hejnal_media.onvif.soap import CONTENT_TYPE, SoapFaultError, envelope, fault_body, read_envelope
from hejnal_media.onvif.xml import MAX_BYTES, MalformedXmlError
from hejnal_media.rtsp.auth import Credentials
from hejnal_media.simulator.onvif.account import Account, HttpDigestWantedError
from hejnal_media.simulator.onvif.card import Card
from hejnal_media.simulator.onvif.device import DeviceService
from hejnal_media.simulator.onvif.events import EventService
from hejnal_media.simulator.onvif.media import MediaService
from hejnal_media.simulator.onvif.ptz import PtzHead, PtzService
from hejnal_media.simulator.onvif.recordings import RecordingServices
from hejnal_media.simulator.onvif.replay import ReplayServer
from hejnal_media.simulator.onvif.state import CameraTime, Identity, OnvifBehaviour, SimulatedProfile
from hejnal_media.simulator.server import CameraSimulator

Answer = Callable[[Element], str | Awaitable[str]]
_BEFORE_LOGIN = frozenset(
    qualified(f"tds:{name}") for name in ("GetSystemDateAndTime", "GetCapabilities", "GetServices", "GetServiceCapabilities")
)
_HOSTILE = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c SYSTEM "file:///etc/passwd">]><x>&b;&c;</x>'
)


class OnvifSimulator:
    """A device for one camera of a clip simulator. `start` opens its ports; knobs are in `behaviour` and `clock`."""

    def __init__(
        self,
        rtsp: CameraSimulator,
        camera: str = "cam-001",
        *,
        host: str = "127.0.0.1",
        credentials: Credentials | None = None,
        clock_offset_s: float = 0.0,
        clips: Path | None = None,
    ) -> None:
        self.behaviour = OnvifBehaviour()
        self.identity = Identity(camera)
        self.clock = CameraTime(offset_s=clock_offset_s)
        self.card = Card(rtsp, rtsp.mounts[f"{camera}/main"], self.clock)
        self.head = PtzHead()
        self.requests: list[str] = []
        """Local names of what was asked, in order."""
        self.port = 0
        self._rtsp = rtsp
        self._host = host
        self._credentials = credentials
        self._clips = clips
        self._runner: web.AppRunner | None = None
        self.account = Account(credentials, self.clock, self.behaviour)
        self.replay = ReplayServer(self.card, self.behaviour, host=host, credentials=credentials)
        self.events = EventService(self.clock, self.behaviour, "")
        self._answers: dict[str, Answer] = {}

    @property
    def url(self) -> str:
        """Address of the device service."""
        return f"http://{self._host}:{self.port}/onvif/device_service"

    async def start(self, port: int = 0) -> None:
        """Opens HTTP and the card's RTSP. Raises OSError."""
        await self.replay.start()
        app = web.Application(client_max_size=MAX_BYTES)
        app.router.add_post("/onvif/{service:.+}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, port)
        await site.start()
        self.port = self._runner.addresses[0][1]
        self._build(f"http://{self._host}:{self.port}")

    async def stop(self) -> None:
        """Closes all ports."""
        self.events.forget_all()
        if self._runner is not None:
            await self._runner.cleanup()
        await self.replay.stop()

    def _build(self, base_url: str) -> None:
        camera, behaviour = self.identity.camera, self.behaviour
        profiles = (
            SimulatedProfile("main", "mainStream", f"{camera}/main"),
            SimulatedProfile("sub", "subStream", f"{camera}/sub"),
        )
        self.events = EventService(self.clock, behaviour, base_url)
        device = DeviceService(self.identity, self.clock, behaviour, base_url)
        media = MediaService(self._rtsp, profiles, behaviour, self._clips)
        ptz = PtzService(self.head, frozenset(one.token for one in profiles), self.clock)
        recordings = RecordingServices(self.card, self.identity, behaviour, self.replay.url)
        table: dict[str, Answer] = {
            "tds:GetSystemDateAndTime": device.get_system_date_and_time,
            "tds:SetSystemDateAndTime": device.set_system_date_and_time,
            "tds:GetServices": device.get_services,
            "tds:GetCapabilities": device.get_capabilities,
            "tds:GetDeviceInformation": device.get_device_information,
            "tds:GetScopes": device.get_scopes,
            "trt:GetProfiles": media.get_profiles,
            "trt:GetStreamUri": media.get_stream_uri,
            "trt:GetVideoEncoderConfiguration": media.get_video_encoder_configuration,
            "trt:SetVideoEncoderConfiguration": media.set_video_encoder_configuration,
            "tr2:GetProfiles": media.get_profiles2,
            "tr2:GetStreamUri": media.get_stream_uri2,
            "tr2:GetVideoEncoderConfigurations": media.get_video_encoder_configurations2,
            "tr2:SetVideoEncoderConfiguration": media.set_video_encoder_configuration2,
            "tptz:ContinuousMove": ptz.continuous_move,
            "tptz:Stop": ptz.stop,
            "tptz:GetStatus": ptz.get_status,
            "tptz:GetPresets": ptz.get_presets,
            "tptz:SetPreset": ptz.set_preset,
            "tptz:RemovePreset": ptz.remove_preset,
            "tptz:GotoPreset": ptz.goto_preset,
            "tev:CreatePullPointSubscription": self.events.create,
            "tse:GetRecordingSummary": recordings.get_recording_summary,
            "tse:FindRecordings": recordings.find_recordings,
            "tse:GetRecordingSearchResults": recordings.get_recording_search_results,
            "tse:EndSearch": recordings.end_search,
            "trp:GetReplayUri": recordings.get_replay_uri,
        }
        self._answers = {qualified(name): answer for name, answer in table.items()}

    async def _handle(self, http: web.Request) -> web.Response:
        if self.behaviour.delay_s:
            await asyncio.sleep(self.behaviour.delay_s)
        if self.behaviour.hostile_xml:
            return web.Response(text=_HOSTILE, content_type="application/soap+xml")
        try:
            header, body = read_envelope(await http.read())
            request = next(iter(body), None)
            if request is None:
                return _response(400, fault_body(SoapFaultError("Sender", ("WellFormed",), "the body is empty")))
            self.requests.append(request.tag.partition("}")[2])
            if request.tag not in _BEFORE_LOGIN:
                self.account.check(header, http.headers, http.path)
            return _response(200, await self._answer(http.match_info["service"], request))
        except MalformedXmlError as error:
            return _response(400, fault_body(SoapFaultError("Sender", ("WellFormed",), str(error))))
        except HttpDigestWantedError:
            return web.Response(status=401, headers={"WWW-Authenticate": self.account.challenge})
        except SoapFaultError as fault:
            return _response(400 if fault.code == "Sender" else 500, fault_body(fault))

    async def _answer(self, service: str, request: Element) -> str:
        if service.startswith("subscription/"):
            key = service.partition("/")[2]
            if request.tag == qualified("tev:PullMessages"):
                return await self.events.pull(key, request)
            if request.tag == qualified("wsnt:Renew"):
                return self.events.renew(key, request)
            if request.tag == qualified("wsnt:Unsubscribe"):
                return self.events.unsubscribe(key, request)
        answer = self._answers.get(request.tag)
        if answer is None or (request.tag.startswith(qualified("tr2:")) and not self.behaviour.media2):
            raise SoapFaultError("Receiver", ("ActionNotSupported",), "the operation is not known")
        given = answer(request)
        return await given if inspect.isawaitable(given) else given


def _response(status: int, body: str) -> web.Response:
    return web.Response(status=status, body=envelope(body), headers={"Content-Type": CONTENT_TYPE})
