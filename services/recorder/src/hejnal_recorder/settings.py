"""What the recorder can be told from outside."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from hejnal_runtime.settings import ServiceSettings


class Settings(ServiceSettings):
    """The recorder's settings, `HEJNAL_RECORDER_…`."""

    model_config = SettingsConfigDict(env_prefix="HEJNAL_RECORDER_", frozen=True, extra="ignore")

    service: str = Field(default="recorder", description="Name in tokens, facts and logs")
    internal_port: int = Field(default=18091, ge=0, le=65535, description="Port of the internal API, health and metrics")
    group: str = Field(
        default="recorder",
        pattern=r"^[a-z][a-z0-9-]{0,62}$",
        description="Consumer group; a second recorder (standby) has a group, a database and an archive folder of its own",
    )
    standby: bool = Field(
        default=False, description="Keep a second copy in silence: nothing is published, nobody's orders are taken"
    )
    archive_dir: Path = Field(default=Path("archive"), description="Where footage is kept: <camera>/<yyyy-mm-dd>/<segment>.mp4")
    spool_dir: Path | None = Field(
        default=None,
        description="Ingest's spool when it is on this machine: files are hard-linked. Without it they are fetched by HTTP",
    )
    batch_linger_s: float = Field(
        default=0.5, ge=0, le=2, description="How long facts may wait to be taken over together in one transaction"
    )
    fetch_timeout_s: float = Field(default=20.0, gt=0, description="Time limit of one fetch from ingest's spool")
    fetch_give_up_s: float = Field(
        default=900.0,
        gt=0,
        description="An ingest that cannot be reached for so long is taken for dead: its footage becomes a gap",
    )
    longest_playlist_h: float = Field(default=12.0, gt=0, le=24, description="Longest interval of one playlist")
    ceiling_days: int = Field(
        default=90,
        ge=1,
        le=3660,
        description="Nothing is kept longer, holds apart; above 90 only with `ceiling_decision`",
    )
    ceiling_decision: str = Field(
        default="", max_length=300, description="The signed-off decision that allows a ceiling above the law's 90 days"
    )
    default_keep_days: int = Field(
        default=30, ge=1, le=90, description="Retention of cameras the registry does not know (any more)"
    )
    exports_dir: Path = Field(default=Path("exports"), description="Where evidence packages are made: <export>/package.zip")
    export_keys_dir: Path | None = Field(
        default=None, description="The evidence authority's keys (`keys init` makes them). Without them there are no exports"
    )
    export_organisation: str = Field(default="Gmina", max_length=64, description="Who signs, as certificates name it")
    export_four_eyes: bool = Field(default=False, description="Whether somebody else has to approve each export")
    export_four_eyes_restricted: bool = Field(
        default=True, description="Whether somebody else has to approve exports of restricted cameras, even if of no others"
    )
    export_tsa_url: str | None = Field(
        default=None, pattern=r"^https?://", description="Time-stamp authority (RFC 3161) to ask; our own without it"
    )
    export_tsa_anchor: Path | None = Field(default=None, description="Root certificate (PEM) of that authority")
    export_verifier_dir: Path | None = Field(default=None, description="The built verifier page that goes into each package")
    export_keep_days: int = Field(default=14, ge=1, le=90, description="A finished package is deleted after so many days")
    export_most_bytes: int = Field(default=100_000_000_000, gt=0, description="Most footage of one export")
    longest_export_h: float = Field(default=24.0, gt=0, le=168, description="Longest interval of one export")
    export_file_bytes: int = Field(
        default=1_000_000_000, gt=0, description="A media file of a package is not larger: browsers check each in one go"
    )
    export_reserve_bytes: int = Field(
        default=2_000_000_000, ge=0, description="Exports stop before less than this is left on their disk"
    )
    store_endpoint: str | None = Field(
        default=None, pattern=r"^https?://", description="S3-compatible object store, the archive's second tier; none without it"
    )
    store_bucket: str = Field(default="hejnal-archive", min_length=3, max_length=63, description="Bucket in that store")
    store_region: str = Field(default="us-east-1", description="Region to sign requests for; most stores at home ignore it")
    store_access_key_file: Path | None = Field(default=None, description="File with the store's access key id")
    store_secret_key_file: Path | None = Field(default=None, description="File with the store's secret key")
    store_timeout_s: float = Field(default=30.0, gt=0, description="Time limit of one request to the store")
    tier_enabled: bool = Field(
        default=False,
        description="Whether footage moves into the store. Off again: what is there stays readable and is deleted in time",
    )
    tier_after_days: float = Field(default=7.0, ge=0.01, le=90, description="Footage moves when it ended so long ago")
    tier_at_once: int = Field(default=4, ge=1, le=32, description="Files that are moved at the same time")
    tier_interval_s: float = Field(default=60.0, gt=0, description="Pause between two looks for footage to move")
    retention_interval_s: float = Field(default=60.0, gt=0, description="Pause between two looks for footage that is too old")
