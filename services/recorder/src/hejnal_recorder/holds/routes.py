"""Holds as staff see them: place, extend, have released by two."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from hejnal_contracts.base import CameraId
from hejnal_recorder.holds import store
from hejnal_recorder.holds.hold import MOST_CAMERAS, Hold, HoldState, LegalBasis, NewHold
from hejnal_recorder.playback.routes import Here, problems
from hejnal_recorder.staff_access import Holder, Releaser, Viewer

router = APIRouter(prefix="/internal/v1", tags=["holds"])

HoldIdPath = Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9-]+$")]
ERRORS: dict[int | str, dict[str, Any]] = problems(401, 403, 404, 409, 422, 503)


class HoldBody(BaseModel):
    """What is to be secured."""

    model_config = ConfigDict(populate_by_name=True, extra="forbid")

    cameras: list[CameraId] = Field(min_length=1, max_length=MOST_CAMERAS)
    starts_at: AwareDatetime = Field(alias="from")
    ends_at: AwareDatetime = Field(alias="to", description="May lie ahead: what is recorded until then is secured as it comes")
    legal_basis: LegalBasis
    basis_text: str = Field(min_length=3, max_length=2000, description="Provision and letter that ask for it")
    case_number: str = Field(min_length=1, max_length=100)
    expires_at: AwareDatetime = Field(description="When it ends by itself unless it is extended")


class ExtensionBody(BaseModel):
    """Only what grows."""

    model_config = ConfigDict(populate_by_name=True, extra="forbid")

    starts_at: AwareDatetime | None = Field(default=None, alias="from")
    ends_at: AwareDatetime | None = Field(default=None, alias="to")
    expires_at: AwareDatetime | None = None


class ReleaseBody(BaseModel):
    """Why it may be given free."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=3, max_length=300)


class HoldView(BaseModel):
    """A hold as it stands."""

    model_config = ConfigDict(populate_by_name=True, from_attributes=True)

    hold_id: str
    state: HoldState
    cameras: list[CameraId]
    starts_at: datetime = Field(serialization_alias="from")
    ends_at: datetime = Field(serialization_alias="to")
    legal_basis: LegalBasis
    basis_text: str
    case_number: str
    owner: str = Field(description="Staff id of who placed it")
    placed_at: datetime
    expires_at: datetime
    release_requested_by: str | None
    release_requested_at: datetime | None
    release_reason: str | None
    ended_by: str | None
    ended_at: datetime | None
    segments: int = Field(description="Segments it binds now")
    size_bytes: int


class Holds(BaseModel):
    """The newest first."""

    holds: list[HoldView]


def _view(hold: Hold) -> HoldView:
    return HoldView.model_validate(hold)


@router.get("/holds", operation_id="listHolds", summary="What is secured", responses=ERRORS)
async def list_holds(here: Here, _: Viewer, state: Annotated[HoldState | None, Query()] = None) -> Holds:
    """The newest 500."""
    async with here.database.read() as session:
        return Holds(holds=[_view(hold) for hold in await store.list_holds(session, state)])


@router.post("/holds", operation_id="placeHold", summary="Secure footage", status_code=201, responses=ERRORS)
async def place_hold(body: HoldBody, here: Here, who: Holder, response: Response) -> HoldView:
    """From when this is answered, nothing deletes footage of these cameras in the range, until release or expiry."""
    new = NewHold(
        cameras=tuple(body.cameras),
        starts_at=body.starts_at,
        ends_at=body.ends_at,
        legal_basis=body.legal_basis,
        basis_text=body.basis_text,
        case_number=body.case_number,
        owner=who.id,
        expires_at=body.expires_at,
    )
    async with here.database.transaction() as session:
        placed = await store.place(session, new, now=here.clock.now())
    response.headers["Location"] = f"/internal/v1/holds/{placed.hold_id}"
    return _view(placed)


@router.get("/holds/{hold_id}", operation_id="getHold", summary="One hold", responses=ERRORS)
async def get_hold(hold_id: HoldIdPath, here: Here, _: Viewer) -> HoldView:
    """As it stands, with what it binds."""
    async with here.database.read() as session:
        return _view(await store.find(session, hold_id))


@router.post("/holds/{hold_id}/extension", operation_id="extendHold", summary="Extend a hold", responses=ERRORS)
async def extend_hold(hold_id: HoldIdPath, body: ExtensionBody, here: Here, _: Holder) -> HoldView:
    """A wider range or a later expiry."""
    async with here.database.transaction() as session:
        hold = await store.extend(
            session, hold_id, starts_at=body.starts_at, ends_at=body.ends_at, expires_at=body.expires_at, now=here.clock.now()
        )
        return _view(hold)


@router.post(
    "/holds/{hold_id}/release-request", operation_id="requestRelease", summary="Ask for a hold's release", responses=ERRORS
)
async def request_release(hold_id: HoldIdPath, body: ReleaseBody, here: Here, who: Releaser) -> HoldView:
    """The first pair of eyes."""
    async with here.database.transaction() as session:
        return _view(await store.request_release(session, hold_id, by=who.id, reason=body.reason, now=here.clock.now()))


@router.post("/holds/{hold_id}/release", operation_id="releaseHold", summary="Agree to a hold's release", responses=ERRORS)
async def release_hold(hold_id: HoldIdPath, here: Here, who: Releaser) -> HoldView:
    """The second pair of eyes: not the one who asked."""
    async with here.database.transaction() as session:
        return _view(await store.release(session, hold_id, by=who.id, now=here.clock.now()))
