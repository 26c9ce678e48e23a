"""Which cameras an account may know of: all, or those of its camera groups. One place, asked by every way to a camera."""

from collections.abc import Iterable

from sqlalchemy import Text, cast, select
from sqlalchemy.dialects.postgresql import ARRAY

from hejnal_gateway.accounts.sessions import StaffSession
from hejnal_gateway.tables import cameras
from hejnal_runtime.database import Database
from hejnal_runtime.errors import AppError, Kind

Groups = frozenset[str] | None
"""None: every camera. An empty set: none."""


def unseen(camera_id: str) -> AppError:
    """What is said of a camera out of sight: the same as of one that does not exist."""
    return AppError(Kind.NOT_FOUND, "camera-unknown", f"There is no camera {camera_id!r}.")


class CameraSight:
    """Judges by the registry's groups, those of removed cameras too: their footage is still there.

    Requests are judged by the database. `shows` judges events by what this process has heard on the topic `cameras`.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._groups: dict[str, frozenset[str]] = {}

    async def demand(self, staff: StaffSession, camera_id: str) -> None:
        """AppError(NOT_FOUND) for a camera this person may not know of."""
        if not await self.sees_all(staff, [camera_id]):
            raise unseen(camera_id)

    async def sees_all(self, staff: StaffSession, camera_ids: Iterable[str]) -> bool:
        """Whether this person may know of every one of these cameras."""
        wanted = set(camera_ids)
        return staff.camera_groups is None or await self.visible(staff, wanted) == wanted

    async def visible(self, staff: StaffSession, camera_ids: Iterable[str]) -> set[str]:
        """Those of the cameras that this person may know of."""
        wanted = set(camera_ids)
        if staff.camera_groups is None or not wanted:
            return wanted
        query = select(cameras.c.camera_id).where(
            cameras.c.camera_id.in_(wanted),
            cameras.c.state["groups"].has_any(cast(sorted(staff.camera_groups), ARRAY(Text))),
        )
        async with self._database.read() as session:
            return set((await session.execute(query)).scalars())

    def heard(self, camera_id: str, groups: Iterable[str]) -> None:
        """The registry says what groups a camera belongs to."""
        self._groups[camera_id] = frozenset(groups)

    def shows(self, allowed: Groups, camera_id: str) -> bool:
        """Whether an event about a camera may be told to somebody with these groups. What is not known yet is not shown."""
        return allowed is None or not allowed.isdisjoint(self._groups.get(camera_id, frozenset()))
