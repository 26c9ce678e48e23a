"""Who saw, played, exported, changed, decided, and why."""

from typing import ClassVar, Literal

from pydantic import Field

from hejnal_contracts.base import CameraId, Fact, Id, Instant, Model


class Actor(Model):
    """Who did it."""

    kind: Literal["staff", "resident", "service"]
    id: Id
    role: str = ""


class AuditRecorded(Fact):
    """One entry for the audit log."""

    TYPE: ClassVar[str] = "audit.recorded.v1"

    entry_id: Id
    actor_id: Id = Field(description="Equal to actor.id: the key that keeps one actor's entries in order")
    actor: Actor
    action: str = Field(pattern=r"^[a-z-]+\.[a-z-]+$", description="e.g. footage.live, footage.playback, camera.changed")
    object_id: str = ""
    camera_id: CameraId | None = None
    footage_from: Instant | None = None
    footage_until: Instant | None = None
    reason: str = ""
    source_ip: str = ""
    outcome: Literal["allowed", "refused", "failed"] = "allowed"
    at: Instant


class AuditHeadRecorded(Fact):
    """How far the audit log had grown, told where its keeper cannot take it back: a log cut short or rewritten is found out."""

    TYPE: ClassVar[str] = "audit.head-recorded.v1"

    actor_id: Id = Field(description="The service that keeps the log; the key on this topic")
    position: int = Field(ge=1, description="Position of the newest entry")
    hash: str = Field(pattern=r"^[0-9a-f]{64}$", description="Its SHA-256, which covers every entry before it")
    at: Instant
    statement: str = Field(max_length=2000, description="The same, signed: a JWS (EdDSA) of type hejnal-audit-head")
