"""The sound's part of offer and answer (RFC 7587 Opus, RFC 3551 PCMU and PCMA)."""

import random
from dataclasses import dataclass

from hejnal_gateway.live.audio import SoundCoding
from hejnal_gateway.live.sdp import Media, Offer, Track

_NAMES: dict[str, SoundCoding] = {"OPUS/48000/2": "opus", "PCMA/8000": "PCMA", "PCMU/8000": "PCMU"}
_STATIC: dict[str, SoundCoding] = {"0": "PCMU", "8": "PCMA"}
_RTPMAPS: dict[SoundCoding, str] = {"opus": "opus/48000/2", "PCMA": "PCMA/8000", "PCMU": "PCMU/8000"}


@dataclass(frozen=True, slots=True)
class SoundTrack:
    """The m-section that is answered with sound, and how."""

    section: int
    payload_type: int
    coding: SoundCoding
    ssrc: int

    def track(self, label: str) -> Track:
        """As it stands in the answer."""
        lines = [f"a=rtpmap:{self.payload_type} {_RTPMAPS[self.coding]}"]
        if self.coding == "opus":
            lines.append(f"a=fmtp:{self.payload_type} minptime=20;useinbandfec=0")
        return Track(self.section, self.payload_type, self.ssrc, tuple(lines), label)


def choose_sound(offer: Offer, passing: SoundCoding | None) -> SoundTrack | None:
    """A track where the offer would hear one: as the camera codes it if the viewer takes that, else Opus.

    Only with BUNDLE: all goes over one path.
    """
    if not offer.bundle:
        return None
    for index, section in enumerate(offer.media):
        if section.kind != "audio" or section.first("sendonly") is not None or section.first("inactive") is not None:
            continue
        if section.first("mid") is None:
            continue
        offered = _codings(section)
        wanted = passing if passing in offered else "opus"
        if wanted is not None and wanted in offered:
            return SoundTrack(index, offered[wanted], wanted, random.randrange(1, 1 << 32))
    return None


def _codings(section: Media) -> dict[SoundCoding, int]:
    names = {pt: name.strip().upper() for pt, _, name in (value.partition(" ") for value in section.all("rtpmap"))}
    found: dict[SoundCoding, int] = {}
    for pt in section.formats:
        coding = _NAMES.get(names[pt]) if pt in names else _STATIC.get(pt)
        if coding is not None and pt.isdigit() and int(pt) <= 127:
            found.setdefault(coding, int(pt))
    return found
