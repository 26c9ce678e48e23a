"""The token key and the key of secrets are changed, and nothing that residents hold in their hands stops to work."""

import json
import os
import subprocess
import sys

import pytest
from test_consultations import opened
from test_reports import FORM, send

from hejnal_citizen import secret_keys
from hejnal_citizen.open311 import back_office
from hejnal_citizen.secrets import Secrets
from hejnal_runtime.key_file import KeyFile, new_key

OFFICE = {
    "enabled": False,
    "url": "https://urzad.example/open311/v2",
    "jurisdiction_id": "",
    "api_key": "klucz-innego-urzedu",
    "services": {},
}


def command(name, *arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "hejnal_citizen", name, *map(str, arguments)],
        env=os.environ | {f"HEJNAL_CITIZEN_{key.upper()}": str(value) for key, value in environment.items()},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


async def back_office_key(house):
    async with house.res.database.read() as session:
        return (await back_office.office(session, house.res)).api_key


async def test_a_new_token_key_loses_nothing(open_house, make_database, tmp_path):
    url, file = make_database("citizen"), tmp_path / "secrets.key"
    async with open_house(database_url=url) as house:
        visitor = house.client()
        report = (await send(visitor)).json()
        consultation = await opened(house)
        voted = await visitor.post(f"/consultations/{consultation}/votes", json={"choices": ["gate"]})
        assert voted.status_code == 201, voted.text
        cookies = visitor.cookies
        saved = await house.staff("admin").put("/open311-back-office", json=OFFICE)
        assert saved.status_code == 200, saved.text
        sent = (await visitor.post("/sign-in/codes", json={"contact": "ewa@example.pl", "language": "pl"})).json()
        code = house.codes.last
        made = command("secrets-key", file, token_key_file=house.res.settings.token_key_file)
        assert made.returncode == 0, made.stderr
        assert "the key that was in use until now" in made.stdout
        assert file.stat().st_mode & 0o777 == 0o600
        first_token_key = house.res.settings.token_key_file.read_bytes()
    async with open_house(database_url=url, town=False, secrets_key_file=file) as house:
        assert house.res.settings.token_key_file.read_bytes() != first_token_key
        old, new = file.read_text().strip(), new_key()
        visitor = house.client()
        visitor.cookies = cookies
        for lines in (f"{old}\n# next\n{new}\n", f"{new}\n{old}\n"):  # every copy of the service knows it before one uses it
            file.write_text(lines)
            mine = await visitor.get(f"/reports/{report['id']}", params={"token": report["follow_token"]})
            assert (mine.status_code, mine.json()["text"]) == (200, FORM["text"])
        again = await visitor.post(f"/consultations/{consultation}/votes", json={"choices": ["none"]})
        assert again.json()["replaced"], "nobody votes twice since a key was changed"
        body = {"challenge_id": sent["challenge_id"], "code": code, "consent": {"version": "2026-11", "language": "pl"}}
        assert (await visitor.post("/sign-in/sessions", json=body)).status_code == 200
        assert await back_office_key(house) == OFFICE["api_key"]
        for expected in (1, 0):
            done = command("reseal-secrets", database_url=url, secrets_key_file=file)
            assert done.returncode == 0, done.stderr
            assert json.loads(done.stdout) == {"open311_back_office.api_key_sealed": expected}
        file.write_text(new + "\n")
        assert await back_office_key(house) == OFFICE["api_key"]
        acts = [fact["action"] for _, _, fact in await house.facts("audit")]
        assert acts.count("keys.secrets-resealed") == 2


def test_the_file_is_made_once_and_only_where_it_is_named(tmp_path):
    file = tmp_path / "keys" / "secrets.key"
    assert "a new key" in secret_keys.write_file(file, None)
    before = file.read_text()
    assert "already" in secret_keys.write_file(file, None)
    assert file.read_text() == before
    refused = command("reseal-secrets", database_url="postgresql+asyncpg://nobody@127.0.0.1:1/none")
    assert refused.returncode == 1
    assert "secrets-key" in refused.stderr


def test_what_an_unknown_key_sealed_does_not_open(tmp_path):
    (tmp_path / "one").write_text(new_key())
    (tmp_path / "two").write_text(new_key())
    one, two = (Secrets(KeyFile(tmp_path / name)) for name in ("one", "two"))
    with pytest.raises(ValueError, match="HEJNAL_CITIZEN_SECRETS_KEY_FILE"):
        two.unseal("x", one.seal("x", "secret"))
    assert not two.is_code(one.code_hash("c-1", "123456"), "c-1", "123456")


def test_a_key_that_is_only_known_seals_nothing_and_names_nothing(tmp_path):
    file = tmp_path / "secrets.key"
    first, second = new_key(), new_key()
    file.write_text(f"{first}\n")
    before = Secrets(KeyFile(file))
    file.write_text(f"{first}\n# next\n{second}\n")
    known = Secrets(KeyFile(file))
    assert known.follow_token("r-1") == before.follow_token("r-1")
    assert known.caller_key("voter", "x") == before.caller_key("voter", "x")
    assert before.unseal("p", known.seal("p", "secret")) == "secret"
    file.write_text(f"{second}\n")
    assert known.unseal("p", Secrets(KeyFile(file)).seal("p", "secret")) == "secret"
    file.write_text("# next\n" + second)
    with pytest.raises(ValueError, match="no key in use"):
        KeyFile(file)


def test_a_new_key_put_last_by_mistake_makes_no_new_names(tmp_path, capsys):
    file = tmp_path / "secrets.key"
    first, second = new_key(), new_key()
    file.write_text(f"{first}\n")
    known = Secrets(KeyFile(file))
    token = known.follow_token("r-1")
    file.write_text(f"{first}\n{second}\n")
    assert known.follow_token("r-1") == token
    assert "key_file_oldest_not_last" in capsys.readouterr().out
    file.write_text(f"{second}\n")
    assert known.follow_token("r-1") != token, "the first key was taken away on purpose"
