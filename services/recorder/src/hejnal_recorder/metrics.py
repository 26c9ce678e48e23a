"""Every metric of the recorder."""

from prometheus_client import Counter, Gauge, Histogram

from hejnal_contracts.media import GapCause

FRAGMENTS = Counter(
    "hejnal_recorder_fragments_total",
    "Announced fragments by what became of them",
    ["outcome"],  # stored, duplicate, stale, missing, refused, left_out
)
TAKEOVER_BYTES = Counter("hejnal_recorder_takeover_bytes_total", "Bytes taken over into the archive", ["way"])  # link, fetch
TAKEOVER_SECONDS = Histogram(
    "hejnal_recorder_takeover_seconds",
    "Taking a batch of facts over: files, rows, commit",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
LAG_SECONDS = Gauge("hejnal_recorder_lag_seconds", "How far the archive is behind the cameras; grows while nothing is committed")
RECORDED_SECONDS = Counter("hejnal_recorder_recorded_seconds_total", "Length of the footage taken over, of all cameras together")
STANDBY = Gauge("hejnal_recorder_standby", "1: this recorder keeps the second copy; 0: the first")
SEGMENTS_STORED = Counter("hejnal_recorder_segments_stored_total", "Segments complete in the archive")
SEGMENTS_DELETED = Counter("hejnal_recorder_segments_deleted_total", "Segments deleted", ["reason"])
GAPS = Counter("hejnal_recorder_gaps_total", "Gaps opened", ["cause"])
for _cause in GapCause:  # a counter that begins at its first increase hides it from whoever asks for increases
    GAPS.labels(_cause.value)
PLAYLIST_SECONDS = Histogram(
    "hejnal_recorder_playlist_seconds",
    "Making a playlist",
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1),
)
MEDIA_SENT_BYTES = Counter("hejnal_recorder_media_sent_bytes_total", "Footage sent to viewers")
MEDIA_MISSING = Counter("hejnal_recorder_media_missing_total", "Requests for a segment whose file is gone or too short")
TIER_BYTES = Gauge("hejnal_recorder_tier_bytes", "Footage by where it lies", ["tier"])  # local, store
TIER_OLDEST_WAITING = Gauge(
    "hejnal_recorder_tier_oldest_waiting_seconds", "How long the oldest footage is due to be in the object store and is not"
)
TIER_MOVED = Counter(
    "hejnal_recorder_tier_files_total",
    "Files that were to be moved into the object store, by what became of them",
    ["outcome"],  # moved, bound, missing, corrupted, damaged
)
STORE_UP = Gauge("hejnal_recorder_store_up", "Whether the object store answered last (1) or not (0)")
STILLS = Counter(
    "hejnal_recorder_stills_total",
    "Single pictures by what became of them",
    ["outcome"],  # made, remembered, busy, undecodable, died
)
ARCHIVE_FREE_BYTES = Gauge("hejnal_recorder_archive_free_bytes", "Free space of the archive's file system")
DISK_LEVEL = Gauge("hejnal_recorder_disk_level", "Shortness of room: 0 fine, 1 from 90 %, 2 from 95 %, 3 from 99 % used")
CLOCK_DOUBTED_S = Gauge("hejnal_recorder_clock_doubted_seconds", "A leap ahead that deleting does not go by yet; 0 is well")
DAYS_UNTIL_FULL = Gauge("hejnal_recorder_days_until_full", "Forecast for the archive's disk; +Inf beyond a year")
GROWTH_BYTES_PER_DAY = Gauge("hejnal_recorder_growth_bytes_per_day", "Footage recorded a day, mean of the last full days")
EXPORTS = Counter("hejnal_recorder_exports_total", "Exports by what became of them", ["outcome"])  # finished, failed, taken_away
EXPORT_SECONDS = Histogram(
    "hejnal_recorder_export_seconds",
    "Making a package",
    buckets=(1, 3, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200),
)
EXPORT_KEYS_END = Gauge(
    "hejnal_recorder_export_keys_end_timestamp_seconds", "When the first evidence key runs out (Unix time); 0 when unusable"
)
