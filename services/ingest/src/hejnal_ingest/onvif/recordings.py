"""Profile G: what is on a camera's card and where it is played from."""

from datetime import datetime

from pydantic import BaseModel

from hejnal_ingest.onvif.client import OnvifClient
from hejnal_ingest.onvif.media import RTSP
from hejnal_media.onvif.xml import find_all, quote, read_instant, text_of

_MAX_ROUNDS = 20


class CardRecording(BaseModel):
    """A recording on the card. Times are the camera's."""

    token: str
    earliest: datetime | None
    latest: datetime | None
    has_video: bool


async def recordings(client: OnvifClient) -> list[CardRecording]:
    """What the card holds. Raises OnvifError."""
    request = "<tse:Scope/><tse:MaxMatches>100</tse:MaxMatches><tse:KeepAliveTime>PT30S</tse:KeepAliveTime>"
    answer = await client.call("tse", f"<tse:FindRecordings>{request}</tse:FindRecordings>")
    search = quote(text_of(answer, "tse:SearchToken"))
    found: list[CardRecording] = []
    for _ in range(_MAX_ROUNDS):
        request = (
            f"<tse:SearchToken>{search}</tse:SearchToken><tse:MinResults>1</tse:MinResults><tse:MaxResults>100</tse:MaxResults>"
            "<tse:WaitTime>PT3S</tse:WaitTime>"
        )
        answer = await client.call(
            "tse", f"<tse:GetRecordingSearchResults>{request}</tse:GetRecordingSearchResults>", extra_time_s=3.0
        )
        for one in find_all(answer, "tse:ResultList/tt:RecordingInformation"):
            kinds = [text_of(track, "tt:TrackType") for track in find_all(one, "tt:Track")]
            recording = CardRecording(
                token=text_of(one, "tt:RecordingToken")[:64],
                earliest=read_instant(text_of(one, "tt:EarliestRecording")),
                latest=read_instant(text_of(one, "tt:LatestRecording")),
                has_video=not kinds or "Video" in kinds,
            )
            found.append(recording)
        if text_of(answer, "tse:ResultList/tt:SearchState") not in ("Searching", "Queued") or len(found) >= 100:
            break
    return [one for one in found if one.token]


async def replay_uri(client: OnvifClient, recording: str) -> str:
    """RTSP address of a recording, on the camera itself. Raises OnvifError."""
    setup = "<tt:Stream>RTP-Unicast</tt:Stream><tt:Transport><tt:Protocol>RTSP</tt:Protocol></tt:Transport>"
    request = f"<trp:StreamSetup>{setup}</trp:StreamSetup><trp:RecordingToken>{quote(recording)}</trp:RecordingToken>"
    answer = await client.call("trp", f"<trp:GetReplayUri>{request}</trp:GetReplayUri>")
    return client.hosts.checked(text_of(answer, "trp:Uri"), schemes=RTSP)
