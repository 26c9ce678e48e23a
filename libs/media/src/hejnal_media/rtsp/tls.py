"""How a camera that speaks RTSPS proves who it is."""

import hashlib
import re
import ssl
from dataclasses import dataclass
from pathlib import Path

from hejnal_media.rtsp.errors import RtspError, RtspFault

_SEPARATORS = re.compile(r"[\s:-]")


@dataclass(frozen=True, slots=True)
class TlsPolicy:
    """Which certificates are believed. Without anything set: those of the system's authorities, with the right name.

    Cameras sign their own certificates, so a fingerprint (SHA-256 of the DER certificate, hex, colons allowed) is the usual
    way; with fingerprints nothing else is asked. `insecure` believes everybody: against eavesdropping only.
    """

    ca_file: Path | None = None
    fingerprints: tuple[str, ...] = ()
    insecure: bool = False

    def context(self) -> ssl.SSLContext:
        """Raises RtspError when the authorities' file cannot be read."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self.insecure or self.fingerprints:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            context.set_ciphers("DEFAULT:@SECLEVEL=1")  # keys of 1024 bits are common in cameras
            return context
        try:
            if self.ca_file is not None:
                context.load_verify_locations(self.ca_file)
            else:
                context.load_default_certs()
        except (OSError, ssl.SSLError) as error:
            raise RtspError(RtspFault.PROTOCOL, "the file of trusted authorities cannot be read") from error
        return context

    def check(self, certificate: bytes | None) -> None:
        """Raises RtspError unless the peer's certificate (DER) has one of the fingerprints, where there are any."""
        if self.insecure or not self.fingerprints:
            return
        wanted = {_SEPARATORS.sub("", text).lower() for text in self.fingerprints}
        found = hashlib.sha256(certificate or b"").hexdigest()
        if found not in wanted:
            raise RtspError(RtspFault.PROTOCOL, f"the camera's certificate is not the known one; its SHA-256 is {found}")
