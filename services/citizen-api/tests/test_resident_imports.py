import asyncio
import random
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hejnal_citizen.resident_imports import sheet
from hejnal_citizen.resident_imports.worker import ImportWorker
from hejnal_runtime.errors import AppError

CONSENT = "Zgadzam się na SMS-y z komunikatami urzędu miasta na podany numer."
HEADER = "Telefon;Data zgody;Dowód zgody;Kategorie;Język\n"
CATEGORIES = frozenset({"water", "power", "gas"})


def read(text, encoding="utf-8", defaults=("water",)):
    data = text.encode(encoding) if isinstance(text, str) else text
    return sheet.read(data, known_categories=CATEGORIES, default_categories=defaults, today=date(2026, 11, 22))


@pytest.mark.parametrize(
    ("written", "phone"),
    [
        ("600100200", "+48600100200"),
        ("600 100 200", "+48600100200"),
        ("600-100-200", "+48600100200"),
        ("+48 600 100 200", "+48600100200"),
        ("0048600100200", "+48600100200"),
        ("48600100200", "+48600100200"),
        ("(+48) 600.100.200", "+48600100200"),
        ("600100200.0", "+48600100200"),
        ("6,001002E+08", "+48600100200"),
        ("'600100200", "+48600100200"),
        ("+380 50 123 45 67", "+380501234567"),
    ],
)
def test_numbers_as_people_and_spreadsheets_write_them(written, phone):
    found = read(f'telefon;data zgody;formularz\n"{written}";2021-05-31;F1\n')
    assert found.errors == []
    assert [row.phone for row in found.rows] == [phone]


@pytest.mark.parametrize(
    ("line", "column", "code"),
    [
        ("12345;2021-05-31;F1;;", "phone", "phone-invalid"),
        (";2021-05-31;F1;;", "phone", "phone-missing"),
        ("223334455;2021-05-31;F1;;", "phone", "phone-invalid"),
        ("anna@example.pl;2021-05-31;F1;;", "phone", "phone-invalid"),
        ("600100200;;F1;;", "consented_on", "consent-missing"),
        ("600100200;wczoraj;F1;;", "consented_on", "date-invalid"),
        ("600100200;2027-01-01;F1;;", "consented_on", "date-impossible"),
        ("600100200;2021-05-31;;;", "proof", "proof-missing"),
        ("600100200;2021-05-31;F1;water dragons;", "categories", "unknown-category"),
        ("600100200;2021-05-31;F1;;de", "language", "language-unknown"),
        ("600100200", "consented_on", "consent-missing"),
    ],
)
def test_every_error_names_its_row_and_column(line, column, code):
    found = read(HEADER + "500100200;31.05.2021;F0;;\n\n" + line + "\n")
    assert [row.phone for row in found.rows] == ["+48500100200"]
    assert (found.errors[0].row, found.errors[0].column, found.errors[0].code) == (4, column, code)
    assert "600100200" not in str(found.errors), "a report is no list of numbers"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1250"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_encodings_and_separators(encoding, delimiter):
    lines = [["Telefon", "Data zgody", "Dowód zgody"], ["600100200", "31.05.2021", "Księga żądań, str. 3"]]
    text = "\r\n".join(delimiter.join(f'"{cell}"' for cell in line) for line in lines)
    assert read(text, encoding).rows[0].proof == "Księga żądań, str. 3"


@pytest.mark.parametrize(
    ("data", "slug"),
    [
        (b"", "column-missing"),
        (b"telefon\n600100200\n", "column-missing"),
        (HEADER.encode(), "no-rows"),
        (b"telefon;numer;data zgody;formularz\n1;2;3;4\n", "column-doubled"),
        (b"PK\x03\x04\x00\x00", "encoding-unknown"),
        (b'telefon;data zgody;formularz\n"600', "not-csv"),
    ],
)
def test_files_that_are_no_list(data, slug):
    with pytest.raises(AppError) as refused:
        read(data)
    assert refused.value.slug == slug


@given(st.binary(max_size=400))
def test_any_bytes_are_judged_or_refused(noise):
    for data in (noise, HEADER.encode() + noise):
        try:
            found = read(data)
        except AppError:
            continue
        assert len(found.rows) + found.doubled <= found.total


def thousand_and_a_half():
    """1,500 rows as a town hall has them, with their usual errors; how many there are of each."""
    chance = random.Random(7)
    lines, wrong, doubled = [], 0, 0
    for number in range(1500):
        phone = f"6{number:08d}"
        written = chance.choice([phone, f"+48 {phone}", f"{phone[:3]} {phone[3:6]} {phone[6:]}", f"0048{phone}"])
        line = [written, "31.05.2021", f"formularz {number}/2021"]
        kind = number % 100
        if kind == 13:
            line[0], wrong = "12 34", wrong + 1
        elif kind == 29:
            line[1], wrong = "", wrong + 1
        elif kind == 47:
            line[2], wrong = "", wrong + 1
        elif kind == 61:
            line, doubled = lines[-1], doubled + 1
        lines.append(line)
    return lines, wrong, doubled


def as_csv(lines):
    return ("telefon;data zgody;dowód zgody\n" + "\n".join(";".join(line) for line in lines) + "\n").encode("cp1250")


async def send(house, data, *, dry_run, role="admin", key=None):
    headers = {"Content-Type": "text/csv"} | ({"Idempotency-Key": key} if key else {})
    params = {"dry_run": dry_run, "consent_text": CONSENT, "category": ["water", "power"]}
    answer = await house.staff(role).post("/resident-imports", params=params, content=data, headers=headers)
    assert answer.status_code == 202, answer.text
    return answer.json()


async def people(house):
    return (await house.rows("select count(*) as n from residents"))[0].n


async def test_1500_rows_with_errors_then_mended_then_again(house):
    lines, wrong, doubled = thousand_and_a_half()
    tried = await send(house, as_csv(lines), dry_run=True)
    assert (tried["state"], tried["errors_total"], tried["doubled"], tried["total"]) == ("refused", wrong, doubled, 1500)
    assert {error["code"] for error in tried["errors"]} == {"phone-invalid", "consent-missing", "proof-missing"}
    assert [error["row"] for error in tried["errors"]] == sorted(error["row"] for error in tried["errors"])
    refused = await send(house, as_csv(lines), dry_run=False)
    assert refused["state"] == "refused"
    assert await ImportWorker(house.res).once() is False
    assert await people(house) == 0, "nothing half"
    mended = [line for line in lines if line[0] != "12 34" and all(line)]
    checked = await send(house, as_csv(mended), dry_run=True)
    assert (checked["state"], checked["importable"]) == ("checked", 1500 - wrong - doubled)
    assert await people(house) == 0
    waiting = await send(house, as_csv(mended), dry_run=False, key="import-0001")
    assert waiting["state"] == "waiting"
    assert (await send(house, as_csv(mended), dry_run=False, key="import-0001"))["id"] == waiting["id"]
    assert await ImportWorker(house.res).once()
    done = (await house.staff("dpo").get(f"/resident-imports/{waiting['id']}")).json()
    assert (done["state"], done["imported"]) == ("done", checked["importable"])
    assert await people(house) == checked["importable"]
    facts = await house.facts("subscriptions")
    assert len({key for key, _, _ in facts}) == checked["importable"]
    assert facts[0][2]["filters"][0]["categories"] == ["water", "power"]
    ledger = (await house.rows("select text, way, proof, at from consents limit 1"))[0]
    assert (ledger.text, ledger.way) == (CONSENT, f"import {waiting['id']}")
    assert ledger.proof.startswith("formularz")
    assert ledger.at.date() == date(2021, 5, 31)
    assert (await house.rows("select rows from resident_imports where rows is not null")) == [], (
        "the numbers are in one place only"
    )
    again = await send(house, as_csv(mended), dry_run=False)
    assert (again["state"], again["importable"], again["known"]) == ("done", 0, checked["importable"])
    assert await people(house) == checked["importable"]


async def test_who_said_stop_stays_out_and_who_signed_in_stays_as_they_are(house):
    await house.sign_in("600100201")
    stopped = await house.sign_in("600100202", ip="10.0.0.2")
    contact = (await stopped.get("/me")).json()["contacts"][0]["id"]
    await stopped.delete(f"/me/contacts/{contact}/consent")
    data = as_csv([[f"60010020{number}", "2021-05-31", "F1"] for number in (1, 2, 3)])
    taken = await send(house, data, dry_run=False)
    assert (taken["known"], taken["withdrawn"], taken["importable"]) == (1, 1, 1)
    await ImportWorker(house.res).once()
    assert not (await stopped.get("/me")).json()["contacts"][0]["consented"]
    newcomer = await house.sign_in("600100203", ip="10.0.0.3", consent=False)
    me = (await newcomer.get("/me")).json()
    assert me["contacts"][0]["consented"], "the imported number is theirs when they prove it"
    assert (await newcomer.get("/me/export")).json()["consents"][0]["text"] == CONSENT


async def test_a_number_that_signs_in_while_the_import_waits_is_left_alone(house):
    taken = await send(house, as_csv([["600100201", "2021-05-31", "F1"], ["600100202", "2021-05-31", "F2"]]), dry_run=False)
    browser = await house.sign_in("600100201")
    before = (await browser.get("/me")).json()
    await ImportWorker(house.res).once()
    done = (await house.staff("admin").get(f"/resident-imports/{taken['id']}")).json()
    assert (done["imported"], done["known"]) == (1, 1)
    assert (await browser.get("/me")).json() == before


async def test_two_replicas_carry_an_import_out_once(house):
    await send(house, as_csv([[f"6001{number:05d}", "2021-05-31", "F"] for number in range(450)]), dry_run=False)
    worked = await asyncio.gather(*(ImportWorker(house.res).once() for _ in range(3)))
    assert sum(worked) == 1
    assert await people(house) == 450


async def test_an_import_that_breaks_off_leaves_nothing_and_begins_again(house):
    await send(house, as_csv([[f"6001{number:05d}", "2021-05-31", "F"] for number in range(250)]), dry_run=False)
    from sqlalchemy import text

    async with house.res.database.transaction() as session:
        await session.execute(
            text(
                "create function refuse_late() returns trigger language plpgsql as $$ begin "
                "if new.address = '+48600100249' then raise exception 'broken off'; end if; return new; end $$"
            )
        )
        await session.execute(
            text("create trigger refuse_late before insert on contacts for each row execute function refuse_late()")
        )
    with pytest.raises(Exception, match="broken off"):
        await ImportWorker(house.res).once()
    assert await people(house) == 0
    async with house.res.database.transaction() as session:
        await session.execute(text("drop trigger refuse_late on contacts"))
    assert await ImportWorker(house.res).once()
    assert await people(house) == 250


async def test_what_the_door_refuses(house):
    admin = house.staff("admin")
    csv = {"Content-Type": "text/csv"}
    asked = {"consent_text": CONSENT}
    assert (await admin.post("/resident-imports", content=b"x", headers=csv)).status_code == 422, "no text of the consent"
    wrong = await admin.post("/resident-imports", params=asked, json={})
    assert wrong.status_code == 415
    big = await admin.post("/resident-imports", params=asked, content=b"x" * (1024 * 1024 + 1), headers=csv)
    assert big.status_code == 413
    unknown = await admin.post("/resident-imports", params=asked | {"category": "dragons"}, content=b"x", headers=csv)
    assert unknown.json()["type"] == "urn:hejnal:problem:unknown-category"
    assert (await house.staff("editor").post("/resident-imports", params=asked, content=b"x", headers=csv)).status_code == 403
    assert (await admin.get("/resident-imports/nothing")).status_code == 404


async def test_the_ledger_is_only_added_to(house):
    from sqlalchemy import text
    from sqlalchemy.exc import DBAPIError

    await house.sign_in("anna@example.pl")
    for statement in ("update consents set text = 'x'", "delete from consents"):
        with pytest.raises(DBAPIError, match="only added to"):
            async with house.res.database.transaction() as session:
                await session.execute(text(statement))


async def test_the_protection_officer_finds_and_erases_a_person(house):
    browser = await house.sign_in("600100200")
    me = (await browser.get("/me")).json()
    officer = house.staff("dpo")
    for q in ("600 100 200", "+48600100200", me["id"]):
        found = (await officer.get("/residents", params={"q": q})).json()["items"]
        assert [person["id"] for person in found] == [me["id"]]
        assert found[0]["consents"][0]["way"] == "web form"
    assert (await officer.get("/residents", params={"q": "nobody@example.pl"})).json()["items"] == []
    assert (await officer.get("/residents", params={"q": "600100"})).json()["type"] == "urn:hejnal:problem:not-a-contact"
    assert (await house.staff("admin").get("/residents", params={"q": "600100200"})).status_code == 403
    assert (await officer.delete(f"/residents/{me['id']}")).status_code == 422, "without a reason"
    erased = await officer.delete(f"/residents/{me['id']}", params={"reason": "pismo 17/2026"})
    assert erased.status_code == 204
    assert (await browser.get("/me")).status_code == 401
    assert (await officer.delete(f"/residents/{me['id']}", params={"reason": "pismo 17/2026"})).status_code == 404
    assert [data["action"] for _, _, data in await house.facts("audit")] == ["resident.erased"]
