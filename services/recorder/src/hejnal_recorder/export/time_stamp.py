"""RFC 3161 time stamps: our own authority, and asking another one over HTTP with patience that ends."""

import random
import secrets
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import datetime

import structlog
from asn1crypto import tsp
from rfc3161_client import TimestampRequestBuilder, decode_timestamp_response

from hejnal_recorder.export.cms_signing import sign_token
from hejnal_recorder.export.keys import KeyPair

log = structlog.get_logger()

POLICY = "2.25.190640960465738729808330838558798405997"
"""Our own: the recorder's clock, one second (an OID made of a UUID, X.667)."""
TRIES, TIMEOUT_S, LONGEST_PAUSE_S = 4, 10.0, 8.0
MOST_BYTES = 64 * 1024
QUERY_TYPE, REPLY_TYPE = "application/timestamp-query", "application/timestamp-reply"


class NoStampError(Exception):
    """No time stamp could be had; the text says from whom and why."""


class TimeStampAuthority:
    """Our own authority: says what the recorder's clock says, with a key that does nothing else."""

    def __init__(self, pair: KeyPair, now: Callable[[], datetime]) -> None:
        self._pair = pair
        self._now = now

    def answer(self, query: bytes) -> bytes:
        """The DER response to a DER request; a rejection where the request cannot be granted (RFC 3161 §2.4.2)."""
        try:
            request = tsp.TimeStampReq.load(query, strict=True)
            imprint = request["message_imprint"]
            digest = imprint["hash_algorithm"]["algorithm"].native
            sizes = {"sha256": 32, "sha384": 48, "sha512": 64}
            if len(imprint["hashed_message"].native) != sizes[digest]:
                return _rejection("bad_data_format")
        except KeyError:
            return _rejection("bad_alg")
        except (ValueError, TypeError):
            return _rejection("bad_data_format")
        now = self._now()
        info = {
            "version": "v1",
            "policy": POLICY,
            "message_imprint": imprint,
            "serial_number": int.from_bytes(secrets.token_bytes(16)) >> 1,
            "gen_time": now.replace(microsecond=0),  # whole seconds, as the accuracy says
            "accuracy": {"seconds": 1},
            "ordering": False,
        }
        if request["nonce"].native is not None:
            info["nonce"] = request["nonce"]
        token = sign_token(tsp.TSTInfo(info), self._pair, now)
        return bytes(tsp.TimeStampResp({"status": {"status": "granted"}, "time_stamp_token": token}).dump())


def request_stamp(content: bytes, ask: Callable[[bytes], bytes]) -> bytes:
    """A DER time-stamp response for `content`; NoStampError after a few tries."""
    query = TimestampRequestBuilder().data(content).nonce(nonce=True).cert_request(cert_request=True).build()
    reason = ""
    for attempt in range(TRIES):
        if attempt:
            time.sleep(random.uniform(0.5, 1) * min(LONGEST_PAUSE_S, 2.0**attempt))
        try:
            response = ask(query.as_bytes())
            _check_answer(response, query.nonce)
            return response
        except (OSError, ValueError, NoStampError) as error:
            reason = str(error) or type(error).__name__
            log.warning("time_stamp_failed", attempt=attempt, error=reason)
    raise NoStampError(reason)


def ask_over_http(url: str) -> Callable[[bytes], bytes]:
    """Asks a time-stamp authority (RFC 3161 §3.4); the function raises OSError or ValueError."""
    if not url.startswith(("http://", "https://")):
        raise ValueError("the address of a time-stamp authority begins with http:// or https://")

    def ask(query: bytes) -> bytes:
        request = urllib.request.Request(url, query, {"Content-Type": QUERY_TYPE, "Accept": REPLY_TYPE})  # noqa: S310 checked above
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:  # noqa: S310 checked above
            data: bytes = response.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise ValueError("the answer is too large")
        return data

    return ask


def _check_answer(response: bytes, nonce: int | None) -> None:
    decoded = decode_timestamp_response(response)
    if decoded.status not in (0, 1):
        raise NoStampError(f"the authority refuses (status {decoded.status})")
    if decoded.tst_info.nonce != nonce:
        raise NoStampError("the answer belongs to another question")


def _rejection(failure: str) -> bytes:
    status = tsp.PKIStatusInfo({"status": "rejection", "fail_info": {failure}}).dump()
    return b"\x30" + bytes([len(status)]) + bytes(status)  # asn1crypto knows no response without a token
