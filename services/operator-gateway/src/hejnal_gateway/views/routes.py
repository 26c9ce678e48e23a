"""Saved views of the wall at the staff door."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from hejnal_gateway.access import Res, StaffRequired
from hejnal_gateway.accounts.roles import WATCH_LIVE
from hejnal_gateway.accounts.sessions import StaffSession
from hejnal_gateway.views.views import ChangedWallView, WallView, WallViewDraft

router = APIRouter(prefix="/api/v1/account/views", tags=["wall views"])
Watcher = Annotated[StaffSession, Depends(StaffRequired(WATCH_LIVE))]


class WallViewList(BaseModel):
    """Own views first, each by number."""

    items: list[WallView]


@router.get("", summary="Saved views of the wall")
async def list_views(resources: Res, staff: Watcher) -> WallViewList:
    """One's own, and those that are shared with one's role."""
    return WallViewList(items=await resources.views.all(staff))


@router.post("", status_code=201, summary="Save a view of the wall")
async def add_view(body: WallViewDraft, resources: Res, staff: Watcher) -> WallView:
    """Which cameras hang where, under a name and a number."""
    return await resources.views.add(staff, body)


@router.put("/{view_id}", summary="Change a saved view")
async def change_view(view_id: str, body: ChangedWallView, resources: Res, staff: Watcher) -> WallView:
    """Only the account that saved it may."""
    return await resources.views.change(staff, view_id, body)


@router.delete("/{view_id}", status_code=204, summary="Remove a saved view")
async def remove_view(view_id: str, resources: Res, staff: Watcher) -> None:
    """Only the account that saved it may."""
    await resources.views.remove(staff, view_id)
