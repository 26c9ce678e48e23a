"""Answers of GeoReport v2 in both formats: XML as the standard writes it, JSON as its Spark mapping (lists at the top)."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from xml.etree.ElementTree import Element, SubElement, tostring

from fastapi import Response

Format = Literal["json", "xml"]
MEDIA_TYPE: Mapping[Format, str] = {"json": "application/json; charset=utf-8", "xml": "text/xml; charset=utf-8"}
SINGULAR: Mapping[str, str] = {
    "services": "service",
    "attributes": "attribute",
    "values": "value",
    "service_requests": "request",
    "service_request_updates": "request_update",
    "errors": "error",
    "endpoints": "endpoint",
    "formats": "format",
    "notes": "note",
}
"""What the items of a list are called in XML."""

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Document:
    """One answer: its name in XML, and its content as JSON has it."""

    name: str
    content: Mapping[str, Any] | Sequence[Mapping[str, Any]]


def response(document: Document, fmt: Format, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """The document as an HTTP answer that any page may read: it carries no session."""
    body = to_json(document) if fmt == "json" else to_xml(document)
    common = {"Access-Control-Allow-Origin": "*", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
    return Response(body, status_code=status, media_type=MEDIA_TYPE[fmt], headers=common | dict(headers or {}))


def to_json(document: Document) -> bytes:
    """UTF-8 JSON; what is unknown is null."""
    return json.dumps(document.content, ensure_ascii=False).encode()


def to_xml(document: Document) -> bytes:
    """UTF-8 XML without a namespace; what is unknown is an empty element."""
    root = Element(document.name)
    _fill(root, document.content)
    data: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return data


def _fill(element: Element, value: Any) -> None:
    if isinstance(value, Mapping):
        for name, part in value.items():
            _fill(SubElement(element, name), part)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for part in value:
            _fill(SubElement(element, SINGULAR[element.tag]), part)
    elif isinstance(value, bool):
        element.text = "true" if value else "false"
    elif value is not None:
        element.text = _NOT_XML.sub("\ufffd", str(value))
