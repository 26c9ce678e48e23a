"""Every metric of ingest."""

from prometheus_client import Counter, Gauge, Histogram

CAMERAS = Gauge("hejnal_ingest_cameras", "Cameras held by this process", ["condition"])
GROUP_CAMERAS = Gauge(
    "hejnal_ingest_group_cameras", "Cameras held by this process, by group of the registry", ["camera_group", "condition"]
)
CONNECTS = Counter("hejnal_ingest_connects_total", "Attempts to open a stream of a camera", ["outcome"])
BREAKS = Counter("hejnal_ingest_breaks_total", "Holes in a stream that went on", ["reason"])
NATIVE_STREAMS = Gauge("hejnal_ingest_native_streams", "Threads that read streams through FFmpeg")
PACKETS_LOST = Counter("hejnal_ingest_rtp_packets_lost_total", "RTP packets that never came")
RUNS_ENDED = Counter("hejnal_ingest_runs_ended_total", "Recorded runs that have ended", ["cause"])
FRAGMENTS = Counter("hejnal_ingest_fragments_total", "Fragments made durable in the spool")
FRAGMENT_BYTES = Counter("hejnal_ingest_fragment_bytes_total", "Bytes of fragments made durable in the spool")
WRITE_S = Histogram(
    "hejnal_ingest_fragment_write_seconds",
    "From a group of pictures complete to durable and hashed",
    buckets=(0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10),
)
SYNC_GROUP = Histogram("hejnal_ingest_sync_group_fragments", "Fragments made durable together", buckets=(1, 2, 4, 8, 16, 32, 64))
PENDING_BYTES = Gauge("hejnal_ingest_pending_bytes", "Footage in memory that waits to be written")
WRITE_FAILURES = Counter("hejnal_ingest_write_failures_total", "Fragments that could not be written", ["reason"])
SPOOL_BYTES = Gauge("hejnal_ingest_spool_bytes", "Bytes of segments in the spool")
SPOOL_UNTAKEN_BYTES = Gauge("hejnal_ingest_spool_untaken_bytes", "Bytes in the spool that the recorder has not taken over")
SPOOL_LIMIT_BYTES = Gauge("hejnal_ingest_spool_limit_bytes", "Largest size of the spool")
SPOOL_FULL = Gauge("hejnal_ingest_spool_full", "1: recording is stopped since the spool is full of footage nobody has taken over")
SPOOL_PRUNED = Counter("hejnal_ingest_spool_pruned_total", "Segments removed from the spool", ["reason"])
SPOOL_GIVEN_UP = Counter("hejnal_ingest_spool_given_up_total", "Segments removed before the recorder had them")
FACTS_WAITING = Gauge("hejnal_ingest_facts_waiting", "Facts that Kafka has not yet acknowledged")
RELAY_READERS = Gauge("hejnal_ingest_relay_readers", "Open relay streams")
RELAY_SKIPS = Counter("hejnal_ingest_relay_skips_total", "Times a slow relay reader was moved on to the next key frame")
RECOVERED_RUNS = Counter("hejnal_ingest_recovered_runs_total", "Runs of an earlier process whose story was closed at start")
LOOKS = Counter("hejnal_ingest_looks_total", "Key frames handed to the picture decoder", ["outcome"])
LOOK_CPU_S = Counter("hejnal_ingest_look_cpu_seconds_total", "CPU time of the picture decoder")
TAMPERED = Counter("hejnal_ingest_tampered_total", "Onsets and ends of tampering and picture faults", ["kind", "phase"])
EVENTS_DROPPED = Counter("hejnal_ingest_events_dropped_total", "Camera events not told because Kafka was away too long")
PROBES = Counter("hejnal_ingest_probes_total", "Conformance probes of cameras", ["grade"])

ONVIF_FAULTS = Counter("hejnal_ingest_onvif_faults_total", "ONVIF conversations that failed", ["cause"])
ONVIF_SUBSCRIPTIONS = Counter(
    "hejnal_ingest_onvif_subscriptions_total", "PullPoint subscriptions, created and ended", ["outcome"]
)
ONVIF_EVENTS = Counter("hejnal_ingest_onvif_events_total", "Changes that cameras have told of", ["meaning"])
BACKFILL_GAPS = Gauge("hejnal_ingest_backfill_gaps", "Gaps that wait to be filled from cameras' cards")
BACKFILL_ENDED = Counter("hejnal_ingest_backfill_ended_total", "Gaps that need no more work", ["outcome"])
BACKFILL_FRAMES = Counter("hejnal_ingest_backfill_frames_total", "Pictures fetched from cameras' cards")
BACKFILL_BYTES = Counter("hejnal_ingest_backfill_bytes_total", "Bytes fetched from cameras' cards")
LINK_CHOICES = Counter(
    "hejnal_ingest_link_choices_total", "Times the recorded stream was changed for the link's sake", ["stream"]
)
