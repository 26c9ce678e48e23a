"""SOAP 1.2 envelopes and faults, and the password digest of WS-Security."""

import base64
import hashlib
from xml.etree.ElementTree import Element

from hejnal_media.onvif.names import NAMESPACES
from hejnal_media.onvif.xml import MalformedXmlError, find, find_all, parse_xml, quote, text_of

CONTENT_TYPE = "application/soap+xml; charset=utf-8"
_DECLARATIONS = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())


class SoapFaultError(Exception):
    """The other side refuses, or we do. `subcodes` are local names, the most general first, e.g. NotAuthorized."""

    def __init__(self, code: str, subcodes: tuple[str, ...], reason: str) -> None:
        super().__init__(f"{'/'.join((code, *subcodes))}: {reason}")
        self.code = code
        self.subcodes = subcodes
        self.reason = reason


def envelope(body: str, header: str = "") -> bytes:
    """A message. `body` and `header` are XML that uses the prefixes of `NAMESPACES`."""
    head = f"<s:Header>{header}</s:Header>" if header else ""
    text = f'<?xml version="1.0" encoding="utf-8"?><s:Envelope {_DECLARATIONS}>{head}<s:Body>{body}</s:Body></s:Envelope>'
    return text.encode()


def fault_body(fault: SoapFaultError) -> str:
    """The body of a fault."""
    inner = ""
    for subcode in reversed(fault.subcodes):
        inner = f"<s:Subcode><s:Value>ter:{quote(subcode)}</s:Value>{inner}</s:Subcode>"
    return (
        f"<s:Fault><s:Code><s:Value>s:{quote(fault.code)}</s:Value>{inner}</s:Code>"
        f'<s:Reason><s:Text xml:lang="en">{quote(fault.reason)}</s:Text></s:Reason></s:Fault>'
    )


def read_envelope(data: bytes) -> tuple[Element | None, Element]:
    """Header and body element of a message. Raises MalformedXmlError."""
    root = parse_xml(data)
    body = find(root, "s:Body")
    if body is None:
        raise MalformedXmlError("no SOAP 1.2 body")
    return find(root, "s:Header"), body


def read_body(data: bytes) -> Element:
    """The answer in a message. Raises MalformedXmlError, SoapFaultError."""
    _, body = read_envelope(data)
    fault = find(body, "s:Fault")
    if fault is not None:
        raise _fault(fault)
    answer = next(iter(body), None)
    if answer is None:
        raise MalformedXmlError("the SOAP body is empty")
    return answer


def _fault(fault: Element) -> SoapFaultError:
    values = [text_of(value).rpartition(":")[2][:80] for value in find_all(find(fault, "s:Code"), "//s:Value")]
    return SoapFaultError(values[0] if values else "Receiver", tuple(values[1:6]), text_of(fault, "s:Reason/s:Text")[:200])


def password_digest(nonce: bytes, created: str, password: str) -> str:
    """`Base64(SHA-1(nonce + created + password))`, as the UsernameToken profile 1.0 and ONVIF Core §5.9 want it."""
    digest = hashlib.sha1(nonce + created.encode() + password.encode(), usedforsecurity=False)
    return base64.b64encode(digest.digest()).decode()
