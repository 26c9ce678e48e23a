"""What the last look at a log line takes out, and what it leaves; what of a library's own lines is written."""

import json
import logging
import subprocess
import sys

from hejnal_runtime.logs import Damper

PROGRAM = """
import logging, threading, structlog
from hejnal_runtime.logs import configure_logging
configure_logging('notifier')
log = structlog.get_logger()
log.warning('provider_refused', detail='550 <anna.nowak+x@poczta.example.pl>: no such user', count=1)
log.warning('sms_refused', detail='recipient +48600100200 unknown', at='2026-11-22T06:00:00+01:00')
log.warning('database_away', error="OSError('postgresql+asyncpg://hejnal_notifier:s3cr3t@127.0.0.1:5432/hejnal')")
log.warning('camera_away', url='rtsp://admin:pass@10.0.0.7/1', topic='reports', spread='a+b')
log.warning('refused', header='Bearer eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJhbm5hIn0.c2lnbmF0dXJl')
try:
    raise ValueError('Key (address)=(anna@example.pl) already exists.')
except ValueError as error:
    log.error('not_stored', exc_info=error)
threading.Thread(target=lambda: logging.getLogger('library').warning('said in a thread')).start()
"""


def test_contacts_tokens_and_logins_in_foreign_texts_are_taken_out() -> None:
    said = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True).stderr
    lines = [json.loads(line) for line in said.splitlines()]
    assert len(lines) == 7
    for secret in ("anna", "600100200", "s3cr3t", "admin", "pass", "eyJ"):
        assert secret not in said, secret
    mail, sms, database, camera, header, stored, threaded = lines
    assert mail["detail"] == "550 <[redacted]>: no such user"
    assert sms["at"] == "2026-11-22T06:00:00+01:00"
    assert "postgresql+asyncpg://[redacted]@127.0.0.1:5432/hejnal" in database["error"]
    assert camera["url"].endswith("10.0.0.7/1")
    assert (camera["topic"], camera["spread"]) == ("reports", "a+b")
    assert header["header"] == "Bearer [redacted]"
    assert stored["exception"][0]["exc_value"] == "Key (address)=([redacted]) already exists."
    assert threaded["service"] == "notifier"


def test_a_library_that_repeats_itself_is_written_a_few_times_and_counted() -> None:
    now_s = 0.0
    damper = Damper("aiokafka", few=3, window_s=30, now_s=lambda: now_s)

    def written(name: str, text: str) -> list[str]:
        record = logging.LogRecord(name, logging.WARNING, "x.py", 1, text, ("a",), None)
        return [record.getMessage()] if damper.filter(record) else []

    lines = [line for number in range(50) for line in written("aiokafka.conn", f"node {number} is away: %s")]
    assert lines == ["node 0 is away: a", "node 1 is away: a", "node 2 is away: a"]
    assert written("aiokafka.conn", "another matter: %s") == ["another matter: a"]
    assert len([line for _ in range(50) for line in written("aiokafkaesque", "not of the library: %s")]) == 50
    now_s = 31.0
    assert written("aiokafka.conn", "node 7 is away: %s") == ["node 7 is away: a [47 more of its kind were left out]"]
    assert written("aiokafka.conn", "node 7 is away: %s") == ["node 7 is away: a"]
