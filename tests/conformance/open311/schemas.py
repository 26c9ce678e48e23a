"""What GeoReport v2 says of its answers, as JSON Schemas (draft 2020-12): required fields, types, values.

Each is at least as strict as the one of the same document in the Open311 project's `schema-validation`.
"""

from typing import Any

_TEXT: dict[str, Any] = {"type": ["string", "null"]}
_INSTANT: dict[str, Any] = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$"}
_INSTANT_OR_NULL: dict[str, Any] = {"anyOf": [_INSTANT, {"type": "null"}]}
_SHORT: dict[str, Any] = {"type": "string", "minLength": 1}
_ADDRESS_OR_NULL: dict[str, Any] = {"type": ["string", "null"], "pattern": r"^https?://[^\s]+$"}


def _object(needed: list[str], /, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": needed, "properties": properties}


def _list(items: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": items, **more}


ERRORS = _list(_object(["code", "description"], code={"type": ["integer", "string"]}, description=_SHORT), minItems=1)
DISCOVERY = _object(
    ["changeset", "contact", "key_service", "endpoints"],
    changeset=_INSTANT,
    contact=_SHORT,
    key_service=_SHORT,
    endpoints=_list(
        _object(
            ["specification", "url", "changeset", "type", "formats"],
            specification={"const": "http://wiki.open311.org/GeoReport_v2"},
            url=_SHORT,
            changeset=_INSTANT,
            type={"enum": ["production", "test"]},
            formats=_list({"enum": ["text/xml", "application/json"]}, minItems=1),
        ),
        minItems=1,
    ),
)
SERVICES = _list(
    _object(
        ["service_code", "service_name", "description", "metadata", "type", "keywords", "group"],
        service_code=_SHORT,
        service_name=_SHORT,
        description=_TEXT,
        metadata={"type": "boolean"},
        type={"enum": ["realtime", "batch", "blackbox"]},
        keywords=_TEXT,
        group=_TEXT,
    )
)
DEFINITION = _object(
    ["service_code", "attributes"],
    service_code=_SHORT,
    attributes=_list(
        _object(
            ["variable", "code", "datatype", "required", "datatype_description", "order", "description"],
            variable={"type": "boolean"},
            code=_SHORT,
            datatype={"enum": ["string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"]},
            required={"type": "boolean"},
            datatype_description=_TEXT,
            order={"type": "integer", "minimum": 1},
            description=_TEXT,
            values=_list(_object(["key", "name"], key=_SHORT, name=_SHORT)),
        )
    ),
)
REQUESTS = _list(
    _object(
        ["service_request_id", "status", "service_code", "requested_datetime"],
        service_request_id=_SHORT,
        status={"enum": ["open", "closed"]},
        status_notes=_TEXT,
        service_name=_TEXT,
        service_code=_SHORT,
        description={"type": ["string", "null"], "maxLength": 4000},
        agency_responsible=_TEXT,
        service_notice=_TEXT,
        requested_datetime=_INSTANT,
        updated_datetime=_INSTANT_OR_NULL,
        expected_datetime=_INSTANT_OR_NULL,
        address=_TEXT,
        address_id=_TEXT,
        zipcode=_TEXT,
        lat={"type": ["number", "null"], "minimum": -90, "maximum": 90},
        long={"type": ["number", "null"], "minimum": -180, "maximum": 180},
        media_url=_ADDRESS_OR_NULL,
    )
)
ACCEPTED = _list(
    {
        "type": "object",
        "oneOf": [{"required": ["service_request_id"]}, {"required": ["token"]}],
        "properties": {"service_request_id": _SHORT, "token": _SHORT, "service_notice": _TEXT, "account_id": _TEXT},
    },
    minItems=1,
    maxItems=1,
)
TOKEN = _list(_object(["service_request_id", "token"], service_request_id=_SHORT, token=_SHORT), minItems=1, maxItems=1)
UPDATES = _list(
    _object(
        ["update_id", "service_request_id", "status", "updated_datetime", "description"],
        update_id=_SHORT,
        service_request_id=_SHORT,
        status=_SHORT,
        updated_datetime=_INSTANT,
        description=_TEXT,
        media_url=_ADDRESS_OR_NULL,
    )
)
