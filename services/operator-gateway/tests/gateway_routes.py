"""All routes of the staff door, as its router knows them."""

import re
from collections.abc import Iterator
from typing import Any

from fastapi.routing import APIRoute, APIWebSocketRoute

from hejnal_gateway.access import Limited, roles_of_route
from hejnal_gateway.accounts.roles import Role
from hejnal_gateway.app import create_app
from hejnal_gateway.settings import GatewaySettings

WEBSOCKET = "WEBSOCKET"


def every_route() -> Iterator[tuple[str, str, Any]]:
    """Method, path and route of each; a WebSocket's method is `WEBSOCKET`."""
    pending: list[Any] = list(create_app(GatewaySettings()).routes)
    while pending:
        route = pending.pop(0)
        if isinstance(route, APIRoute):
            for method in sorted(route.methods):
                yield method, route.path, route
        elif isinstance(route, APIWebSocketRoute):
            yield WEBSOCKET, route.path, route
        elif hasattr(route, "original_router"):
            pending += route.original_router.routes
        else:
            assert route.path == "/openapi.json", "a route this walk does not understand"


def routes() -> list[tuple[str, str, frozenset[Role] | None]]:
    """Method, path and the roles that may use it; None for everybody."""
    found = [(method, path, roles_of_route(route)) for method, path, route in every_route()]
    assert len(found) > 80
    return found


def is_limited(route: Any) -> bool:
    """Whether a route counts the requests of an address."""
    pending = [route.dependant]
    while pending:
        dependant = pending.pop()
        if isinstance(dependant.call, Limited):
            return True
        pending.extend(dependant.dependencies)
    return False


def concrete(path: str, **values: str) -> str:
    """The path with `values` in it, `x` for what is not named."""
    return re.sub(r"\{([^}:]+)(:[^}]+)?\}", lambda found: values.get(found[1], "x"), path)
