"""RFC 3161 time stamps: when something existed at the latest, and who says so."""

from datetime import UTC, datetime

from cryptography import x509
from rfc3161_client import VerificationError, VerifierBuilder, decode_timestamp_response


class StampError(ValueError):
    """The time stamp does not hold; the text says why."""


def check_stamp(response: bytes, content: bytes, roots: list[x509.Certificate]) -> datetime:
    """The stamped time of `content`; StampError when the stamp is for something else or by a stranger."""
    try:
        decoded = decode_timestamp_response(response)
        builder = VerifierBuilder()
        for root in roots:
            builder = builder.add_root_certificate(root)
        builder.build().verify_message(decoded, content)
        moment = decoded.tst_info.gen_time
    except VerificationError as error:
        raise StampError(str(error)) from error
    except (ValueError, TypeError) as error:
        raise StampError(f"it cannot be read ({error})") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
