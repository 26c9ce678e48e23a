"""Routes made from the table, one each, so that OpenAPI, the role walk and the router see exactly what the table says."""

import re
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from hejnal_gateway.access import Res, StaffRequired
from hejnal_gateway.accounts.sessions import StaffSession
from hejnal_gateway.doors.table import DOORS, Door

PROBLEM: dict[str, Any] = {"content": {"application/problem+json": {}}}


def _endpoint(door: Door) -> Any:
    async def pass_through(
        request: Request, resources: Res, staff: Annotated[StaffSession, Depends(StaffRequired(door.roles))]
    ) -> Response:
        return await resources.proxy.handle(door, request, staff)

    return pass_through


def _operation_id(door: Door) -> str:
    path = door.outside.removeprefix("/api/v1/")
    return f"{door.method.lower()}_" + re.sub(r"[^a-z0-9]+", "_", path).strip("_")


def create_router() -> APIRouter:
    """The router of all doors."""
    router = APIRouter()
    for door in DOORS:
        if door.method == "GET":
            router.add_api_route(door.outside, _endpoint(door), methods=["HEAD"], include_in_schema=False)
        names = [part[1:-1] for part in door.path.split("/") if part.startswith("{")]
        router.add_api_route(
            door.outside,
            _endpoint(door),
            methods=[door.method],
            summary=door.summary,
            tags=["archive" if door.upstream == "recorder" else "town"],
            operation_id=_operation_id(door),
            response_class=Response,
            responses={
                200: {"description": f"As {door.upstream} answers; see its own OpenAPI document"},
                503: {"description": f"{door.upstream} does not answer", **PROBLEM},
            },
            openapi_extra={
                "parameters": [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names],
                "x-upstream": door.upstream,
                "x-roles": sorted(role.value for role in door.roles),
            },
        )
    return router
