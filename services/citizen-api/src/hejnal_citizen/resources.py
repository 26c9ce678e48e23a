"""Builds and closes everything citizen-api holds, in order: the only place that constructs it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from hejnal_citizen.announcements.attachments import AttachmentCheck
from hejnal_citizen.announcements.wording import Wordings
from hejnal_citizen.feeds.answers import FeedCache
from hejnal_citizen.feeds.cap.signing import CapSigner
from hejnal_citizen.notifier import NotifierClient
from hejnal_citizen.open311.client import Breaker, Open311Client
from hejnal_citizen.reports.photo_store import PhotoStore
from hejnal_citizen.reports.photo_workers import PhotoWorkers
from hejnal_citizen.residents.server_keys import ServerKeys
from hejnal_citizen.secrets import Secrets, seeds_of
from hejnal_citizen.settings import Settings
from hejnal_runtime.bus import Producer
from hejnal_runtime.clock import Clock, SystemClock
from hejnal_runtime.database import Database
from hejnal_runtime.outbox import OutboxRelay
from hejnal_runtime.tokens import TokenIssuer, TokenVerifier, load_key

SERVICE = "citizen-api"
SCHEMA = "citizen"


@dataclass(frozen=True, slots=True)
class Resources:
    """What routes and loops work with."""

    settings: Settings
    clock: Clock
    database: Database
    producer: Producer
    relay: OutboxRelay
    issuer: TokenIssuer
    verifier: TokenVerifier
    secrets: Secrets
    notifier: NotifierClient
    server_keys: ServerKeys
    wordings: Wordings
    photos: PhotoStore
    photo_workers: PhotoWorkers
    open311: Open311Client
    open311_breaker: Breaker
    attachment_check: AttachmentCheck
    cap_signer: CapSigner
    feeds: FeedCache


@asynccontextmanager
async def open_resources(settings: Settings, *, clock: Clock | None = None) -> AsyncIterator[Resources]:
    """All resources, closed in reverse order at the end. Needs neither PostgreSQL nor Kafka to be there yet."""
    clock = clock or SystemClock()
    if settings.database_url is None or settings.token_key_file is None or settings.trusted_jwks_file is None:
        raise ValueError("citizen-api needs HEJNAL_CITIZEN_DATABASE_URL, _TOKEN_KEY_FILE and _TRUSTED_JWKS_FILE")
    key = load_key(settings.token_key_file)
    seeds = seeds_of(settings, key)
    issuer = TokenIssuer(SERVICE, key)
    database = Database(settings.database_url.get_secret_value(), schema=SCHEMA, pool_size=15)
    producer = Producer(settings.kafka, settings.topic_prefix, clock=clock)
    notifier = NotifierClient(settings.notifier_url, issuer, timeout_s=settings.notifier_timeout_s)
    with suppress(OSError):  # there from the start, since a backup names it; where it cannot be, the first photo is refused
        settings.photo_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    photos = PhotoStore(settings.photo_dir)
    photo_workers = PhotoWorkers(
        processes=settings.photo_workers,
        timeout_s=settings.photo_timeout_s,
        queue_limit=settings.photo_queue,
        max_pixels=settings.photo_pixels,
    )
    open311 = Open311Client()
    try:
        yield Resources(
            settings=settings,
            clock=clock,
            database=database,
            producer=producer,
            relay=OutboxRelay(database, producer, clock=clock),
            issuer=issuer,
            verifier=TokenVerifier(SERVICE, settings.trusted_jwks_file),
            secrets=Secrets(seeds),
            notifier=notifier,
            server_keys=ServerKeys(settings.vapid_public_key, settings.vapid_public_key_file),
            wordings=Wordings(notifier, settings, clock),
            photos=photos,
            photo_workers=photo_workers,
            open311=open311,
            open311_breaker=Breaker(clock),
            attachment_check=AttachmentCheck(photo_workers, settings.photo_dir / "incoming"),
            cap_signer=CapSigner(seeds.oldest()),
            feeds=FeedCache(clock),
        )
    finally:
        await open311.close()
        await photo_workers.close()
        await notifier.close()
        await producer.stop()
        await database.close()
