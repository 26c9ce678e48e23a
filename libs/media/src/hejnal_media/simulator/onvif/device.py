"""Device service: clock, capabilities, services, what the camera is."""

from datetime import UTC, datetime
from xml.etree.ElementTree import Element

from hejnal_media.onvif.names import NAMESPACES
from hejnal_media.onvif.soap import SoapFaultError
from hejnal_media.onvif.xml import find, number_of, quote, text_of
from hejnal_media.simulator.onvif.state import CameraTime, Identity, OnvifBehaviour

PATHS = {
    "tds": "device_service",
    "trt": "media_service",
    "tr2": "media2_service",
    "tptz": "ptz_service",
    "tev": "event_service",
    "trc": "recording_service",
    "tse": "search_service",
    "trp": "replay_service",
}
_PARTS = ("Year", "Month", "Day", "Hour", "Minute", "Second")


class DeviceService:
    """Answers for `http://www.onvif.org/ver10/device/wsdl`."""

    def __init__(self, identity: Identity, clock: CameraTime, behaviour: OnvifBehaviour, base_url: str) -> None:
        self._identity = identity
        self._clock = clock
        self._behaviour = behaviour
        self._base_url = base_url

    def get_system_date_and_time(self, _request: Element) -> str:
        """The clock, in whole seconds."""
        now = self._clock.now()
        time = f"<tt:Hour>{now.hour}</tt:Hour><tt:Minute>{now.minute}</tt:Minute><tt:Second>{now.second}</tt:Second>"
        date = f"<tt:Year>{now.year}</tt:Year><tt:Month>{now.month}</tt:Month><tt:Day>{now.day}</tt:Day>"
        return (
            "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>Manual</tt:DateTimeType>"
            "<tt:DaylightSavings>false</tt:DaylightSavings><tt:TimeZone><tt:TZ>CET-1CEST,M3.5.0,M10.5.0/3</tt:TZ></tt:TimeZone>"
            f"<tt:UTCDateTime><tt:Time>{time}</tt:Time><tt:Date>{date}</tt:Date></tt:UTCDateTime>"
            "</tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"
        )

    def set_system_date_and_time(self, request: Element) -> str:
        """Sets the clock."""
        utc = find(request, "tds:UTCDateTime")
        values = [int(number_of(utc, f"//tt:{part}", -1)) for part in _PARTS]
        try:
            instant = datetime(*values, tzinfo=UTC)  # type: ignore[arg-type, misc]
        except ValueError:
            raise SoapFaultError("Sender", ("InvalidArgVal", "InvalidDateTime"), "an invalid date or time was given") from None
        if text_of(request, "tds:DateTimeType") != "Manual":
            raise SoapFaultError("Sender", ("InvalidArgVal",), "only Manual can be set")
        self._clock.set(instant)
        return "<tds:SetSystemDateAndTimeResponse/>"

    def get_services(self, _request: Element) -> str:
        """Every service with its address."""
        services = ""
        for prefix, path in PATHS.items():
            if prefix == "tr2" and not self._behaviour.media2:
                continue
            services += (
                f"<tds:Service><tds:Namespace>{NAMESPACES[prefix]}</tds:Namespace><tds:XAddr>{self._base_url}/onvif/{path}"
                "</tds:XAddr><tds:Version><tt:Major>2</tt:Major><tt:Minor>60</tt:Minor></tds:Version></tds:Service>"
            )
        return f"<tds:GetServicesResponse>{services}</tds:GetServicesResponse>"

    def get_capabilities(self, _request: Element) -> str:
        """The older way to the addresses."""

        def address(tag: str, prefix: str) -> str:
            return f"<tt:{tag}><tt:XAddr>{self._base_url}/onvif/{PATHS[prefix]}</tt:XAddr></tt:{tag}>"

        extension = address("Recording", "trc") + address("Search", "tse") + address("Replay", "trp")
        inner = address("Device", "tds") + address("Events", "tev") + address("Media", "trt") + address("PTZ", "tptz")
        capabilities = f"<tds:Capabilities>{inner}<tt:Extension>{extension}</tt:Extension></tds:Capabilities>"
        return f"<tds:GetCapabilitiesResponse>{capabilities}</tds:GetCapabilitiesResponse>"

    def get_device_information(self, _request: Element) -> str:
        """Maker, model, firmware, serial number."""
        one = self._identity
        return (
            f"<tds:GetDeviceInformationResponse><tds:Manufacturer>{quote(one.manufacturer)}</tds:Manufacturer>"
            f"<tds:Model>{quote(one.model)}</tds:Model><tds:FirmwareVersion>{quote(one.firmware)}</tds:FirmwareVersion>"
            f"<tds:SerialNumber>{quote(one.serial or one.camera)}</tds:SerialNumber>"
            f"<tds:HardwareId>{quote(one.hardware)}</tds:HardwareId></tds:GetDeviceInformationResponse>"
        )

    def get_scopes(self, _request: Element) -> str:
        """Scopes, all fixed."""
        scopes = "".join(
            f"<tds:Scopes><tt:ScopeDef>Fixed</tt:ScopeDef><tt:ScopeItem>{quote(scope)}</tt:ScopeItem></tds:Scopes>"
            for scope in self._identity.all_scopes()
        )
        return f"<tds:GetScopesResponse>{scopes}</tds:GetScopesResponse>"
