"""What citizen-api can be told from outside (prefix `HEJNAL_CITIZEN_`)."""

from functools import cached_property
from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from hejnal_contracts.base import Channel
from hejnal_runtime.settings import ServiceSettings

MIB = 1024 * 1024


class Settings(ServiceSettings):
    """Settings of citizen-api."""

    model_config = SettingsConfigDict(env_prefix="HEJNAL_CITIZEN_", frozen=True, extra="ignore")

    public_port: int = Field(default=8080, ge=0, le=65535, description="Port of the residents' door")
    internal_port: int = Field(default=18093, ge=0, le=65535, description="Port of the staff API, health and metrics")
    secrets_key_file: Path | None = Field(
        default=None,
        description="Keys of 32 random bytes, base64, a line each, newest first, for codes, follow-up links, votes and sealed "
        "secrets; unset: made from the token key, which can then not be changed without losing them",
    )
    public_url: str = Field(default="http://localhost:8080", description="How residents reach this service; no slash at the end")
    allowed_origins: tuple[str, ...] = Field(
        default=(), description="Further origins whose pages may change things, e.g. a test address"
    )
    site_dir: Path | None = Field(default=None, description="The built PWA (web/citizen/dist); unset: the API only")
    photo_dir: Path = Field(default=Path("photos"), description="Where photos of reports are kept")
    map_file: Path | None = Field(default=None, description="PMTiles archive of the town; unset: no map")
    notifier_url: str = Field(
        default="http://127.0.0.1:18092", description="Notifier's internal address: codes, notices, wordings of announcements"
    )
    notifier_timeout_s: float = Field(default=5.0, gt=0, description="Longest wait for the notifier to accept a code")
    vapid_public_key: str | None = Field(
        default=None,
        description="applicationServerKeys (base64url) of notifier's VAPID keys, the current one first, between spaces",
    )
    vapid_public_key_file: Path | None = Field(
        default=None, description="The same from a file, a line each, read again when it changes; used where the value is unset"
    )
    loopback_push: bool = Field(default=False, description="Accept http push endpoints on this machine (the demo's push sink)")
    push_hosts: tuple[str, ...] = Field(
        default=("googleapis.com", "push.services.mozilla.com", "push.apple.com", "notify.windows.com"),
        description="Push services whose endpoints are accepted: these hosts and what is below them",
    )
    announcement_path: str = Field(default="/komunikaty/{id}", description="Path of an announcement's page in the PWA")
    announcement_channels: tuple[Channel, ...] = Field(
        default=(Channel.PUSH, Channel.EMAIL, Channel.SMS), description="Channels the town allows for announcements"
    )
    sms_price_pln: float = Field(
        default=0.16, ge=0, description="Highest price of an SMS part, for the four-eyes rule while notifier cannot be asked"
    )
    sms_max_parts: int = Field(default=3, ge=1, le=10, description="Most parts of an SMS, for the same: as notifier cuts it")
    four_eyes_emergencies: bool = Field(
        default=True, description="An emergency is sent only when a second person has agreed; false where one is on duty alone"
    )
    four_eyes_above_pln: float | None = Field(
        default=200.0, ge=0, description="SMS that cost more than this need a second person's agreement; unset: none do"
    )
    approval_timeout_s: int = Field(
        default=3600, ge=60, description="A draft that nobody decides about in this time goes back to its author"
    )
    publish_poll_s: float = Field(default=1.0, gt=0, le=60, description="How often it is looked for drafts whose time has come")
    housekeeping_every_s: float = Field(
        default=600.0, ge=1, le=3600, description="How often expired codes, sessions and left-over photos are removed"
    )
    attachment_bytes: int = Field(default=7 * MIB, ge=1024, description="Largest file attached to an announcement")
    cap_sender: str = Field(
        default="", pattern=r"^[^\s,<&]*$", description="CAP sender, e.g. kryzys@miasto.pl; empty: made from the public address"
    )
    cap_contact: str = Field(default="", description="Contact named in CAP documents, e.g. the crisis centre's phone number")
    life_sign_s: int = Field(default=60, ge=5, le=3600, description="Beat of the life-sign document; it is valid for three")
    open_data_licence: str = Field(default="CC0-1.0", description="SPDX id of the open data's licence")
    open_data_licence_url: str = Field(
        default="https://creativecommons.org/publicdomain/zero/1.0/", description="Where that licence can be read"
    )
    legal_basis: str = Field(default="art. 6 ust. 1 lit. a RODO", description="Legal basis noted with each consent")
    camera_administrator: str = Field(default="", description="Who administers the cameras' data, shown in the public register")
    protection_officer: str = Field(
        default="", description="The data protection officer and how to reach them, shown to residents"
    )
    camera_legal_basis: str = Field(
        default="art. 9a ustawy o samorządzie gminnym w zw. z art. 6 ust. 1 lit. e RODO",
        description="Legal basis of watching public places, shown in the public register",
    )
    contacts_file: Path | None = Field(
        default=None, description="JSON list of the town's own contacts, shown before the national emergency numbers"
    )

    code_ttl_s: int = Field(default=600, ge=60, le=3600, description="How long a one-time code is good")
    code_wrong_tries: int = Field(default=5, ge=1, le=10, description="Wrong codes after which a contact is locked")
    code_lock_s: int = Field(default=900, ge=1, description="How long a contact stays locked")
    code_resend_s: int = Field(default=30, ge=0, description="Shortest time between two codes to one contact")
    codes_per_contact_hour: int = Field(default=6, ge=1, description="Most codes to one contact in an hour")
    codes_per_ip_hour: int = Field(default=60, ge=1, description="Most codes asked for from one address in an hour")
    tries_per_ip_hour: int = Field(default=200, ge=1, description="Most codes tried from one address in an hour")
    reports_per_ip_hour: int = Field(default=60, ge=1, description="Most reports from one address in an hour")
    reports_per_contact_hour: int = Field(default=20, ge=1, description="Most reports that name one contact in an hour")
    reports_without_work: int = Field(
        default=30, ge=0, description="Reports from one address in an hour before each further one needs a proof of work"
    )
    proof_bits: int = Field(default=18, ge=0, le=30, description="Difficulty of the proof of work: leading zero bits of SHA-256")
    me_too_per_ip_hour: int = Field(default=120, ge=1, description='Most "me too" from one address in an hour')
    messages_per_report_hour: int = Field(default=20, ge=1, description="Most messages of its reporter about a report in an hour")
    open311_per_key_hour: int = Field(default=2000, ge=1, description="Most reports by Open311 with one key in an hour")
    open311_jurisdiction: str = Field(default="", description="jurisdiction_id of Open311; empty: any is taken for this town")
    push_per_ip_hour: int = Field(default=60, ge=1, description="Most new push subscriptions from one address in an hour")
    tests_per_resident_hour: int = Field(
        default=5, ge=1, description="Most requests for test messages of one resident in an hour"
    )
    votes_per_ip_hour: int = Field(default=120, ge=1, description="Most votes in consultations from one address in an hour")
    opinions_per_ip_hour: int = Field(default=30, ge=1, description="Most opinions in consultations from one address in an hour")
    footage_requests_per_ip_hour: int = Field(
        default=10, ge=1, description="Most requests for one's own footage from one address in an hour"
    )
    longest_kept_days: int = Field(
        default=90, ge=1, le=90, description="Longest time any footage is kept; older is not searched for"
    )
    footage_request_keep_days: int = Field(
        default=1095, ge=30, description="How long an answered request for footage is kept as proof that it was answered"
    )
    requests_per_address_minute: int = Field(
        default=6000,
        ge=1,
        description="Most requests from one address in a minute; thousands may share one behind a mobile network",
    )
    body_bytes: int = Field(default=1 * MIB, ge=1024, description="Largest request body, but for photos, files and imports")
    session_days: int = Field(default=90, ge=1, le=400, description="How long a sign-in lasts without use")

    unblurred_days: int = Field(
        default=30, ge=0, le=365, description="How long a blurred photo's unblurred picture is kept, shown to nobody"
    )
    photo_bytes: int = Field(default=15 * MIB, ge=1024, description="Largest photo")
    upload_bytes: int = Field(default=40 * MIB, ge=1024, description="Largest report with all its photos")
    photo_pixels: int = Field(default=64_000_000, ge=1, description="Most pixels of a photo; more is refused before decoding")
    photo_workers: int = Field(default=2, ge=1, le=16, description="Processes that re-encode photos")
    photo_timeout_s: float = Field(default=20.0, gt=0, description="Longest time for one photo; its process is ended after it")
    photo_queue: int = Field(default=64, ge=1, description="Most photos that wait for a process; beyond it the door says 503")

    def announcement_url(self, announcement_id: str) -> str:
        """The public page of an announcement, as it goes out in messages."""
        return self.public_url.rstrip("/") + self.announcement_path.format(id=announcement_id)

    def unsubscribe_url(self, token: str) -> str:
        """The one-click address (RFC 8058) of one contact."""
        return f"{self.public_url.rstrip('/')}/wypisz/{token}"

    @cached_property
    def origins(self) -> frozenset[str]:
        """Origins whose pages may change things."""
        return frozenset({self.public_url.rstrip("/"), *self.allowed_origins})

    @property
    def secure_cookies(self) -> bool:
        """True when residents come over HTTPS."""
        return self.public_url.startswith("https://")
