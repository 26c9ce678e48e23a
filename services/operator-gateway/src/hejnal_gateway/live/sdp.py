"""Reading a browser's offer and writing the answer (RFC 8866, 8829): one H.264 track out, sound beside it, the rest declined."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from hejnal_gateway.live.ice_lite import HostCandidate
from hejnal_runtime.errors import AppError, Kind

_MAX_LINES = 4000
_MEDIA = re.compile(r"(\w+) (\d{1,5})(?:/\d+)? ([A-Z/]+) (.+)")
_ICE = re.compile(r"[A-Za-z0-9+/]{4,256}")
_FINGERPRINT = re.compile(r"(sha-(?:256|384|512)) ((?:[0-9A-F]{2}:)*[0-9A-F]{2})", re.IGNORECASE)
_FEEDBACK = ("nack", "nack pli", "ccm fir")


@dataclass(slots=True)
class Media:
    """One m-section."""

    kind: str
    protocol: str
    formats: list[str]
    attributes: list[tuple[str, str]] = field(default_factory=list)

    def first(self, name: str) -> str | None:
        """The value of the first attribute of that name."""
        return next((value for key, value in self.attributes if key == name), None)

    def all(self, name: str) -> list[str]:
        """The values of all attributes of that name."""
        return [value for key, value in self.attributes if key == name]


@dataclass(frozen=True, slots=True)
class H264Format:
    """An offered H.264 payload type with packetization-mode 1."""

    payload_type: int
    profile_level_id: str
    feedback: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Offer:
    """What a viewer offers, as far as it matters here."""

    media: tuple[Media, ...]
    video: int
    """Index of the m-section that is answered."""
    formats: tuple[H264Format, ...]
    ice_ufrag: str
    ice_pwd: str
    fingerprints: tuple[tuple[str, str], ...]
    setup: str
    bundle: bool


def _invalid(detail: str) -> AppError:
    return AppError(Kind.INVALID, "offer-invalid", f"The SDP offer cannot be used: {detail}")


def parse_offer(text: str) -> Offer:
    """The offer in an SDP document; AppError(INVALID) `offer-invalid` or `no-h264` says what is wrong with it."""
    session, media = _sections(text)
    if not media:
        raise _invalid("it has no m-section")
    for index, section in enumerate(media):
        if section.kind != "video" or section.first("sendonly") is not None or section.first("inactive") is not None:
            continue
        formats = _h264(section)
        if not formats:
            continue
        return Offer(
            media=tuple(media),
            video=index,
            formats=tuple(formats),
            ice_ufrag=_ice(section, session, "ice-ufrag"),
            ice_pwd=_ice(section, session, "ice-pwd"),
            fingerprints=_fingerprints(section, session),
            setup=section.first("setup") or session.first("setup") or "actpass",
            bundle=(session.first("group") or "").startswith("BUNDLE"),
        )
    raise AppError(Kind.INVALID, "no-h264", "The offer has no video section that receives H.264 with packetization-mode 1.")


def _sections(text: str) -> tuple[Media, list[Media]]:
    lines = text.splitlines()
    if len(lines) > _MAX_LINES or not text.startswith("v=0"):
        raise _invalid("it is not an SDP document")
    session, media = Media("session", "", []), list[Media]()
    current = session
    for line in lines:
        kind, _, value = line.partition("=")
        if kind == "m":
            match = _MEDIA.fullmatch(value.strip())
            if match is None:
                raise _invalid("an m-line cannot be read")
            current = Media(match[1], match[3], match[4].split())
            media.append(current)
        elif kind == "a":
            name, _, rest = value.strip().partition(":")
            current.attributes.append((name, rest))
    return session, media


def _h264(section: Media) -> list[H264Format]:
    names = {pt: name for pt, _, name in (value.partition(" ") for value in section.all("rtpmap"))}
    parameters = {pt: rest for pt, _, rest in (value.partition(" ") for value in section.all("fmtp"))}
    feedback: dict[str, list[str]] = {}
    for value in section.all("rtcp-fb"):
        pt, _, what = value.partition(" ")
        feedback.setdefault(pt, []).append(what.strip())
    found = []
    for pt in section.formats:
        if names.get(pt, "").upper() != "H264/90000" or not pt.isdigit() or not 0 <= int(pt) <= 127:
            continue
        pairs = (part.partition("=") for part in parameters.get(pt, "").split(";"))
        options = {key.strip().lower(): value.strip() for key, _, value in pairs}
        profile = options.get("profile-level-id", "42000a").lower()
        if options.get("packetization-mode") != "1" or re.fullmatch(r"[0-9a-f]{6}", profile) is None:
            continue
        known = feedback.get(pt, []) + feedback.get("*", [])
        found.append(H264Format(int(pt), profile, tuple(item for item in _FEEDBACK if item in known)))
    return found


def _ice(section: Media, session: Media, name: str) -> str:
    value = section.first(name) or session.first(name) or ""
    if _ICE.fullmatch(value) is None:
        raise _invalid(f"{name} is missing or malformed")
    return value


def _fingerprints(section: Media, session: Media) -> tuple[tuple[str, str], ...]:
    found = [_FINGERPRINT.fullmatch(value.strip()) for value in section.all("fingerprint") or session.all("fingerprint")]
    usable = tuple((match[1].lower(), match[2].upper()) for match in found if match is not None)
    if not usable:
        raise _invalid("it has no fingerprint of a kind we check (sha-256)")
    return usable


def choose_format(formats: Sequence[H264Format], codec: str | None) -> H264Format:
    """The offered format nearest to a stream's codec string (`avc1.PPCCLL`): same profile, else the most capable one.

    Browsers decode every profile they know whatever was agreed; the profile only chooses the decoder.
    """
    wanted = codec[5:11].lower() if codec is not None and codec.startswith("avc1.") else ""
    same = [item for item in formats if item.profile_level_id[:4] == wanted[:4]]
    near = [item for item in formats if item.profile_level_id[:2] == wanted[:2]]
    order = {"64": 0, "4d": 1, "42": 2}
    capable = sorted(formats, key=lambda item: order.get(item.profile_level_id[:2], 3))
    return (same or near or capable)[0]


@dataclass(frozen=True, slots=True)
class Track:
    """A track that is sent: which m-section of the offer it answers, and what that says of it."""

    section: int
    payload_type: int
    ssrc: int
    lines: tuple[str, ...]
    label: str


def video_track(offer: Offer, chosen: H264Format, *, ssrc: int, label: str) -> Track:
    """The pictures."""
    pt = chosen.payload_type
    lines = (
        f"a=rtpmap:{pt} H264/90000",
        *(f"a=rtcp-fb:{pt} {item}" for item in chosen.feedback),
        f"a=fmtp:{pt} level-asymmetry-allowed=1;packetization-mode=1;profile-level-id={chosen.profile_level_id}",
    )
    return Track(offer.video, pt, ssrc, lines, label)


def write_answer(
    offer: Offer,
    tracks: Sequence[Track],
    *,
    ice_ufrag: str,
    ice_pwd: str,
    candidates: Sequence[HostCandidate],
    fingerprint: tuple[str, str],
    session_id: int,
) -> str:
    """The SDP answer: ICE-lite, DTLS passive, sendonly tracks on one path; other sections are declined with port 0."""
    by_section = {track.section: track for track in tracks}
    mids = [mid for index in sorted(by_section) if (mid := offer.media[index].first("mid")) is not None]
    lines = ["v=0", f"o=- {session_id} 1 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=ice-lite", "a=msid-semantic: WMS *"]
    if offer.bundle and mids:
        lines.append(f"a=group:BUNDLE {' '.join(mids)}")
    transport = [
        f"a=ice-ufrag:{ice_ufrag}",
        f"a=ice-pwd:{ice_pwd}",
        f"a=fingerprint:{fingerprint[0]} {fingerprint[1]}",
        "a=setup:passive",
        *(
            f"a=candidate:{number} 1 udp {item.priority} {item.host} {item.port} typ host"
            for number, item in enumerate(candidates, 1)
        ),
        "a=end-of-candidates",
    ]
    for index, section in enumerate(offer.media):
        track = by_section.get(index)
        if track is None:
            lines += [f"m={section.kind} 0 {section.protocol} {section.formats[0]}", "c=IN IP4 0.0.0.0", "a=inactive"]
            if (other := section.first("mid")) is not None:
                lines.append(f"a=mid:{other}")
        else:
            lines += [*_track_lines(section, track, candidates[0]), *transport]
    return "\r\n".join(lines) + "\r\n"


def _track_lines(section: Media, track: Track, best: HostCandidate) -> list[str]:
    mid = section.first("mid")
    return [
        f"m={section.kind} {best.port} {section.protocol} {track.payload_type}",
        f"c=IN {'IP6' if ':' in best.host else 'IP4'} {best.host}",
        "a=sendonly",
        *([f"a=mid:{mid}"] if mid is not None else []),
        f"a=msid:hejnal {track.label}",
        "a=rtcp-mux",
        *(["a=rtcp-rsize"] if section.first("rtcp-rsize") is not None else []),
        *(["a=rtcp-xr:rcvr-rtt=all"] if "rcvr-rtt" in (section.first("rtcp-xr") or "") else []),
        *track.lines,
        f"a=ssrc:{track.ssrc} cname:hejnal",
        f"a=ssrc:{track.ssrc} msid:hejnal {track.label}",
    ]


def fragment_ufrag(fragment: str) -> str | None:
    """The ICE user name in a trickle-ice-sdpfrag (RFC 8840), if it names one."""
    match = re.search(r"^a=ice-ufrag:([A-Za-z0-9+/]{4,256})\s*$", fragment, re.MULTILINE)
    return match[1] if match else None
