"""Every metric of the gateway."""

from prometheus_client import Counter, Gauge, Histogram

EVENTS = Counter("hejnal_gateway_events_total", "Events handed to consoles", ["event"])
EVENT_LISTENERS = Gauge("hejnal_gateway_event_listeners", "Consoles that listen now")
EVENT_LISTENERS_DROPPED = Counter("hejnal_gateway_event_listeners_dropped_total", "Consoles let go because they were too slow")
SIGN_INS = Counter("hejnal_gateway_sign_ins_total", "Tries to sign in: allowed, refused, locked", ["outcome"])
for _outcome in ("allowed", "refused", "locked"):
    SIGN_INS.labels(_outcome)  # a counter that begins at its first increase hides it from whoever asks for increases

VIEWERS = Gauge("hejnal_gateway_viewers", "Live views open now")
VIEWERS_REFUSED = Counter("hejnal_gateway_viewers_refused_total", "Live views refused", ["reason"])
VIEWERS_ENDED = Counter("hejnal_gateway_viewers_ended_total", "Live views ended", ["reason"])
FIRST_PICTURE_S = Histogram(
    "hejnal_gateway_first_picture_seconds",
    "From the offer to the last byte of the first key frame sent",
    buckets=(0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10),
)
LIVE_WORKERS = Gauge("hejnal_gateway_live_workers", "Live workers that say they are there")
LIVE_WORKERS_AWAY = Counter("hejnal_gateway_live_workers_away_total", "Live workers asked in vain")
TRANSCODES = Gauge("hejnal_gateway_transcodes", "Streams that are made anew now")
TRANSCODES_DIED = Counter("hejnal_gateway_transcodes_died_total", "Transcoding processes that died or took too long")
RELAYS = Gauge("hejnal_gateway_relays", "Relay streams open to ingest")
RELAY_BREAKS = Counter("hejnal_gateway_relay_breaks_total", "Relay streams that broke or were refused", ["reason"])
ACCESS_UNITS = Counter("hejnal_gateway_access_units_total", "Access units taken from relays")
RTP_PACKETS = Counter("hejnal_gateway_rtp_packets_total", "RTP packets sent")
RTP_UNSENT = Counter("hejnal_gateway_rtp_unsent_total", "RTP packets the socket would not take in time")
RTP_RESENT = Counter("hejnal_gateway_rtp_resent_total", "RTP packets sent again on NACK")
SOUNDS_MADE = Gauge("hejnal_gateway_sounds_made", "Cameras whose sound is made Opus now")
THIN_PATHS = Counter("hejnal_gateway_thin_paths_total", "Viewers whose path was found too thin for the stream")
GOP_RESTARTS = Counter("hejnal_gateway_gop_restarts_total", "Newest GOP sent again", ["reason"])
SEND_LATENCY_S = Histogram(
    "hejnal_gateway_send_latency_seconds",
    "From an access unit's arrival to its last packet sent, to all viewers",
    buckets=(0.0005, 0.001, 0.002, 0.004, 0.006, 0.01, 0.02, 0.05, 0.1, 0.5),
)

STOOD_IN = Counter("hejnal_gateway_stood_in_total", "Requests that another address answered for the first", ["upstream"])
PROXIED = Counter("hejnal_gateway_proxied_total", "Requests handed on to other services", ["upstream", "status"])
AUDIT_ENTRIES = Counter("hejnal_gateway_audit_entries_total", "Entries written to the audit log")
SENSITIVE_ACTS = Counter(
    "hejnal_gateway_sensitive_acts_total",
    "Acts that change who may do what, or which keys hold; each is worth a look",
    ["action"],
)
AUDIT_BROKEN = Counter("hejnal_gateway_audit_broken_total", "Heads told of the audit log that its entries do not agree with")

ALERTS = Counter("hejnal_gateway_alerts_total", "Alerts raised", ["kind"])
ALERT_ESCALATIONS = Counter("hejnal_gateway_alert_escalations_total", "Alerts that went one level up since nobody took them")
ALERT_SHOWN_S = Histogram(
    "hejnal_gateway_alert_shown_seconds",
    "From a change of an alert to its event for consoles",
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5),
)
WEBHOOK_ATTEMPTS = Counter("hejnal_gateway_webhook_attempts_total", "Tries to deliver: delivered, failed, expired", ["outcome"])
