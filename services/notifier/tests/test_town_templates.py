"""Templates that the town writes: what they may do, how they are kept, what goes out, what is shown before."""

import dataclasses
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from notifier_town import Desk, Town, announcement, contact, push_contact, subscription, until
from test_adapters import NOW, job

from hejnal_contracts.announcements import Text
from hejnal_contracts.base import Channel, Language, Severity
from hejnal_notifier.channels.email_message import EmailComposer
from hejnal_notifier.channels.sms.wording import SmsWording
from hejnal_notifier.town_templates.book import TemplateBook
from hejnal_notifier.town_templates.language import PARTS, Mistake, TooLongError, TownTemplate, check
from hejnal_notifier.town_templates.preview import Sample, Trial, content_of_sample, preview
from hejnal_notifier.town_templates.values import values_of
from hejnal_runtime.errors import AppError

WHOLE = "{{ headline }}\n{% for one in paragraphs %}{{ one }}\n{% endfor %}{{ instruction }}\n{{ unsubscribe_url }}"
EMAIL = {"subject": "[{{ town }}] {{ headline }}", "text": WHOLE, "html": f"<b>{WHOLE}</b>"}
SMS = {"text": "{{ message }} Urząd: 41 123 45 67"}


def mistakes(text: str, channel: Channel = Channel.SMS) -> list[Mistake]:
    return check(channel, {"text": text} if channel is Channel.SMS else {**EMAIL, "text": text})


@pytest.mark.parametrize(
    ("text", "line", "variable", "words"),
    [
        ("{{ message }}\n{{ titel }}", 2, "titel", "there is no variable `titel`"),
        ("{{ message }\n", 1, "", "unexpected '}'"),
        ("{{ message }}\n\n{% if drill %}", 3, "", "end"),
        ("{{ message }}{{ message.__class__ }}", 1, "", "attributes cannot"),
        ("{{ message }}{{ range(9) }}", 1, "", "calls cannot"),
        ("{{ message }}{{ 'a' * 999999999 }}", 1, "", "arithmetic cannot"),
        (
            "{{ message }}{% for a in paragraphs %}{% for b in paragraphs %}x{% endfor %}{% endfor %}",
            1,
            "",
            "a loop within a loop",
        ),
        ("{{ message }}{% for a in 'abc' %}x{% endfor %}", 1, "", "the only loop there is"),
        ("{{ message }}{% include 'email.txt.j2' %}", 1, "", "`include` cannot"),
        ("{{ message }}{% set a = 1 %}", 1, "", "`set` cannot"),
        ("{{ message | pprint }}", 1, "", "there is no filter `pprint`"),
        ("Zadzwoń: 41 123 45 67", 0, "message", "must be in this part"),
        ("{% if drill %}{{ message }}{% endif %}", 0, "message", "not said in every case"),
        ("{{ message }}" + "{{ town }}" * 2001, 1, "", "more than 2000 elements"),
        ("{{ message }}" + "x" * 32_000, 0, "", "longer than"),
        ("{{ message }}" + "(" * 5000, None, "", None),
        ("{{ " + "(" * 5000 + "message" + ")" * 5000 + " }}", None, "", None),
    ],
)
def test_mistakes_name_line_and_variable(text: str, line: int | None, variable: str, words: str | None) -> None:
    found = mistakes(text)
    if words is None:
        return
    assert found
    assert (found[0].part, found[0].line, found[0].variable) == ("text", line, variable)
    assert words in found[0].message


def test_parts_that_are_missing_or_unknown_are_named() -> None:
    found = check(Channel.PUSH, {"title": "{{ headline }}", "subject": "x"})
    assert {(one.part, one.message) for one in found} == {
        ("subject", "there is no such part"),
        ("body", "this part is missing"),
    }


def test_nothing_may_be_kept_from_people() -> None:
    without = check(Channel.EMAIL, {**EMAIL, "html": "{{ headline }} {{ body }} {{ instruction }}"})
    assert [(one.part, one.variable) for one in without] == [("html", "unsubscribe_url")]
    assert check(Channel.EMAIL, EMAIL) == []
    assert {"headline", "drill", "label"} <= set(values_of(content_of_sample(Sample(), Language.PL, NOW), Language.PL, town="B"))


@given(st.text(max_size=300))
def test_no_template_breaks_the_check(text: str) -> None:
    for channel, parts in PARTS.items():
        check(channel, dict.fromkeys(parts, text))


def test_the_worst_that_is_allowed_ends_soon() -> None:
    inside = "{% if drill %}{% endif %}" * 600
    template = TownTemplate.compiled(Channel.SMS, 1, {"text": "{{ message }}{% for a in paragraphs %}" + inside + "{% endfor %}"})
    values = values_of(content_of_sample(Sample(), Language.PL, NOW), Language.PL, town="B") | {"paragraphs": ["x"] * 100_000}
    began = time.process_time()
    template.render(values)
    assert time.process_time() - began < 2
    bulky = TownTemplate.compiled(Channel.SMS, 1, {"text": "{{ message }}{% for a in paragraphs %}{{ a }}{% endfor %}"})
    with pytest.raises(TooLongError, match="text comes to more than 2000 characters"):
        bulky.render(values | {"paragraphs": ["x" * 100] * 100})


def test_residents_text_is_never_html() -> None:
    composer = EmailComposer("h@bugielsk.test", "Bugielsk", book=Trial(TownTemplate.compiled(Channel.EMAIL, 1, EMAIL)))
    content = dataclasses.replace(job().content, texts={Language.PL: Text(title="<script>x</script>", body="a <b> & c")})
    subject, text, html = composer.bodies(content, Language.PL, unsubscribe_url="https://miasto.example/u")
    assert "<script>" not in html
    assert "a <b> & c" in text
    assert subject == "[Bugielsk] <script>x</script>"


async def test_versions_are_kept_and_nobody_overwrites_what_they_have_not_seen(desk: Desk) -> None:
    book = TemplateBook(desk.database, desk.clock)
    await book.refresh()
    await book.write(Channel.SMS, Language.PL, SMS, based_on=0, created_by="anna")
    with pytest.raises(AppError, match="Version 1 is the newest"):
        await book.write(Channel.SMS, Language.PL, {"text": "{{ message }}"}, based_on=0, created_by="bogdan")
    await book.write(Channel.SMS, Language.PL, {"text": "{{ message }} BUM"}, based_on=1, created_by="bogdan")
    other = TemplateBook(desk.database, desk.clock)
    await other.refresh()
    content = content_of_sample(Sample(text=Text(title="Nie ma wody", body="Żółć.")), Language.PL, NOW)
    wording = SmsWording("Bugielsk", diacritics=False, max_parts=3, book=other)
    assert wording.announcement(content, Language.PL) == "Nie ma wody. Zolc. BUM"
    english = content_of_sample(Sample(text=Text(title="No water", body="Bile.")), Language.EN, NOW)
    assert wording.announcement(english, Language.EN) == "No water. Bile."  # the town has not written this one
    await other.write(Channel.SMS, Language.PL, None, based_on=2, created_by="anna")
    assert wording.announcement(content, Language.PL) == "Nie ma wody. Zolc."
    assert [(one.version, one.created_by) for one in await other.history(Channel.SMS, Language.PL)] == [
        (3, "anna"),
        (2, "bogdan"),
        (1, "anna"),
    ]


async def test_a_template_that_cannot_be_used_for_a_text_never_keeps_a_message_back(desk: Desk) -> None:
    book = TemplateBook(desk.database, desk.clock)
    long_winded = {"text": "{% for a in paragraphs %}{{ message }}{% endfor %}{{ message }}"}
    await book.write(Channel.SMS, Language.PL, long_winded, based_on=0, created_by="anna")
    content = content_of_sample(Sample(text=Text(title="Woda", body="a\n" * 100 + "b" * 300)), Language.PL, NOW)
    assert SmsWording("B", False, 3, book).announcement(content, Language.PL).startswith("Woda. a a a")


@pytest.mark.parametrize("language", list(Language))
def test_previews_show_what_goes_out(language: Language) -> None:
    seen: dict[Channel, Any] = {}
    for channel in PARTS:
        content = content_of_sample(Sample(severity=Severity.WARNING, kind="updated", drill=True), language, NOW)
        wording = SmsWording("Bugielsk", diacritics=False, max_parts=2)
        seen[channel] = preview(channel, language, content, template=None, sender="h@b.test", town="Bugielsk", wording=wording)
    sms = seen[Channel.SMS].sms
    assert sms.encoding == ("ucs-2" if language is Language.UK else "gsm-7")
    assert "".join(sms.parts) == sms.text
    assert sms.shortened is (language is Language.UK)
    assert ("ę" in sms.unrepresentable) is (language is Language.PL)
    assert seen[Channel.PUSH].title == seen[Channel.EMAIL].subject
    assert seen[Channel.EMAIL].html.startswith("<!doctype html>")


async def test_the_whole_way(town: Town) -> None:
    anna = await town.sinks.device(label="Anna")
    mail, phone = contact("email", "anna@example.pl"), contact("sms", "+48500100200")
    await town.send(subscription("anna", push_contact(anna), mail, phone))
    town.start()
    await town.ready()
    path = "/internal/v1/message-templates"
    status, listed = await town.call("GET", path)
    assert status == 200
    assert {one["version"] for one in listed["templates"]} == {0}
    assert len(listed["templates"]) == 9
    wrong = {"parts": {"text": "{{ message }}\n{{ titel }}"}, "based_on": 0}
    status, problem = await town.call("PUT", f"{path}/sms/pl", wrong)
    assert status == 422, problem
    assert "text, line 2: there is no variable `titel`" in problem["detail"]
    assert problem["errors"][0]["variable"] == "titel"
    status, shown = await town.call("POST", f"{path}/preview", {"channel": "sms", "language": "pl", "parts": SMS})
    assert status == 200, shown
    assert shown["sms"]["text"].endswith("Urzad: 41 123 45 67")
    push = {"title": "{{ town }}: {{ headline }}", "body": "{{ body }}"}
    for channel, parts in (("sms", SMS), ("email", EMAIL), ("push", push)):
        change = {"parts": parts, "based_on": 0}
        status, answer = await town.call("PUT", f"{path}/{channel}/pl", change)
        assert (status, answer["version"]) == (200, 1), answer
    status, _ = await town.call("PUT", f"{path}/sms/pl", {"parts": SMS, "based_on": 0})
    assert status == 412
    await town.send(announcement())

    async def arrived() -> Any:
        return len(await town.sinks.messages()) == 3

    await until(arrived, 20, "three messages")
    found = {message["channel"]: message for message in await town.sinks.messages()}
    assert found["sms"]["text"].endswith("Urzad: 41 123 45 67")
    assert found["email"]["subject"] == "[Bugielsk] Nie ma wody na Krótkiej"
    assert json.loads(found["push"]["text"])["title"] == "Bugielsk: Nie ma wody na Krótkiej"
    status, back = await town.call("POST", f"{path}/sms/pl/return", {"based_on": 1})
    assert (status, back["version"], back["parts"], back["created_by"]) == (200, 2, None, "citizen-api")
    anna_says = town.issuer.issue("notifier", subject="anna", role="editor")
    status, again = await town.call("PUT", f"{path}/sms/pl", {"parts": SMS, "based_on": 2}, token=anna_says)
    assert (status, again["created_by"]) == (200, "anna")
    status, told = await town.call("GET", f"{path}/sms/pl/history")
    assert [one["version"] for one in told] == [3, 2, 1]
