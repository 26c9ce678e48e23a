"""SRT (draft-sharabayko-srt) as bytes for a demuxer, through the system's libsrt: the FFmpeg inside PyAV's wheel has none."""

import ctypes
import ctypes.util
import functools
import ipaddress
import socket
import struct
import threading
import time
from urllib.parse import parse_qs, urlsplit

from hejnal_contracts.cameras import FaultCause
from hejnal_ingest.sources.source import SourceError

_LIBRARIES = ("srt-gnutls", "srt-openssl", "srt")
# Numbers of srt.h, the same since 1.3.
_RCVTIMEO, _LATENCY, _PASSPHRASE, _CONNTIMEO, _STREAMID = 14, 23, 26, 36, 46
_ERROR, _TIMED_OUT, _REJECTED_SECRETS = -1, 6003, (10, 11)
_STEP_MS = 500
_LONGEST_MESSAGE = 1456
_DEFAULT_PORT = 9710


@functools.cache
def _library() -> ctypes.CDLL | None:
    """libsrt, started once for the process; None where it is not installed."""
    for name in _LIBRARIES:
        found = ctypes.util.find_library(name)
        if found is not None:
            library = ctypes.CDLL(found)
            library.srt_startup()
            return library
    return None


class SrtStream:
    """A caller's connection, read like a file. Blocking: for a thread. `close` may be called from another."""

    def __init__(
        self,
        url: str,
        *,
        passphrase: str | None,
        where: str,
        open_timeout_s: float,
        read_timeout_s: float,
        stopping: threading.Event,
    ) -> None:
        """Connects. Raises SourceError: unsupported, no_route, unauthorized."""
        library = _library()
        if library is None:
            detail = "SRT needs the library libsrt (Debian: apt install libsrt1.5-gnutls)"
            raise SourceError(FaultCause.UNSUPPORTED, detail)
        self._library = library
        self._where = where
        self._read_timeout_s = read_timeout_s
        self._stopping = stopping
        self._buffer = ctypes.create_string_buffer(_LONGEST_MESSAGE)
        self._socket = library.srt_create_socket()
        parts = urlsplit(url)
        wanted = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        try:
            self._set_number(_CONNTIMEO, int(open_timeout_s * 1000))
            self._set_number(_RCVTIMEO, _STEP_MS)
            if wanted.get("latency", "").isdigit():
                self._set_number(_LATENCY, min(10_000, int(wanted["latency"])))
            if stream_id := wanted.get("streamid"):
                self._set_text(_STREAMID, stream_id)
            if passphrase:
                self._lock(passphrase)
            self._connect(parts.hostname or "", parts.port or _DEFAULT_PORT)
        except BaseException:
            self.close()
            raise

    def read(self, size: int) -> bytes:
        """The next message, not more than `size` bytes of it; empty at the end. Raises TimeoutError."""
        deadline_s = time.monotonic() + self._read_timeout_s
        while not self._stopping.is_set():
            count = self._library.srt_recvmsg(self._socket, self._buffer, min(size, _LONGEST_MESSAGE))
            if count > 0:
                return self._buffer.raw[:count]
            if count == _ERROR and self._library.srt_getlasterror(None) == _TIMED_OUT:
                if time.monotonic() > deadline_s:
                    raise TimeoutError
                continue
            return b""
        return b""

    def close(self) -> None:
        """Hangs up; once."""
        if self._socket >= 0:
            self._library.srt_close(self._socket)
            self._socket = -1

    def _lock(self, passphrase: str) -> None:
        if not self._set_text(_PASSPHRASE, passphrase):
            raise SourceError(FaultCause.UNAUTHORIZED, "a pass phrase of SRT has 10 to 79 characters")

    def _connect(self, host: str, port: int) -> None:
        try:
            family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        except OSError as error:
            raise SourceError(FaultCause.NO_ROUTE, f"the name {host} is not known") from error
        packed = ipaddress.ip_address(address[0]).packed
        if family == socket.AF_INET6:
            name = struct.pack("=H", family) + struct.pack("!HI16sI", port, 0, packed, 0)
        else:
            name = struct.pack("=H", family) + struct.pack("!H4s8x", port, packed)
        if self._library.srt_connect(self._socket, name, len(name)) != _ERROR:
            return
        if self._library.srt_getrejectreason(self._socket) in _REJECTED_SECRETS:
            raise SourceError(FaultCause.UNAUTHORIZED, f"{self._where} does not accept the pass phrase")
        raise SourceError(FaultCause.NO_ROUTE, f"{self._where} does not answer")

    def _set_number(self, option: int, value: int) -> None:
        number = ctypes.c_int(value)
        self._library.srt_setsockflag(self._socket, option, ctypes.byref(number), ctypes.sizeof(number))

    def _set_text(self, option: int, value: str) -> bool:
        data = value.encode()
        return bool(self._library.srt_setsockflag(self._socket, option, data, len(data)) != _ERROR)
