"""From measurements to a card that a technician can act on. Pure."""

from collections.abc import Iterator
from statistics import median

from hejnal_contracts.cameras import FaultCause
from hejnal_contracts.probes import Grade, ProbeLine
from hejnal_ingest.probe.listening import Measurements
from hejnal_media.access_unit import VideoKind

_ORDER: tuple[Grade, ...] = ("good", "usable", "bad")
_GOP_GOOD_S, _GOP_USABLE_S = 4.0, 12.0
_FPS_OFF = 0.1
_BITRATE_LOW_BPS, _BITRATE_HIGH_BPS = 200_000, 12_000_000
_LOSS_GOOD, _LOSS_USABLE = 0.0005, 0.01
_JITTER_GOOD_S, _JITTER_USABLE_S = 0.12, 0.5
_CLOCK_GOOD_S, _CLOCK_USABLE_S = 1.0, 30.0

_FAULT_ADVICE: dict[FaultCause, tuple[str, str]] = {
    FaultCause.NO_ROUTE: (
        "Kamera nie odpowiada. Sprawdź zasilanie, kabel, adres IP i trasę do sieci kamer.",
        "The camera does not answer. Check power, cable, IP address and the route to the camera network.",
    ),
    FaultCause.REFUSED: (
        "Kamera odrzuca połączenie. Włącz RTSP i sprawdź port; jeśli inny rejestrator zajmuje sesję, zwolnij ją.",
        "The camera refuses. Switch RTSP on and check the port; free the session if another recorder holds it.",
    ),
    FaultCause.UNAUTHORIZED: (
        "Zła nazwa użytkownika lub hasło. Załóż w kamerze konto do podglądu i wpisz je w rejestrze kamer.",
        "Wrong user name or password. Make a viewing account in the camera and enter it in the registry.",
    ),
    FaultCause.NOT_FOUND: (
        "Pod tym adresem nie ma strumienia. Sprawdź ścieżkę RTSP w instrukcji kamery albo pobierz ją przez ONVIF.",
        "There is no stream at this address. Look the RTSP path up in the camera's manual, or fetch it over ONVIF.",
    ),
    FaultCause.NOT_RTSP: (
        "Pod tym portem odpowiada coś innego niż RTSP. Sprawdź numer portu.",
        "What answers at this port does not speak RTSP. Check the port number.",
    ),
}
_OTHER_FAULT = (
    "Strumień urwał się lub nie daje obrazu. Zrestartuj kamerę i zbadaj ponownie; potem zaktualizuj jej oprogramowanie.",
    "The stream broke off or gives no picture. Restart the camera and probe again; then update its firmware.",
)


def card_of(found: Measurements) -> tuple[ProbeLine, ...]:
    """A line for each thing looked at."""
    return tuple(_lines(found))


def worst(lines: tuple[ProbeLine, ...]) -> Grade:
    """The worst grade of a card."""
    return max((line.grade for line in lines), key=_ORDER.index, default="bad")


def _lines(found: Measurements) -> Iterator[ProbeLine]:
    yield _connection(found)
    if not found.pictures:
        return
    yield _transport(found)
    yield _codec(found)
    yield _parameter_sets(found)
    if found.parameters is None or found.parameters.kind is not VideoKind.MJPEG:
        yield _gop(found)
        yield _b_frames(found)
    yield _fps(found)
    yield _bitrate(found)
    yield _loss(found)
    yield _jitter(found)
    yield _sender_reports(found)
    yield _clock(found)
    yield _audio(found)
    if found.second_session is not None:
        yield _sessions(found)


def _line(subject: str, grade: Grade, value: str, pl: str = "", en: str = "") -> ProbeLine:
    good = grade == "good"
    return ProbeLine.model_validate(
        {
            "subject": subject,
            "grade": grade,
            "value": value[:120],
            "advice_pl": "" if good else pl,
            "advice_en": "" if good else en,
        }
    )


def _graded(value: float, good: float, usable: float) -> Grade:
    return "good" if value <= good else "usable" if value <= usable else "bad"


def _connection(found: Measurements) -> ProbeLine:
    if found.fault is not None or not found.pictures:
        pl, en = _FAULT_ADVICE.get(found.fault, _OTHER_FAULT) if found.fault is not None else _OTHER_FAULT
        after = f" after {found.listened_s:.0f} s" if found.pictures else ""
        return _line(
            "connection", "bad", f"{found.fault.value if found.fault else 'no picture'}{after}: {found.fault_detail}", pl, en
        )
    first_s = found.first_key_s or 0.0
    return _line(
        "connection",
        _graded(first_s, 5.0, 15.0),
        f"open in {found.opened_s or 0:.1f} s, first picture in {first_s:.1f} s",
        "Pierwszy obraz przychodzi późno. Skróć odstęp klatek kluczowych do 2 s.",
        "The first picture comes late. Shorten the key frame interval to 2 s.",
    )


def _transport(found: Measurements) -> ProbeLine:
    names = {"rtsp": "RTSP over TCP", "rtsps": "RTSP over TLS", "rtsp+udp": "RTSP over UDP"}
    grade: Grade = "good" if found.url_scheme in ("rtsp", "rtsps") else "usable"
    return _line(
        "transport",
        grade,
        names.get(found.url_scheme, found.url_scheme.upper()),
        "Działa, ale RTSP przez TCP jest pewniejszy i tańszy dla serwera: użyj go, jeśli kamera potrafi.",
        "It works, but RTSP over TCP is more reliable and cheaper for the server: use it if the camera can.",
    )


def _codec(found: Measurements) -> ProbeLine:
    parameters = found.parameters
    if parameters is None:
        return _line("codec", "bad", "unknown", *_OTHER_FAULT)
    grade: Grade = "good" if parameters.kind is VideoKind.H264 else "usable"
    pl = "H.265 oszczędza łącze, ale podgląd na żywo w przeglądarce wymaga H.264: ustaw H.264 choćby w drugim strumieniu."
    en = "H.265 saves bandwidth, but live view in browsers needs H.264: set at least the second stream to H.264."
    if parameters.kind is VideoKind.MJPEG:
        pl = "MJPEG zajmuje wielokrotnie więcej łącza i dysku. Ustaw H.264, jeśli kamera potrafi."
        en = "MJPEG takes many times the bandwidth and disk. Set H.264 if the camera can."
    return _line("codec", grade, f"{parameters.codec}, {parameters.width} x {parameters.height}", pl, en)


def _parameter_sets(found: Measurements) -> ProbeLine:
    where = {True: "in the session description", False: "in band only", None: "with the stream"}[found.sets_in_description]
    if found.parameter_trouble and found.parameters is None:
        pl = "Kamera nie podaje opisu obrazu (SPS/PPS). Zaktualizuj oprogramowanie; wyłącz tryb „smart codec”."
        en = "The camera does not tell its parameter sets (SPS/PPS). Update the firmware; switch its smart codec off."
        return _line("parameter_sets", "bad", found.parameter_trouble, pl, en)
    if found.parameter_changes:
        pl = "Obraz zmienia rozmiar lub profil w trakcie. Wyłącz automatyczną zmianę rozdzielczości (adaptive stream)."
        en = "The picture changes its size or profile on its way. Switch adaptive resolution off."
        return _line("parameter_sets", "usable", f"{where}, changed {found.parameter_changes} times", pl, en)
    return _line("parameter_sets", "good", where)


def _gop(found: Measurements) -> ProbeLine:
    longest_s = max([*found.gops_s, found.open_gop_s])
    usual_s = median(found.gops_s) if found.gops_s else longest_s
    varies = found.gops_s and max(found.gops_s) > 1.5 * min(found.gops_s) + 0.5
    grade = _graded(longest_s, _GOP_GOOD_S, _GOP_USABLE_S)
    if varies and grade == "good":
        grade = "usable"
    value = f"{usual_s:.1f} s" + (f", up to {longest_s:.1f} s" if longest_s > usual_s + 0.1 else "")
    pl = "Ustaw w kamerze stały odstęp klatek kluczowych (I-frame interval) 2 s i wyłącz „smart codec” (H.264+, Zipstream)."
    en = "Set a fixed key frame interval of 2 s in the camera and switch its smart codec (H.264+, Zipstream) off."
    return _line("gop", grade, value, pl, en)


def _b_frames(found: Measurements) -> ProbeLine:
    pl = "Wyłącz klatki B albo wybierz profil Baseline/Main: opóźniają podgląd, a przeglądarki ich nie przyjmują na żywo."
    en = "Switch B-frames off or choose the Baseline or Main profile: they delay live view, and browsers refuse them live."
    return _line("b_frames", "usable" if found.reordered else "good", "used" if found.reordered else "none", pl, en)


def _fps(found: Measurements) -> ProbeLine:
    media, arrival, declared = found.fps_media, found.fps_arrival, found.fps_declared
    value = f"{arrival:.1f}/s" + (f", declared {declared:g}/s" if declared else "")
    if declared and abs(arrival - declared) > _FPS_OFF * declared:
        pl = "Kamera daje inną liczbę klatek, niż obiecuje. Zmniejsz rozdzielczość lub wyłącz długą ekspozycję nocną."
        en = "The camera gives another frame rate than it promises. Lower the resolution or switch long night exposure off."
        return _line("fps", "usable" if arrival >= 5 else "bad", value, pl, en)
    if media and abs(arrival - media) > _FPS_OFF * media:
        pl = "Zegar strumienia nie zgadza się z czasem. Zaktualizuj oprogramowanie kamery lub ustaw stałą liczbę klatek."
        en = "The stream's clock disagrees with time. Update the firmware or set a constant frame rate."
        return _line("fps", "usable", f"{value}, by its own clock {media:.1f}/s", pl, en)
    pl = "Mniej niż 8 klatek na sekundę to mało dla dowodu. Ustaw co najmniej 12."
    en = "Less than 8 pictures a second is little for evidence. Set at least 12."
    return _line("fps", "good" if arrival >= 8 else "usable", value, pl, en)


def _bitrate(found: Measurements) -> ProbeLine:
    rate = found.bitrate_bps
    grade: Grade = "good" if _BITRATE_LOW_BPS <= rate <= _BITRATE_HIGH_BPS else "usable"
    pl = "Ustaw przepływność odpowiednią do obrazu: dla 1080p zwykle 2 do 6 Mbit/s, ze stałym górnym limitem (VBR z limitem)."
    en = "Set a bit rate that suits the picture: for 1080p usually 2 to 6 Mbit/s, with a fixed ceiling (capped VBR)."
    return _line("bitrate", grade, f"{rate / 1e6:.2f} Mbit/s", pl, en)


def _loss(found: Measurements) -> ProbeLine:
    holes = len(found.breaks)
    grade = _graded(found.loss, _LOSS_GOOD, _LOSS_USABLE)
    if holes and grade == "good":
        grade = "usable" if holes <= 2 else "bad"
    pl = "Pakiety giną po drodze. Sprawdź łącze (radio, kabel, PoE), wymuś RTSP przez TCP, zmniejsz przepływność."
    en = "Packets are lost on the way. Check the link (radio, cable, PoE), force RTSP over TCP, lower the bit rate."
    return _line("loss", grade, f"{found.loss:.2%}, {holes} holes", pl, en)


def _jitter(found: Measurements) -> ProbeLine:
    pl = "Obraz przychodzi nierówno. Łącze jest przeciążone: zmniejsz przepływność lub popraw zasięg radia."
    en = "Pictures come unevenly. The link is overloaded: lower the bit rate or improve the radio link."
    return _line("jitter", _graded(found.jitter_s, _JITTER_GOOD_S, _JITTER_USABLE_S), f"{1000 * found.jitter_s:.0f} ms", pl, en)


def _sender_reports(found: Measurements) -> ProbeLine:
    if found.url_scheme not in ("rtsp", "rtsps"):
        return _line("sender_reports", "good", "not part of this protocol")
    pl = "Kamera nie wysyła raportów RTCP, więc jej własny czas nie będzie zapisany obok czasu serwera."
    en = "The camera sends no RTCP reports, so its own time cannot be kept beside the server's."
    return _line(
        "sender_reports", "good" if found.sender_reports else "usable", "come" if found.sender_reports else "none", pl, en
    )


def _clock(found: Measurements) -> ProbeLine:
    offset_s = found.clock_offset_s
    if offset_s is None:
        pl = "Czas kamery nie jest znany lub skacze. Ustaw w niej serwer NTP (adres serwera czasu miasta)."
        en = "The camera's time is unknown or jumps. Set an NTP server in it (the town's time server)."
        return _line("clock", "usable", "not known", pl, en)
    pl = f"Zegar kamery różni się o {offset_s:+.1f} s. Ustaw serwer NTP i strefę czasową UTC lub poprawną lokalną."
    en = f"The camera's clock is {offset_s:+.1f} s off. Set an NTP server and the right time zone."
    return _line("clock", _graded(abs(offset_s), _CLOCK_GOOD_S, _CLOCK_USABLE_S), f"{offset_s:+.2f} s", pl, en)


def _audio(found: Measurements) -> ProbeLine:
    if found.audio is None:
        return _line("audio", "good", "none")
    if not found.audio_frames:
        pl = "Kamera zapowiada dźwięk, ale go nie wysyła. Wyłącz dźwięk w kamerze, jeśli nie jest potrzebny."
        en = "The camera announces sound and sends none. Switch sound off in the camera unless it is needed."
        return _line("audio", "usable", f"{found.audio.codec}, silent", pl, en)
    return _line("audio", "good", f"{found.audio.codec}, {found.audio.sample_rate} Hz, {found.audio.channels} ch")


def _sessions(found: Measurements) -> ProbeLine:
    pl = "Kamera przyjmuje tylko jedno połączenie. Odłącz inne rejestratory; po awarii powrót może trwać do minuty."
    en = "The camera takes one session only. Disconnect other recorders; after a fault its return may take a minute."
    value = "a second one is taken" if found.second_session else f"one only ({found.second_session_detail})"
    return _line("sessions", "good" if found.second_session else "usable", value, pl, en)
