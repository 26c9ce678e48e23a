"""DTLS-SRTP with one viewer: aiortc's transport, over our ICE path, with RTCP handed to us."""

import time
from collections.abc import Callable
from typing import Any, cast

import structlog
from aiortc.rtcdtlstransport import (
    SRTP_AEAD_AES_128_GCM,
    SRTP_AES128_CM_SHA1_80,
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
)
from pylibsrtp import Session

from hejnal_gateway.live.ice_lite import IcePath

log = structlog.get_logger()

# AES-GCM costs half of AES-CM with HMAC-SHA1 per packet (measured 1.0 against 1.8 µs); browsers take either.
_PROFILES = [SRTP_AEAD_AES_128_GCM, SRTP_AES128_CM_SHA1_80]
_TAG_BYTES = {SRTP_AEAD_AES_128_GCM.openssl_profile: 16, SRTP_AES128_CM_SHA1_80.openssl_profile: 10}
_RENEW_AFTER_S = 7 * 86400


class Certificates:
    """This process's self-signed certificate; a fresh one every week (making one takes a few milliseconds)."""

    def __init__(self) -> None:
        self._certificate = RTCCertificate.generateCertificate()
        self._made_at = time.monotonic()

    def current(self) -> RTCCertificate:
        """The certificate for a new view."""
        if time.monotonic() - self._made_at > _RENEW_AFTER_S:
            self._certificate, self._made_at = RTCCertificate.generateCertificate(), time.monotonic()
        return self._certificate


class ViewerDtls(RTCDtlsTransport):
    """The passive side of DTLS. `on_rtcp` gets each decrypted RTCP datagram, `on_closed` is called once when the peer is gone."""

    def __init__(
        self,
        path: IcePath,
        certificate: RTCCertificate,
        on_rtcp: Callable[[bytes], None],
        on_closed: Callable[[], None],
    ) -> None:
        super().__init__(cast("Any", path), [certificate])  # it needs only _recv, _send and role
        self._srtp_profiles = _PROFILES
        self._on_rtcp = on_rtcp
        self._set_role("server")
        self.fingerprint = next(
            (item.algorithm, item.value) for item in self.getLocalParameters().fingerprints if item.algorithm == "sha-256"
        )

        @self.on("statechange")
        def changed() -> None:
            if self.state in ("closed", "failed"):
                on_closed()

    async def shake_hands(self, fingerprints: tuple[tuple[str, str], ...]) -> None:
        """Complete the handshake with the peer of these fingerprints; ConnectionError when that fails."""
        await self.start(RTCDtlsParameters([RTCDtlsFingerprint(kind, value) for kind, value in fingerprints], role="client"))
        if self.state != "connected":
            raise ConnectionError("DTLS handshake failed")

    @property
    def outgoing(self) -> tuple[Session, int]:
        """The SRTP session for sending, and how many bytes its tag takes."""
        assert self._ssl is not None
        return self._tx_srtp, _TAG_BYTES[self._ssl.get_selected_srtp_profile()]

    async def _handle_rtcp_data(self, data: bytes) -> None:
        self._on_rtcp(data)

    async def _handle_rtp_data(self, data: bytes, arrival_time_ms: Any) -> None:
        """Viewers send no media."""
