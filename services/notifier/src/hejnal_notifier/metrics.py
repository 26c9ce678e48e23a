"""Metrics of the notifier."""

from prometheus_client import Counter, Gauge, Histogram

PLANNED_DELIVERIES = Counter("hejnal_notifier_planned_deliveries_total", "Deliveries planned from announcement versions")
PLAN_DURATION_S = Histogram(
    "hejnal_notifier_plan_duration_seconds", "Time to plan one version", buckets=(0.01, 0.05, 0.1, 0.5, 1, 2, 5, 15)
)
ATTEMPTS = Counter("hejnal_notifier_attempts_total", "Tries by outcome", ["channel", "provider", "outcome"])
ATTEMPT_DURATION_S = Histogram(
    "hejnal_notifier_attempt_duration_seconds",
    "Time in the provider's hands",
    ["channel"],
    buckets=(0.005, 0.02, 0.05, 0.1, 0.5, 1, 5, 15),
)
WAITED_S = Histogram(
    "hejnal_notifier_waited_seconds",
    "From when it could first have gone to accepted by the provider, tries in vain included",
    ["channel"],
    buckets=(0.1, 0.5, 1, 2, 5, 15, 60, 300, 3600),
)
IN_FLIGHT = Gauge("hejnal_notifier_in_flight_deliveries", "Deliveries in the hands of this process", ["channel"])
QUEUED = Gauge("hejnal_notifier_due_deliveries", "Deliveries that are due and not yet taken", ["channel"])
OLDEST_DUE_S = Gauge("hejnal_notifier_oldest_due_seconds", "How long the oldest delivery is due and not taken", ["channel"])
DOUBTFUL = Counter("hejnal_notifier_doubtful_deliveries_total", "Deliveries whose worker was lost", ["channel", "settled"])
RECEIPTS = Counter("hejnal_notifier_receipts_total", "Receipts by meaning", ["channel", "meaning", "applied"])
CONTACTS_FAILED = Counter("hejnal_notifier_contacts_failed_total", "Contacts that can no longer be used", ["channel", "reason"])
PUSH_SUBSCRIPTIONS = Gauge(
    "hejnal_notifier_push_subscriptions", "Browsers that get web push, by the VAPID key they subscribed with", ["key", "state"]
)
SHOWN = Counter("hejnal_notifier_shown_total", "Notifications that devices have said to have shown")
SPARED_SMS = Counter("hejnal_notifier_spared_sms_total", "SMS called off because a push was shown")
BOUNCES = Counter("hejnal_notifier_bounces_total", "Messages in the bounce mailbox by what they say", ["what"])
TEMPLATE_FAILURES = Counter(
    "hejnal_notifier_template_failures_total", "Town templates that could not be rendered", ["channel", "language"]
)
DIGESTS = Counter("hejnal_notifier_digests_total", "Messages that several announcements were gathered into")
SMS_PARTS = Counter("hejnal_notifier_sms_parts_total", "SMS parts accepted by the providers", ["provider"])
PROVIDER_UP = Gauge(
    "hejnal_notifier_provider_up", "1: the provider takes messages; 0: it fails again and again", ["channel", "provider"]
)
PROVIDER_RESTS = Counter(
    "hejnal_notifier_provider_rests_total", "Times a failing provider was left alone", ["channel", "provider"]
)
PROVIDER_CREDIT = Gauge("hejnal_notifier_provider_credit", "What is left on a prepaid account", ["provider", "unit"])
PROVIDER_CREDIT_LOW = Gauge("hejnal_notifier_provider_credit_low", "1: less is left than the town's limit", ["provider"])
INBOUND = Counter("hejnal_notifier_inbound_messages_total", "SMS from residents by what they ask for", ["meaning"])
SMS_BUDGET_ZL = Gauge("hejnal_notifier_sms_budget_zloty", "What SMS may cost in a calendar month; +Inf without a limit")
SMS_SPENT_ZL = Gauge("hejnal_notifier_sms_spent_zloty", "What SMS have cost in this calendar month")
OVER_BUDGET = Counter("hejnal_notifier_over_budget_total", "Versions whose SMS went past the month's budget", ["what"])
for _what in ("passed", "held_back"):  # a counter that begins at its first increase hides it from whoever asks for increases
    OVER_BUDGET.labels(_what)
