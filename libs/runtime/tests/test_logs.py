"""What the last look at a log line takes out, and what it leaves."""

import json
import subprocess
import sys

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
