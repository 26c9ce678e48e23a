"""The session description of a mount (RFC 8866)."""

import base64
from typing import TYPE_CHECKING

from hejnal_media.simulator.packets import PAYLOAD_TYPE
from hejnal_media.simulator.sound import PAYLOAD_TYPES, SAMPLE_RATE

if TYPE_CHECKING:
    from hejnal_media.simulator.mount import Mount

VIDEO_TRACK, AUDIO_TRACK = "track1", "track2"
_ENCODINGS = {"h264": "H264", "h265": "H265"}


def describe(mount: "Mount", host: str) -> bytes:
    """What DESCRIBE is answered with."""
    behaviour, clip = mount.behaviour, mount.clip
    lines = ["v=0", f"o=- {mount.ssrc} 1 IN IP4 {host}", f"s={mount.camera}", "t=0 0", "a=control:*"]
    if not behaviour.no_video:
        encoding = behaviour.codec or _ENCODINGS[clip.spec.codec]
        lines += [f"m=video 0 RTP/AVP {PAYLOAD_TYPE}", "c=IN IP4 0.0.0.0", f"a=rtpmap:{PAYLOAD_TYPE} {encoding}/90000"]
        parameters = _parameters(mount, encoding)
        if parameters:
            lines.append(f"a=fmtp:{PAYLOAD_TYPE} {';'.join(parameters)}")
        lines.append(f"a=control:{VIDEO_TRACK}")
    if behaviour.audio or behaviour.no_video:
        audio = behaviour.audio or "PCMU"
        number = PAYLOAD_TYPES[audio]
        lines += [f"m=audio 0 RTP/AVP {number}", f"a=rtpmap:{number} {audio}/{SAMPLE_RATE}", f"a=control:{AUDIO_TRACK}"]
    return ("\r\n".join(lines) + "\r\n").encode()


def _parameters(mount: "Mount", encoding: str) -> list[str]:
    behaviour, clip = mount.behaviour, mount.clip
    told = behaviour.sets_in_description and not behaviour.sets_late_s
    sets = [base64.b64encode(unit).decode() for unit in clip.parameter_sets]
    if encoding == "H264" and clip.spec.codec == "h264":
        parameters = ["packetization-mode=1", f"profile-level-id={clip.sps[1:4].hex()}"]
        return [*parameters, f"sprop-parameter-sets={','.join(sets)}"] if told else parameters
    if encoding == "H265" and told and len(sets) == 3:
        return [f"sprop-{name}={text}" for name, text in zip(("vps", "sps", "pps"), sets, strict=True)]
    return []
