"""The API as a page people can read: made from the OpenAPI document, without scripts."""

from html import escape
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse

router = APIRouter(include_in_schema=False)


@router.get("/openapi.json")
async def openapi(request: Request) -> dict[str, Any]:
    """This door's OpenAPI document."""
    app: FastAPI = request.app
    return app.openapi()


@router.get("/docs")
async def docs(request: Request) -> HTMLResponse:
    """The same for people."""
    app: FastAPI = request.app
    return HTMLResponse(page(app.openapi()))


def page(document: dict[str, Any]) -> str:
    """An HTML page with every operation, its parameters and its answers."""
    title = escape(document["info"]["title"])
    operations = "".join(
        _operation(method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"></head>'
        f"<body><main><h1>{title}</h1><p>{escape(document['info'].get('summary', ''))}</p>"
        '<p>For programs: <a href="/openapi.json">openapi.json</a></p>'
        f"{operations}</main></body></html>"
    )


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    parameters = "".join(
        f"<li><code>{escape(one['name'])}</code> ({escape(one['in'])}{', required' if one.get('required') else ''})"
        f" {escape(one.get('description', ''))}</li>"
        for one in operation.get("parameters", [])
    )
    statuses = ", ".join(sorted(operation["responses"]))
    listed = f"<ul>{parameters}</ul>" if parameters else ""
    return (
        f"<section><h2><code>{method.upper()} {escape(path)}</code></h2><p>{escape(operation.get('description', ''))}</p>"
        f"{listed}<p>Answers: {statuses}</p></section>"
    )
