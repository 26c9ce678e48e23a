"""A server under examination: asked in both formats, its answers compared with each other and with the standard."""

from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree as ET

import httpx
from jsonschema import Draft202012Validator

from tests.conformance.open311.schemas import ERRORS

TIMEOUT_S = 20.0
LISTS = {"services", "attributes", "values", "service_requests", "service_request_updates", "errors", "endpoints", "formats"}


class DeviationError(AssertionError):
    """What a server does otherwise than the standard says."""


@dataclass
class Peer:
    """One server. `api_key`, `lat`, `long` are needed for what sends reports; without a key those checks are left out."""

    url: str
    api_key: str | None = None
    jurisdiction_id: str | None = None
    lat: float | None = None
    long: float | None = None
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=TIMEOUT_S, follow_redirects=False))

    def get(self, path: str, fmt: str = "json", **parameters: Any) -> httpx.Response:
        """GET `path`.fmt with parameters."""
        return self.http.get(f"{self.url}/{path}.{fmt}", params=self._with_jurisdiction(parameters))

    def post(self, path: str, fmt: str = "json", headers: dict[str, str] | None = None, **fields: Any) -> httpx.Response:
        """POST a form to `path`.fmt."""
        return self.http.post(f"{self.url}/{path}.{fmt}", data=self._with_jurisdiction(fields), headers=headers)

    def document(self, path: str, schema: dict[str, Any], **parameters: Any) -> Any:
        """The JSON answer, valid by the schema and equal to the XML one."""
        found = self.get(path, "json", **parameters)
        expect(found.status_code == 200, f"GET {path}.json: {found.status_code} {found.text[:200]}")
        content = found.json()
        valid(content, schema, f"{path}.json")
        as_xml = self.get(path, "xml", **parameters)
        expect(as_xml.status_code == 200, f"GET {path}.xml: {as_xml.status_code}")
        expect(as_xml.headers["content-type"].startswith("text/xml"), f"{path}.xml is {as_xml.headers['content-type']}")
        same(content, from_xml(as_xml.content), path)
        return content

    def refused(self, response: httpx.Response, status: int) -> None:
        """The answer is an error of this status, as the standard writes them."""
        expect(response.status_code == status, f"{response.request.url}: {response.status_code} instead of {status}")
        if response.request.url.path.endswith(".xml"):
            root = ET.fromstring(response.content)
            expect(root.tag == "errors" and len(root) > 0, f"{response.request.url}: {root.tag} instead of errors")
            expect(all(one.find("code") is not None for one in root), "an error without code")
            expect(all((one.findtext("description") or "") != "" for one in root), "an error without description")
        else:
            valid(response.json(), ERRORS, str(response.request.url))

    def _with_jurisdiction(self, values: dict[str, Any]) -> dict[str, Any]:
        own = {"jurisdiction_id": self.jurisdiction_id} if self.jurisdiction_id else {}
        return {**own, **{name: value for name, value in values.items() if value is not None}}


def expect(true: bool, otherwise: str) -> None:
    """Raise what deviates."""
    if not true:
        raise DeviationError(otherwise)


def valid(content: Any, schema: dict[str, Any], what: str) -> None:
    """Raise where content does not fit its schema."""
    faults = [f"{'/'.join(map(str, one.path))}: {one.message[:200]}" for one in Draft202012Validator(schema).iter_errors(content)]
    expect(not faults, f"{what}: {faults[:5]}")


def from_xml(data: bytes) -> Any:
    """XML as the JSON mapping has it, with every value a text and empty ones None. No attribute or namespace may be there."""
    return _value(ET.fromstring(data))


def same(content: Any, other: Any, what: str) -> None:
    """Raise where JSON and XML say different things."""
    expect(_texts(content) == other, f"{what}: JSON and XML differ: {str(_texts(content))[:300]} / {str(other)[:300]}")


def _value(element: ET.Element) -> Any:
    expect(not element.attrib and "}" not in element.tag, f"{element.tag} has attributes or a namespace")
    if element.tag in LISTS:
        return [_value(one) for one in element]
    if len(element):
        return {one.tag: _value(one) for one in element}
    return element.text or None


def _texts(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _texts(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_texts(part) for part in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value in (None, "") else str(value)
