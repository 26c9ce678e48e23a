"""Profile G: what is on the card, and where it is played from."""

import secrets
from datetime import UTC, datetime
from xml.etree.ElementTree import Element

from hejnal_media.onvif.soap import SoapFaultError
from hejnal_media.onvif.xml import number_of, quote, text_of, write_instant
from hejnal_media.simulator.onvif.card import Card
from hejnal_media.simulator.onvif.state import Identity, OnvifBehaviour

_MAX_SEARCHES = 16


def _camera_instant(us: int) -> str:
    return write_instant(datetime.fromtimestamp(us / 1e6, UTC))


class RecordingServices:
    """Search and Replay over one card."""

    def __init__(self, card: Card, identity: Identity, behaviour: OnvifBehaviour, replay_url: str) -> None:
        self._card = card
        self._identity = identity
        self._behaviour = behaviour
        self._replay_url = replay_url
        self._searches: dict[str, bool] = {}

    def get_recording_summary(self, _request: Element) -> str:
        """From when until when there is something."""
        card = self._card
        return (
            "<tse:GetRecordingSummaryResponse><tse:Summary>"
            f"<tt:DataFrom>{_camera_instant(card.camera_us(card.first_tick))}</tt:DataFrom>"
            f"<tt:DataUntil>{_camera_instant(card.camera_us(card.last_tick))}</tt:DataUntil>"
            "<tt:NumberRecordings>1</tt:NumberRecordings></tse:Summary></tse:GetRecordingSummaryResponse>"
        )

    def find_recordings(self, _request: Element) -> str:
        """Begins a search."""
        token = secrets.token_hex(4)
        self._searches[token] = False
        while len(self._searches) > _MAX_SEARCHES:
            del self._searches[next(iter(self._searches))]
        return f"<tse:FindRecordingsResponse><tse:SearchToken>{token}</tse:SearchToken></tse:FindRecordingsResponse>"

    def get_recording_search_results(self, request: Element) -> str:
        """What a search has found."""
        token = text_of(request, "tse:SearchToken")
        if token not in self._searches:
            raise SoapFaultError("Sender", ("InvalidArgVal", "InvalidToken"), "there is no such search")
        told, self._searches[token] = self._searches[token], True
        card, name = self._card, quote(self._identity.camera)
        first, last = _camera_instant(card.camera_us(card.first_tick)), _camera_instant(card.camera_us(card.last_tick))
        wanted = int(number_of(request, "tse:MaxResults", 100))
        recording = (
            f"<tt:RecordingInformation><tt:RecordingToken>{quote(card.token)}</tt:RecordingToken><tt:Source>"
            f"<tt:SourceId>urn:{name}</tt:SourceId><tt:Name>{name}</tt:Name><tt:Location/><tt:Description/><tt:Address/>"
            f"</tt:Source><tt:EarliestRecording>{first}</tt:EarliestRecording><tt:LatestRecording>{last}</tt:LatestRecording>"
            "<tt:Content>continuous</tt:Content><tt:Track><tt:TrackToken>VIDEO001</tt:TrackToken><tt:TrackType>Video"
            f"</tt:TrackType><tt:Description/><tt:DataFrom>{first}</tt:DataFrom><tt:DataTo>{last}</tt:DataTo></tt:Track>"
            "<tt:RecordingStatus>Recording</tt:RecordingStatus></tt:RecordingInformation>"
        )
        found = "" if told or wanted < 1 else recording
        return (
            "<tse:GetRecordingSearchResultsResponse><tse:ResultList><tt:SearchState>Completed</tt:SearchState>"
            f"{found}</tse:ResultList></tse:GetRecordingSearchResultsResponse>"
        )

    def end_search(self, request: Element) -> str:
        """Forgets a search."""
        self._searches.pop(text_of(request, "tse:SearchToken"), None)
        now = write_instant(self._card.clock.now())
        return f"<tse:EndSearchResponse><tse:Endpoint>{now}</tse:Endpoint></tse:EndSearchResponse>"

    def get_replay_uri(self, request: Element) -> str:
        """RTSP address of a recording."""
        if text_of(request, "trp:RecordingToken") != self._card.token:
            raise SoapFaultError("Sender", ("InvalidArgVal", "NoRecording"), "there is no such recording")
        if self._behaviour.no_replay:
            raise SoapFaultError("Receiver", ("ActionNotSupported",), "replay is not supported")
        uri = f"{self._replay_url}/recording/{self._card.token}"
        if self._behaviour.foreign_uris:
            uri = f"rtsp://{self._behaviour.foreign_uris}/recording/{self._card.token}"
        return f"<trp:GetReplayUriResponse><trp:Uri>{quote(uri)}</trp:Uri></trp:GetReplayUriResponse>"
