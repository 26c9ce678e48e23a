"""The same web pushes by what most towns would take."""

import asyncio
import json
import time
from typing import Any

import aiohttp
import http_ece
import pywebpush
import requests
from cryptography.hazmat.primitives.asymmetric import ec
from notify_house import House, line

from hejnal_notifier.channels.push_encryption import unb64url
from hejnal_notifier.channels.vapid_ring import VapidRing


async def pywebpush_push(town: House, devices: list[dict[str, Any]], ours_cpu_s: float) -> None:
    """The peer that most towns would take: one call after the other over one kept session."""
    text = json.dumps({"title": "Nie ma wody", "body": "Pękła rura na ulicy Krótkiej. Woda wróci dziś o 18:00. " * 4})

    def send_all() -> None:
        with requests.Session() as session:
            for device in devices:
                subscription = {"endpoint": device["endpoint"], "keys": device["keys"]}
                claims: dict[str, str | int] = {"sub": "mailto:bench@hejnal.test"}
                answer = pywebpush.webpush(
                    subscription, text, str(town.vapid), claims, ttl=60, requests_session=session, timeout=10
                )
                assert answer.status_code == 201

    start, cpu = time.monotonic(), time.process_time()
    await asyncio.to_thread(send_all)
    seconds, cpu_s = time.monotonic() - start, time.process_time() - cpu
    line(
        system="pywebpush, one after the other",
        measure="web push",
        deliveries=len(devices),
        seconds=round(seconds, 2),
        per_second=round(len(devices) / seconds),
        cpu_s={"sender": round(cpu_s, 1)},
        cpu_of_hejnal_to_peer=round(ours_cpu_s / (cpu_s / len(devices)), 2),
    )


async def bare_push(town: House, devices: list[dict[str, Any]]) -> None:
    """The peer: encrypt with http_ece and post with aiohttp, 64 at a time, nothing remembered."""
    ring = VapidRing(town.vapid, "mailto:bench@hejnal.test")
    signer = ring.signer(ring.read().current)
    assert signer is not None
    header = signer.header(town.url)
    headers = {"TTL": "60", "Content-Encoding": "aes128gcm", "Authorization": header}
    text = json.dumps({"title": "Nie ma wody", "body": "Pękła rura na ulicy Krótkiej. Woda wróci dziś o 18:00. " * 4}).encode()
    waiting = iter(devices)

    async def work(session: aiohttp.ClientSession) -> None:
        for device in waiting:
            keys = device["keys"]
            body = http_ece.encrypt(
                text,
                private_key=ec.generate_private_key(ec.SECP256R1()),
                dh=unb64url(keys["p256dh"]),
                auth_secret=unb64url(keys["auth"]),
                version="aes128gcm",
            )
            async with session.post(device["endpoint"], data=body, headers=headers) as response:
                assert response.status == 201

    start, cpu = time.monotonic(), time.process_time()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=64)) as session:
        await asyncio.gather(*(work(session) for _ in range(64)))
    seconds = time.monotonic() - start
    line(
        system="aiohttp + http_ece, no queue",
        measure="web push",
        deliveries=len(devices),
        seconds=round(seconds, 2),
        per_second=round(len(devices) / seconds),
        cpu_s={"sender": round(time.process_time() - cpu, 1)},
    )
