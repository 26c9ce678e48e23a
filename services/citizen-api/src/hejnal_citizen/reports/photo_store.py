"""Photos on disk: gathered in `incoming/`, moved to `reports/` as one folder per report in a single step."""

import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from uuid import uuid4

from fastapi.responses import FileResponse

from hejnal_runtime.errors import AppError, Kind

ABANDONED_AFTER_S = 3600.0
LOOK_BACK_S = 7 * 86_400.0
_SIZES: tuple[Literal["full", "thumb"], ...] = ("full", "thumb")


@dataclass(frozen=True, slots=True)
class BlurDraft:
    """A photo's picture that is being made anew."""

    folder: Path
    source: Path
    full: Path
    thumb: Path
    target: Path
    photo_id: str


class PhotoStore:
    """Folders below one root. Nothing is visible under `reports/` before it is whole and durable."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._incoming = root / "incoming"
        self._reports = root / "reports"

    def begin(self) -> Path:
        """A fresh folder for one upload."""
        folder = self._incoming / uuid4().hex
        (folder / "photos").mkdir(parents=True, mode=0o700)
        return folder

    def abandon(self, upload: Path) -> None:
        """Remove an upload's folder and everything in it."""
        shutil.rmtree(upload, ignore_errors=True)

    def keep(self, upload: Path, report_id: str) -> None:
        """Make the upload's finished photos the report's: synced, then renamed, then the rename synced."""
        target = self._folder(report_id)
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _sync_directory(upload / "photos")
        (upload / "photos").rename(target)
        _sync_directory(target.parent)

    def drop(self, report_id: str) -> None:
        """Remove a report's photos."""
        shutil.rmtree(self._folder(report_id), ignore_errors=True)

    def begin_blur(self, report_id: str, photo_id: str) -> BlurDraft:
        """A folder for a new picture of a photo, made from the unblurred one where that is still kept."""
        target = self._folder(report_id)
        kept, full = target / _unblurred_name(photo_id), target / photo_name(photo_id, "full")
        source = kept if kept.is_file() else full
        if not source.is_file():
            raise AppError(Kind.GONE, "photo-gone", "This photo is no longer kept.")
        folder = self.begin()
        names = {size: folder / photo_name(photo_id, size) for size in _SIZES}
        return BlurDraft(folder, source, names["full"], names["thumb"], target, photo_id)

    def finish_blur(self, draft: BlurDraft) -> None:
        """Put the new picture in the old one's place; the first time the old one stays aside, where no door leads.

        When the caller's transaction then fails the picture is blurred all the same: it errs on the safe side.
        """
        kept = draft.target / _unblurred_name(draft.photo_id)
        if not kept.exists():
            os.link(draft.target / photo_name(draft.photo_id, "full"), kept)
        draft.full.replace(draft.target / photo_name(draft.photo_id, "full"))
        draft.thumb.replace(draft.target / photo_name(draft.photo_id, "thumb"))
        _sync_directory(draft.target)

    def drop_unblurred(self, report_id: str, photo_id: str) -> None:
        """Remove the picture without rectangles."""
        (self._folder(report_id) / _unblurred_name(photo_id)).unlink(missing_ok=True)

    def response(self, report_id: str, photo_id: str, size: Literal["full", "thumb"]) -> FileResponse:
        """A photo as a response. The caller has made sure that this report has this photo."""
        path = self._folder(report_id) / photo_name(photo_id, size)
        if not path.is_file():
            raise AppError(Kind.GONE, "photo-gone", "This photo is no longer kept.")
        headers = {"Cache-Control": "private, max-age=86400, immutable", "X-Content-Type-Options": "nosniff"}
        return FileResponse(path, media_type="image/jpeg", headers=headers, content_disposition_type="inline")

    def abandoned_uploads(self) -> list[Path]:
        """Folders of uploads that ended with their process."""
        return [folder for folder in _children(self._incoming) if _age_s(folder) > ABANDONED_AFTER_S]

    def recent_reports(self) -> list[str]:
        """Ids of report folders old enough to have a row and young enough to be worth a look."""
        folders = [folder for shard in _children(self._reports) for folder in _children(shard)]
        return [folder.name for folder in folders if ABANDONED_AFTER_S < _age_s(folder) < LOOK_BACK_S]

    def _folder(self, report_id: str) -> Path:
        return self._reports / report_id[-2:] / report_id


def photo_name(photo_id: str, size: Literal["full", "thumb"]) -> str:
    """File name of a photo inside its report's folder."""
    return f"{photo_id}.{size}.jpg"


def _unblurred_name(photo_id: str) -> str:
    return f"{photo_id}.unblurred.jpg"


def _children(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except FileNotFoundError:
        return []


def _age_s(folder: Path) -> float:
    try:
        return time.time() - folder.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _sync_directory(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
