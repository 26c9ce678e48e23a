"""The simulators: strict where real providers are, closed to the world, and honest about what arrived."""

import os
import signal
import smtplib
from email.message import EmailMessage
from pathlib import Path

import aiohttp
import http_ece
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from notifier_town import Sinks, start_sinks

from hejnal_notifier.channels.push_encryption import unb64url
from hejnal_notifier.channels.vapid import Vapid


def mail(to: str, message_id: str = "<1@hejnal.test>") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"], message["Message-ID"] = "a@hejnal.test", to, "Próba żółta", message_id
    message.set_content("Treść")
    message.add_alternative("<p>Treść</p>", subtype="html")
    return message


async def test_mail(sinks: Sinks) -> None:
    with smtplib.SMTP("127.0.0.1", sinks.smtp_port, timeout=10) as server:
        server.send_message(mail("anna@example.pl"))
        server.send_message(mail("anna@example.pl"))
        for to, code in (("x+bounce@example.pl", 550), ("x+flaky@example.pl", 451), ("x+full@example.pl", 452)):
            with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
                server.send_message(mail(to))
            assert refused.value.recipients[to][0] == code
        with pytest.raises(smtplib.SMTPDataError):
            server.send_message(mail("x+reject@example.pl"))
    first, second = await sinks.messages(channel="email")
    assert (first["subject"], first["text"].strip(), first["html"]) == ("Próba żółta", "Treść", True)
    assert (first["repeat"], second["repeat"]) == (False, True)
    counts = (await sinks.get("/api/counts"))["email"]
    assert counts == {"shown": 1, "repeats": 1, "refused": {"bounce": 1, "flaky": 1, "full": 1, "reject": 1}}


async def test_gateway(sinks: Sinks) -> None:
    async with aiohttp.ClientSession() as http:

        async def submit(**form: str) -> dict:
            async with http.post(sinks.url + "/sms.do", data=form) as response:
                return await response.json()

        taken = await submit(to="48500100200", message="Zażółć", idx="one", check_idx="1")
        assert (taken["list"][0]["parts"], taken["list"][0]["idx"]) == (1, "one")
        assert (await submit(to="48500100200", message="Zażółć", idx="one", check_idx="1"))["error"] == 53
        assert (await submit(to="48500100200", message="Zażółć", nounicode="1"))["error"] == 11
        assert (await submit(to="48500100200", message="x" * 400, max_parts="2"))["error"] == 12
        assert (await submit(to="+48500100001", message="x"))["error"] == 13
        assert (await submit(to="48500100200"))["error"] == 11
    (message,) = await sinks.messages(to="+48500100200")
    assert message["headers"]["encoding"] == "ucs2"


async def test_push_is_as_strict_as_the_strictest_service(sinks: Sinks) -> None:
    device = await sinks.device(label="Telefon")
    vapid = Vapid(ec.generate_private_key(ec.SECP256R1()), "mailto:a@b.pl")
    headers = {"TTL": "60", "Content-Encoding": "aes128gcm", "Authorization": vapid.header(sinks.url), "Topic": "t"}
    body = http_ece.encrypt(
        '{"title":"Cześć","body":"x"}'.encode(),
        private_key=ec.generate_private_key(ec.SECP256R1()),
        dh=unb64url(device["keys"]["p256dh"]),
        auth_secret=unb64url(device["keys"]["auth"]),
        version="aes128gcm",
    )
    async with aiohttp.ClientSession() as http:

        async def push(data: bytes = body, path: str = f"/push/{device['id']}", **changes: str | None) -> int:
            sent = {name: value for name, value in {**headers, **changes}.items() if value is not None}
            async with http.post(sinks.url + path, data=data, headers=sent) as response:
                return response.status

        assert await push() == 201
        assert await push(TTL=None) == 400
        assert await push(Topic="x" * 33) == 400
        assert await push(Urgency="now") == 400
        assert await push(**{"Content-Encoding": "aesgcm"}) == 400
        assert await push(Authorization=None) == 403
        assert (
            await push(Authorization=Vapid(ec.generate_private_key(ec.SECP256R1()), "mailto:a@b.pl").header("https://x")) == 403
        )
        assert (
            await push(Authorization=Vapid(ec.generate_private_key(ec.SECP256R1()), "mailto: <a@b.pl>").header(sinks.url)) == 403
        )
        bound = await sinks.device(server_key=vapid.public_key)
        assert await push(b"nonsense", f"/push/{bound['id']}") == 201
        other = Vapid(ec.generate_private_key(ec.SECP256R1()), "mailto:a@b.pl").header(sinks.url)
        assert await push(b"nonsense", f"/push/{bound['id']}", Authorization=other) == 403  # another key than it subscribed with
        assert await push(b"x" * 5000) == 413
        assert await push(path="/push/someone-else") == 201
        assert await push(b"nonsense") == 201
        async with http.post(sinks.url + "/push/subscriptions", json={"count": 3}) as response:
            assert len((await response.json())["subscriptions"]) == 3
    shown, _, closed, unreadable = await sinks.messages(channel="push")
    assert (shown["subject"], shown["headers"]["label"]) == ("Cześć", "Telefon")
    assert closed["subject"] == "(zaszyfrowane)"
    assert unreadable["subject"] == "(nie do odczytania)"


async def test_the_door(sinks: Sinks) -> None:
    async with aiohttp.ClientSession() as http:
        async with http.get(sinks.url + "/", headers={"Host": "evil.example"}) as response:
            assert response.status == 421
        async with http.get(sinks.url + "/") as response:
            assert "default-src 'none'" in response.headers["Content-Security-Policy"]
            assert 'lang="pl"' in await response.text()
        async with http.post(sinks.url + "/api/outage", data=b'{"channel":"sms","seconds":1}') as response:
            assert response.status == 415
        async with http.get(sinks.url + "/api/messages?since=yesterday") as response:
            assert response.status == 422
        async with http.get(sinks.url + "/api/messages?since=2026-01-01T00:00:00+00:00") as response:
            assert response.status == 200


async def test_arrivals_and_devices_survive_a_restart(tmp_path: Path) -> None:
    first = start_sinks(0, 0, "--data", str(tmp_path))
    device = await first.device()
    with smtplib.SMTP("127.0.0.1", first.smtp_port, timeout=10) as server:
        server.send_message(mail("anna@example.pl"))
    os.kill(first.process.pid, signal.SIGKILL)
    first.process.wait(5)
    second = start_sinks(first.http_port, first.smtp_port, "--data", str(tmp_path))
    try:
        assert [message["to"] for message in await second.messages()] == ["anna@example.pl"]
        with smtplib.SMTP("127.0.0.1", second.smtp_port, timeout=10) as server:
            server.send_message(mail("anna@example.pl"))
        assert [message["repeat"] for message in await second.messages()] == [False, True]
        assert device["endpoint"].endswith(device["id"])
    finally:
        second.process.terminate()
        second.process.wait(10)
