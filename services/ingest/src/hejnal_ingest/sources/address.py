"""What a stream's URL asks for, and what FFmpeg may do to get it. Pure."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, unquote

from hejnal_contracts.cameras import FaultCause
from hejnal_ingest.sources.source import SourceError
from hejnal_media.rtsp import Credentials

OURS = frozenset({"rtsp", "rtsps"})
"""Schemes of our own client."""

_URL = re.compile(r"^(?P<scheme>[a-z][a-z0-9+.-]*)://(?:[^@/]*@)?(?P<rest>[^\s]*)$")
_HOST = re.compile(r"^(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<name>[^:/?#\[\]]+))(?::(?P<port>\d{1,5}))?(?=[/?#]|$)")

# A playlist or a redirect may lead on, but never to files, pipes or protocols that nobody asked for.
_PROTOCOLS = {
    "rtsp+udp": "rtsp,rtp,udp,tcp",
    "rtmp": "rtmp,tcp",
    "rtmps": "rtmps,tls,tcp",
    "srt": "srt,udp",
    "http": "http,https,tls,tcp",
    "https": "https,tls,tcp",
    "file": "file",
}
_FORMATS = {
    "rtsp+udp": "rtsp",
    "rtmp": "flv,live_flv",
    "rtmps": "flv,live_flv",
    "srt": "mpegts",
    "http": "hls,mpegts,flv,live_flv,mpjpeg,mov,matroska",
    "https": "hls,mpegts,flv,live_flv,mpjpeg,mov,matroska",
    "file": "mov,matroska,mpegts,flv,avi,h264,hevc",
}
"""Demuxers that may read what comes. Among those left out are the ones that open further files by name."""


@dataclass(frozen=True, slots=True)
class Address:
    """How PyAV opens a stream. The URL holds the password: it is in no repr and must be in no error."""

    scheme: str
    where: str
    """Host and port, or the file's name: for people."""
    host: str | None
    url: str = field(repr=False)
    options: dict[str, str] = field(repr=False)
    paced: bool = False
    """A file is read at the speed of its pictures."""


def scheme_of(url: str) -> str:
    """The URL's scheme, in lower case; empty for what is none."""
    return url.partition("://")[0].lower() if "://" in url else ""


def native_address(url: str, credentials: Credentials | None, *, timeout_s: float, media_dir: Path | None) -> Address:
    """What to hand to FFmpeg. Raises SourceError (unsupported)."""
    scheme = scheme_of(url)
    match = _URL.match(scheme + url[len(scheme) :])
    if scheme not in _PROTOCOLS or match is None or (scheme == "file" and media_dir is None):
        raise SourceError(FaultCause.UNSUPPORTED, f"addresses of the kind {scheme[:20]!r} are not supported")
    timeout_us = str(int(timeout_s * 1e6))
    options = {"protocol_whitelist": _PROTOCOLS[scheme], "format_whitelist": _FORMATS[scheme]}
    if scheme == "file" and media_dir is not None:
        path = _file_in(media_dir, match["rest"])
        return Address(scheme, path.name, None, str(path), options, paced=True)
    host = _HOST.match(match["rest"])
    if host is None or int(host["port"] or 1) > 65_535:
        raise SourceError(FaultCause.UNSUPPORTED, "the URL is malformed")
    options |= {"analyzeduration": "1000000", "probesize": "500000"}
    if scheme == "rtsp+udp":
        options |= {"rtsp_transport": "udp", "timeout": timeout_us, "allowed_media_types": "video+audio"}
    else:
        options |= {"rw_timeout": timeout_us}
    if scheme.startswith("http"):
        options |= {"reconnect": "0", "seekable": "0"}
    if scheme == "srt" and credentials is not None:
        options |= {"passphrase": credentials.password}
        credentials = None
    account = ""
    if credentials is not None:
        account = f"{quote(credentials.username, safe='')}:{quote(credentials.password, safe='')}@"
    target = f"{'rtsp' if scheme == 'rtsp+udp' else scheme}://{account}{match['rest']}"
    return Address(scheme, host[0], host["six"] or host["name"], target, options)


def _file_in(media_dir: Path, name: str) -> Path:
    """A file in the folder that the settings name, with links followed. Raises SourceError."""
    folder = media_dir.resolve()
    path = (folder / unquote(name).lstrip("/")).resolve()
    if not path.is_relative_to(folder) or not path.is_file():
        raise SourceError(FaultCause.NOT_FOUND, "there is no such file")
    return path
