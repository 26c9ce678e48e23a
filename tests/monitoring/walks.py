"""Which faults are walked: what breaks, which alerts must follow, which runbook ends them."""

from dataclasses import dataclass, field

from . import faults, people, storage_faults
from .faults import Fault, all_of, ended, nothing


@dataclass(frozen=True)
class Walk:
    """A fault, the alerts that must follow, and the runbook that ends them."""

    name: str
    words: str
    """The fault in the words of `docs/runbooks/README.md`."""
    fault: Fault
    alerts: tuple[str, ...]
    """The runbook of the first is followed."""
    told: tuple[str, ...] | None = None
    """Who of them wakes somebody; the others are silenced by them or wait for the day. None: all."""
    more: dict[str, str] = field(default_factory=dict)
    """Variables of the runbook's commands."""
    says: str = ""
    """What the runbook's commands must say of the fault."""
    mend: Fault | None = None
    """What the runbook asks of a person before its commands: no command can do it."""
    fires_within_s: int = 150
    ends_within_s: int = 240


WALKS = (
    # First: a forecast of days needs an archive that has not grown much yet.
    Walk("the disk fills slowly", "dysk pełny w 92 %", storage_faults.filled(0.08),
         ("HejnalDiskGettingShort", "HejnalDiskFullSoon"), ()),
    Walk("no backup yet", "nikt nie zrobił kopii", nothing, ("HejnalBackupMissing",), ()),
    Walk("a service ends", "usługa zatrzymana", ended("notifier"), ("HejnalServiceDown",), more={"USLUGA": "notifier"}),
    Walk("the cameras' power", "kamery bez zasilania", ended("cameras"),
         ("HejnalCamerasDark", "HejnalCameraGroupDark", "HejnalCameraDark", "HejnalRecordingBudgetFast",
          "HejnalRecordingBudgetSlow"),
         ("HejnalCamerasDark",), ends_within_s=600),
    Walk("ingest is killed", "ingest zabity (kill -9)", faults.killed("ingest"), ("HejnalRecordingGaps",), ()),
    Walk("Kafka ends", "Kafka zatrzymana, ktoś wydaje komunikat", all_of(ended("kafka"), faults.announced_in_vain),
         ("HejnalKafkaAway", "HejnalOutboxStuck", "HejnalNotReady"), ("HejnalKafkaAway",)),
    Walk("the database ends", "baza zatrzymana, mieszkańcy pytają", all_of(ended("postgres"), faults.asked_in_vain),
         ("HejnalDatabaseAway",)),
    Walk("errors of the doors", "baza zatrzymana, strona odpowiada 503", all_of(ended("postgres"), faults.asked_in_vain),
         ("HejnalApiBudgetFast", "HejnalApiBudgetSlow"), (), mend=faults.begun("postgres")),
    Walk("a message nobody can read", "niezrozumiałe wiadomości w temacie", faults.garbage("announcements", 3),
         ("HejnalDeadLetters",), (), says="key obcy"),
    Walk("a flood of them", "zalew niezrozumiałych wiadomości", faults.garbage("announcements", 130, then_unknown=1500),
         ("HejnalConsumerStopped", "HejnalKafkaLag"), ("HejnalConsumerStopped",), says="key obcy"),
    Walk("a fact too large", "fakt większy, niż bierze Kafka", faults.fact_too_large, ("HejnalOutboxParked",), ()),
    Walk("Kafka refuses", "złe hasło usługi do Kafki", faults.wrong_password("notifier"), ("HejnalKafkaRefuses",),
         mend=faults.right_password("notifier")),
    Walk("the provider of e-mail is away", "dostawcy milczą",
         all_of(people.announced_while_providers_are_away, faults.codes_wanted),
         ("HejnalChannelDown", "HejnalProviderDown"), ("HejnalChannelDown",)),
    Walk("nobody takes what waits", "czyjaś otwarta transakcja blokuje tabelę wysyłki", people.table_locked,
         ("HejnalDeliveriesStuck",), ()),
    Walk("warnings accepted late", "dostawcy przyjęli wiadomości po czasie", people.accepted_late,
         ("HejnalDeliveryBudgetFast", "HejnalDeliveryBudgetSlow"), ("HejnalDeliveryBudgetFast",)),
    Walk("the SMS budget", "komunikaty ponad budżet SMS", people.sms_past_the_budget,
         ("HejnalSmsHeldBack", "HejnalSmsBudgetNearlyUsed"), ("HejnalSmsHeldBack",),
         more={"HEJNAL_NOTIFIER_SMS_MONTHLY_BUDGET_ZL": "500"}),
    Walk("the account runs low", "pusto na koncie u dostawcy SMS", people.account_runs_low, ("HejnalProviderCreditLow",), (),
         mend=people.account_is_paid),
    Walk("a push key is lost", "klucz powiadomień podmieniony", people.push_key_lost, ("HejnalPushKeyMissing",),
         mend=people.push_key_found),
    Walk("nobody approves", "alarm czeka na drugą osobę", people.approval_wanted, ("HejnalApprovalWaits",), (),
         mend=people.approval_given),
    Walk("a draft is overtaken", "zaplanowaną wersję ubiegło odwołanie", people.overtaken_draft, ("HejnalDraftReturned",), ()),
    Walk("a service starts again and again", "usługa zabita cztery razy z rzędu",
         faults.killed_again_and_again("notifier", 4), ("HejnalRestarts",), (), {"USLUGA": "notifier"},
         fires_within_s=400, ends_within_s=420),
    Walk("a service gets no processor", "usługa bez procesora", faults.starved("citizen-api"), ("HejnalEventLoopBlocked",), (),
         {"USLUGA": "citizen-api"}),
    Walk("nobody watches a service", "Prometheus nie zna usługi", faults.forgotten("notifier"), ("HejnalServiceMissing",),
         more={"USLUGA": "notifier"}, mend=faults.remembered),
    Walk("live views start slowly", "ingest zamiera, gdy ktoś otwiera kamery", people.slow_starts,
         ("HejnalLiveStartBudgetFast", "HejnalLiveStartBudgetSlow"), ("HejnalLiveStartBudgetFast",)),
    Walk("the clock is set wrongly", "zegar przestawiony o dwie godziny", storage_faults.clock_set_wrongly,
         ("HejnalClockOff", "HejnalClockDoubted"), (), mend=storage_faults.clock_set_right),
    Walk("a key is nearly over", "klucze sprzed prawie dwóch lat", storage_faults.key_nearly_over,
         ("HejnalEvidenceKeyEnds",), ()),
    Walk("the audit log is changed", "wpis dziennika zmieniony w bazie", storage_faults.audit_log_changed,
         ("HejnalAuditBroken",), mend=storage_faults.audit_log_restored),
    Walk("a file of the archive is gone", "plik archiwum skasowany ręcznie", storage_faults.file_gone,
         ("HejnalFootageMissing",), ()),
    Walk("the disk fills", "dysk pełny w 97 %", storage_faults.filled(0.03), ("HejnalDiskShort",)),
    Walk("the recorder cannot commit", "czyjaś otwarta transakcja blokuje tabelę nagrań", faults.locked("recorder", "segments"),
         ("HejnalRecorderBehind",), ()),
    Walk("nobody keeps house", "czyjaś otwarta transakcja blokuje kody mieszkańców", faults.locked("citizen-api", "challenges"),
         ("HejnalHousekeepingStopped",), (), {"USLUGA": "citizen-api"}),
    Walk("the recorder ends", "rejestrator zatrzymany, bufor pełny", ended("recorder"),
         ("HejnalSpoolFilling", "HejnalFootageGivenUp"), (), fires_within_s=420, ends_within_s=300),
    Walk("somebody guesses passwords", "40 błędnych haseł", faults.guesses, ("HejnalSignInsLocked",), ()),
    Walk("a dozen accounts", "dwanaście nowych kont w minutę", people.many_accounts, ("HejnalSensitiveActs",), ()),
    Walk("the object store is away", "magazyn obiektów zatrzymany", storage_faults.store_away, ("HejnalObjectStoreAway",), (),
         fires_within_s=300),
    Walk("the backup is old", "kopia starsza niż doba", nothing, ("HejnalBackupTooOld",), (), fires_within_s=240),
)  # fmt: skip

BY_PROMTOOL: dict[str, str] = {}
"""What cannot be provoked in earnest within minutes on one machine, and why."""

GUARD = ("HejnalWatchdog", "Prometheus i Alertmanager zatrzymane")
"""It fires always; its walk is that it is missed."""
