import re
from datetime import UTC, datetime

import httpx
import pytest
from fastapi import FastAPI

from hejnal_runtime.problems import install_problem_handlers
from hejnal_runtime.security_txt import PATH, create_router, security_txt
from hejnal_runtime.settings import ServiceSettings

NOW = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)


def app(*contacts: str) -> httpx.AsyncClient:
    made = FastAPI()
    install_problem_handlers(made)
    made.include_router(create_router(contacts, "https://miasto.example/", "https://miasto.example/zasady", lambda: NOW))
    return httpx.AsyncClient(transport=httpx.ASGITransport(made), base_url="http://x")


def test_the_document_has_what_rfc_9116_asks_for():
    text = security_txt(["mailto:cert@miasto.example", "tel:+48412000000"], "https://miasto.example", "", NOW)
    fields = [line.split(": ", 1) for line in text.splitlines()]
    assert all(re.fullmatch(r"[A-Za-z-]+", name) for name, _ in fields)
    names = [name for name, _ in fields]
    assert names[:2] == ["Contact", "Contact"]
    assert (names.count("Expires"), names.count("Preferred-Languages")) == (1, 1)
    expires = datetime.fromisoformat(dict(fields)["Expires"])
    assert 30 < (expires - NOW).days < 365
    assert dict(fields)["Canonical"] == "https://miasto.example/.well-known/security.txt"


async def test_it_is_served_as_plain_text_and_only_where_somebody_answers():
    async with app("mailto:cert@miasto.example") as client:
        answer = await client.get(PATH)
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert "Policy: https://miasto.example/zasady\n" in answer.text
        assert (await client.head(PATH)).status_code == 200
    async with app() as client:
        assert (await client.get(PATH)).status_code == 404


@pytest.mark.parametrize("wrong", ["cert@miasto.example", "http://miasto.example", "mailto:a@b\nContact: mailto:x@y", ""])
def test_a_contact_is_a_uri_and_one_line(wrong):
    with pytest.raises(ValueError, match="security_contacts"):
        ServiceSettings(security_contacts=(wrong,))
