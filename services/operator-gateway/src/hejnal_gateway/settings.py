"""What the gateway can be told from outside."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from hejnal_gateway.accounts.roles import Role
from hejnal_runtime.settings import ServiceSettings


class GatewaySettings(ServiceSettings):
    """Read once at start from HEJNAL_GATEWAY_… variables."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_prefix="HEJNAL_GATEWAY_")

    public_port: int = Field(default=8081, ge=0, le=65535, description="Port of the staff door")
    internal_port: int = Field(default=18094, ge=0, le=65535, description="Port for health, metrics and the other services")
    public_url: str = Field(
        default="http://localhost:8081", description="How browsers reach the door; https makes cookies Secure"
    )
    static_dir: Path | None = Field(default=None, description="Built console (web/operator/dist)")
    map_file: Path | None = Field(default=None, description="PMTiles archive of the town")

    credentials_key_file: Path | None = Field(
        default=None,
        description="Keys of 32 random bytes, base64, a line each: the first encrypts camera credentials and TOTP secrets at "
        "rest, all decrypt; read again when changed",
    )
    session_idle_s: int = Field(default=8 * 3600, ge=60, description="A session unused this long is over")
    session_absolute_s: int = Field(default=24 * 3600, ge=60, description="A session this old is over")
    lock_after_failures: int = Field(default=5, ge=1, description="Wrong tries before a login name is locked")
    lock_s: int = Field(default=900, ge=1, description="How long a login name stays locked")

    max_sessions_per_account: int = Field(default=10, ge=1, description="One more ends the one that was unused longest")
    set_up_link_h: int = Field(default=72, ge=1, description="How long a link to set an account up works")

    oidc_issuer: str = Field(default="", description="OpenID Connect provider, e.g. https://login.gmina.example; empty: none")
    oidc_client_id: str = Field(default="", description="Name of this installation at the provider")
    oidc_client_secret: SecretStr | None = Field(default=None, description="Its secret; none for a public client (PKCE alone)")
    oidc_name: str = Field(default="OpenID Connect", description="What the sign-in page calls the provider")
    oidc_scopes: tuple[str, ...] = Field(default=("openid", "profile"), description="Scopes to ask for")
    oidc_role_claim: str = Field(default="roles", description="Claim with the person's roles; dots lead into objects")
    oidc_roles: dict[str, Role] = Field(default={}, description="Value of that claim → role here; the first that is there counts")
    oidc_groups_claim: str = Field(
        default="", description="Claim with camera groups; empty: every camera. Configured but missing in a token: no camera"
    )
    oidc_login_claim: str = Field(default="preferred_username", description="Claim with the login shown here")
    oidc_name_claim: str = Field(default="name", description="Claim with the person's name")
    oidc_required_amr: tuple[str, ...] = Field(
        default=(), description="Methods (amr) of which the provider must have used one, e.g. mfa; empty: its word is enough"
    )
    oidc_local_passwords: bool = Field(
        default=False, description="Whether accounts of the provider may be reset to sign in here with a password"
    )

    ingest_urls: tuple[str, ...] = Field(
        default=("http://127.0.0.1:18090",),
        description="Internal addresses of ingest processes, for looking for cameras while none is held; others are learned",
    )
    recorder_url: str = Field(default="http://127.0.0.1:18091", description="Recorder's internal address")
    recorder_standby_urls: tuple[str, ...] = Field(
        default=(), description="Further recorders with a copy of the footage: playback goes there while the first is away"
    )
    citizen_url: str = Field(default="http://127.0.0.1:18093", description="citizen-api's internal address")
    notifier_url: str = Field(default="http://127.0.0.1:18092", description="Notifier's internal address")
    upstream_timeout_s: float = Field(default=10.0, gt=0, description="Longest wait for an upstream's answer to begin")

    status_stale_s: float = Field(default=30.0, gt=0, description="A camera status older than this is shown as unknown")
    events_kept: int = Field(default=2000, ge=1, description="Events a console can miss and still resume")
    events_queue: int = Field(default=500, ge=1, description="Events a slow console may be behind before it is dropped")
    events_keep_days: int = Field(default=90, ge=1, description="How long camera events are kept")
    alert_facts_max_age_s: float = Field(default=6 * 3600, gt=0, description="Facts older than this raise no alert")
    alerts_keep_days: int = Field(default=730, ge=1, description="How long resolved alerts without an incident are kept")
    inbox_keep_days: int = Field(
        default=400, ge=366, description="How long it is remembered which facts were applied; longer than any topic keeps them"
    )
    dark_cameras_every_s: float = Field(default=2.0, gt=0, description="How often cameras without a picture are looked for")
    webhook_trusted_origins: tuple[str, ...] = Field(
        default=(), description="Origins inside the town's network that webhooks may name, e.g. http://10.0.0.5:9000"
    )
    ptz_lease_s: float = Field(default=10.0, gt=1, description="How long a joystick is kept after its last use")
    patrol_resume_after_s: float = Field(default=30.0, ge=0, description="How long after that a camera's round goes on")
    motion_keep_days: int = Field(default=2, ge=1, description="How long detected motion is kept")

    audit_head_every_s: float = Field(
        default=300.0, gt=0, description="How often the head of the audit log is signed and published while the log grows"
    )

    rtc_hosts: tuple[str, ...] = Field(default=("127.0.0.1",), description="Addresses the live view's UDP port is bound to")
    rtc_port: int = Field(default=0, ge=0, le=65535, description="UDP port of the live view; 0 takes any")
    rtc_announce: tuple[str, ...] = Field(
        default=(), description="Addresses told to browsers; empty: the bound or the host's own"
    )
    max_viewers: int = Field(default=120, ge=1, description="Live views one process serves at once")
    max_viewers_per_account: int = Field(default=64, ge=1, description="Live views one account may have at once")
    live_workers: int = Field(
        default=0, ge=0, le=64, description="Live workers that this process starts; with 0 it serves live views itself"
    )
    live_elsewhere: bool = Field(default=False, description="Live views are served by other processes only, started elsewhere")
    live_worker_url: str = Field(
        default="", description="Where other processes of the gateway reach this one's internal port; empty: as it is bound"
    )
    max_viewers_of_roles: dict[Role, int] = Field(
        default={}, description="Live views one account of a role may have at once, where that differs"
    )
    max_transcodes: int = Field(
        default=2, ge=0, description="Streams made anew at once by one process (no decoder in the browser, privacy masks)"
    )
    transcode_max_height: int = Field(default=720, ge=144, le=2160, description="Higher pictures are made smaller, in pixels")
    transcode_max_fps: float = Field(default=25, ge=1, le=60, description="More pictures a second are left out")
    relay_linger_s: float = Field(default=10.0, ge=0, description="How long an unwatched relay stays open")
    turn_urls: tuple[str, ...] = Field(default=(), description="TURN servers for browsers, e.g. turn:host:3478?transport=udp")
    turn_secret: SecretStr | None = Field(default=None, description="Shared secret of the TURN servers (use-auth-secret)")

    @property
    def serves_live(self) -> bool:
        """Whether this process serves live views itself."""
        return self.live_workers == 0 and not self.live_elsewhere

    @property
    def worker_url(self) -> str:
        """This process's internal port as others reach it."""
        host = f"[{self.internal_host}]" if ":" in self.internal_host else self.internal_host
        return self.live_worker_url or f"http://{host}:{self.internal_port}"
