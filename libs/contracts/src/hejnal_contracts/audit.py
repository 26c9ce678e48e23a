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
