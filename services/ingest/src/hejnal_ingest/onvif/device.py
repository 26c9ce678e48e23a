"""The device service: what a camera is, and its clock."""

import asyncio
from datetime import timedelta

from pydantic import BaseModel

from hejnal_ingest.onvif.client import OnvifClient
from hejnal_media.onvif.xml import text_of
from hejnal_runtime.clock import Clock


class DeviceInformation(BaseModel):
    """What a camera says of itself."""

    manufacturer: str
    model: str
    firmware: str
    serial: str
    hardware: str


async def device_information(client: OnvifClient) -> DeviceInformation:
    """Raises OnvifError."""
    answer = await client.call("tds", "<tds:GetDeviceInformation/>")
    return DeviceInformation(
        manufacturer=text_of(answer, "tds:Manufacturer")[:120],
        model=text_of(answer, "tds:Model")[:120],
        firmware=text_of(answer, "tds:FirmwareVersion")[:120],
        serial=text_of(answer, "tds:SerialNumber")[:120],
        hardware=text_of(answer, "tds:HardwareId")[:120],
    )


async def set_clock(client: OnvifClient, clock: Clock) -> tuple[float, float]:
    """Sets the camera's clock to the server's, UTC; gives the offset before and after, seconds. Raises OnvifError.

    Cameras take whole seconds, so the request leaves when one begins.
    """
    before_s = await client.clock_offset_s()
    now = clock.now()
    begins = now.replace(microsecond=0) + timedelta(seconds=1)
    await asyncio.sleep((begins - now).total_seconds())
    time = f"<tt:Hour>{begins.hour}</tt:Hour><tt:Minute>{begins.minute}</tt:Minute><tt:Second>{begins.second}</tt:Second>"
    date = f"<tt:Year>{begins.year}</tt:Year><tt:Month>{begins.month}</tt:Month><tt:Day>{begins.day}</tt:Day>"
    await client.call(
        "tds",
        "<tds:SetSystemDateAndTime><tds:DateTimeType>Manual</tds:DateTimeType><tds:DaylightSavings>false</tds:DaylightSavings>"
        f"<tds:UTCDateTime><tt:Time>{time}</tt:Time><tt:Date>{date}</tt:Date></tds:UTCDateTime></tds:SetSystemDateAndTime>",
    )
    return before_s, await client.clock_offset_s()
