"""From a segment to its bytes: the one place that knows that there are two tiers."""

from hejnal_recorder.playback import index
from hejnal_recorder.playback.index import SegmentFile
from hejnal_recorder.playback.reading import FileReading, ObjectReading, Reading
from hejnal_recorder.resources import Resources
from hejnal_runtime.errors import AppError, Kind


async def open_segment(here: Resources, segment_id: str, segment: SegmentFile, first: int, length: int) -> Reading:
    """An open range of the segment.

    FileNotFoundError when its bytes are gone; AppError(UNAVAILABLE) when the store that has them is away.
    """
    if not segment.in_store:
        try:
            return await FileReading.open(here.settings.archive_dir / segment.path, first, length)
        except FileNotFoundError:
            async with here.database.read() as session:  # it may have been moved since the index was asked
                now = await index.find_file(session, segment_id)
            if now is None or not now.in_store:
                raise
    store = await here.object_store()
    if store is None:
        detail = "This footage lies in the object store, and none is configured. Set HEJNAL_RECORDER_STORE_ENDPOINT again."
        raise AppError(Kind.UNAVAILABLE, "store-not-configured", detail)
    return await ObjectReading.open(store, segment.path, first, length)
