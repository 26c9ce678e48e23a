"""Metrics of the runtime itself; each service has its own `metrics.py` beside this."""

import time

from prometheus_client import Counter, Gauge, Histogram

BUS_MESSAGES = Counter("hejnal_bus_messages_total", "Messages by outcome: done, dlq, ignored", ["group", "topic", "outcome"])
BUS_RETRIES = Counter("hejnal_bus_retries_total", "In-place retries of a message", ["group", "topic"])
BUS_HANDLING_S = Histogram(
    "hejnal_bus_handling_seconds",
    "Time in the handler, retries included",
    ["group", "topic"],
    buckets=(0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30, 120),
)
BUS_LAG = Gauge("hejnal_bus_lag_messages", "Messages not yet handled", ["group", "topic"])
BUS_REFUSED = Gauge("hejnal_bus_refused", "1 while Kafka refuses a client: password, certificate or a right", ["client"])
BUS_STOPPED = Gauge("hejnal_bus_consumer_stopped", "1 when a consumer stopped because its DLQ filled too fast", ["group"])
OUTBOX_SENT = Counter("hejnal_outbox_sent_total", "Facts sent from the outbox", ["schema"])
OUTBOX_FAILURES = Counter("hejnal_outbox_failures_total", "Batches that could not be sent and went again", ["schema"])
OUTBOX_PARKED = Counter("hejnal_outbox_parked_total", "Facts that can never be sent", ["schema"])
OUTBOX_OLDEST_AGE_S = Gauge("hejnal_outbox_oldest_age_seconds", "Age of the oldest unsent fact", ["schema"])
HTTP_REQUESTS = Counter("hejnal_http_requests_total", "HTTP requests", ["method", "route", "status"])
HTTP_DURATION_S = Histogram("hejnal_http_request_duration_seconds", "Time to the end of the response", ["method", "route"])
HTTP_CLIENTS_GONE = Counter("hejnal_http_clients_gone_total", "Clients that left while their request was still being read")
EVENT_LOOP_LAG_S = Gauge("hejnal_event_loop_lag_seconds", "How late the event loop woke a timer")
HEALTH_CHECK_OK = Gauge("hejnal_health_check_ok", "Each check of /readyz, made with each scrape: 1 well, 0 not", ["check"])
CLOCK_AT = Gauge("hejnal_clock_timestamp_seconds", "The machine's clock at the scrape, Unix time")
CLOCK_AT.set_function(time.time)
