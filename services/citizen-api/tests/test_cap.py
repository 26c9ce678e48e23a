"""CAP documents, judged by the World Meteorological Organization's validator (the OASIS schema, the signature)."""

from datetime import UTC, datetime, timedelta

import capvalidator
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from shapely.geometry import Polygon
from signxml import XMLVerifier

from hejnal_citizen.announcements.rules import UNSPEAKABLE
from hejnal_citizen.announcements.schemas import Attachment
from hejnal_citizen.feeds.cap.chain import Version, messages
from hejnal_citizen.feeds.cap.document import Issuer, Reference, alert, identifier_of, instant
from hejnal_citizen.feeds.cap.signing import CapSigner

NS = {"c": "urn:oasis:names:tc:emergency:cap:1.2"}
NOW = datetime(2026, 11, 22, 12, 0, 0, 250_000, tzinfo=UTC)
SIGNER = CapSigner(b"k" * 32)
ISSUER = Issuer(
    sender="kryzys@bugielsk.example",
    town="Bugielsk",
    teryt="2611999",
    contact="41 200 00 00",
    base_url="https://hejnal.bugielsk.example",
    page="https://hejnal.bugielsk.example/komunikaty/{id}",
)
CATEGORIES = {
    "water": ("Infra", {"pl": "Woda", "en": "Water", "uk": "Вода"}),
    "safety": ("Safety", {"pl": "Bezpieczeństwo", "en": "Safety", "uk": "Безпека"}),
    "events": (None, {"pl": "Wydarzenia", "en": "Events", "uk": "Події"}),
    "gone": (None, None),
}
SQUARE = [[[20.95, 51.05], [20.96, 51.05], [20.96, 51.06], [20.95, 51.06], [20.95, 51.05]]]
AREAS = [
    ({"kind": "town"}, {"coordinates": [SQUARE]}),
    ({"kind": "circle", "center": {"lat": 51.05, "lon": 20.95}, "radius_m": 250.0}, {"coordinates": [SQUARE]}),
    ({"kind": "streets", "streets": ["Żółkiewskiego", "3 Maja"]}, {"coordinates": [SQUARE, SQUARE]}),
    ({"kind": "polygon", "ring": []}, {"coordinates": [[[[20.9500001, 51.05], [20.9500002, 51.05], [20.9500001, 51.05]]]]}),
]

words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)
texts = st.fixed_dictionaries({"title": words, "body": words, "instruction": st.one_of(st.just(""), words)})


@st.composite
def versions(draw):
    count = draw(st.integers(1, 6))
    cancelled = draw(st.booleans())
    issued_at, found = NOW, []
    for number in range(1, count + 1):
        issued_at += timedelta(seconds=draw(st.floats(0, 7200)))
        category = draw(st.sampled_from(sorted(CATEGORIES)))
        kind = "issued" if number == 1 else "updated"
        if number == count and number > 1 and cancelled:
            kind, category = "cancelled", found[-1].category
        area, geometry = draw(st.sampled_from(AREAS))
        languages = draw(st.sets(st.sampled_from(["en", "uk"]))) | {"pl"}
        valid_from = issued_at + timedelta(hours=draw(st.integers(-5, 48)))
        found.append(
            Version(
                version=number,
                kind=kind,
                category=category,
                cap_category=CATEGORIES[category][0],
                category_names=CATEGORIES[category][1],
                severity=draw(st.sampled_from(["info", "notice", "warning", "emergency"])),
                texts={language: draw(texts) for language in sorted(languages)},
                origins={"uk": "machine_checked"},
                area=area,
                geometry=geometry,
                valid_from=valid_from,
                valid_until=max(valid_from, issued_at) + timedelta(seconds=draw(st.floats(1, 90_000))),
                drill=draw(st.booleans()),
                issued_at=issued_at,
                attachments=[],
            )
        )
    return found


def publish(history, files=()):
    """The signed documents of a history, as the store makes them: oldest first, references as published."""
    published, documents = {}, []
    for message in messages(history):
        number = message.version.version
        references = [published[earlier] for earlier in message.earlier]
        documents.append(SIGNER.sign(alert(ISSUER, "a-1", message, references, files)))
        sent = instant(message.version.issued_at)
        published[number] = Reference(ISSUER.sender, identifier_of("a-1", number), sent)
    return documents


def field(document, path):
    return etree.fromstring(document).findtext(path, namespaces=NS)


@settings(max_examples=60, deadline=None)
@given(versions())
def test_every_history_gives_valid_documents_that_refer_to_what_was_published(history):
    documents = publish(history)
    wanted = [one for one in history if any(earlier.cap_category for earlier in history if earlier.version <= one.version)]
    if not (history[-1].kind == "cancelled" and len(wanted) == 1 and wanted[0] is history[-1]):
        assert len(documents) == len(wanted)
    seen = []
    for number, document in enumerate(documents):
        verdict = capvalidator.validate_cap_message(document, strict=True)
        assert verdict.passed, verdict.message
        root = etree.fromstring(document)
        kind, references = root.findtext("c:msgType", namespaces=NS), root.findtext("c:references", namespaces=NS)
        assert kind == ("Alert" if number == 0 else ("Cancel" if wanted[number].kind == "cancelled" else "Update"))
        assert (references.split(" ") if references else []) == seen, "all that was published before, and nothing else"
        assert root.findtext("c:status", namespaces=NS) == ("Exercise" if wanted[number].drill else "Actual")
        infos = root.findall("c:info", NS)
        assert [info.findtext("c:language", namespaces=NS) for info in infos] == [
            {"pl": "pl-PL", "en": "en-GB", "uk": "uk-UA"}[one] for one in ("pl", "en", "uk") if one in wanted[number].texts
        ]
        assert len({info.findtext("c:category", namespaces=NS) for info in infos}) == 1
        assert len({info.findtext("c:eventCode/c:value", namespaces=NS) for info in infos}) == 1
        for info in infos:
            effective, expires = (
                datetime.fromisoformat(info.findtext(f"c:{one}", namespaces=NS)) for one in ("effective", "expires")
            )
            assert effective <= expires
            assert info.findtext("c:area/c:geocode/c:value", namespaces=NS) == "2611999"
            if wanted[number].drill:
                assert info.findtext("c:headline", namespaces=NS).startswith(("ĆWICZENIA: ", "DRILL: ", "НАВЧАННЯ: "))
        seen.append(",".join(root.findtext(f"c:{one}", namespaces=NS) for one in ("sender", "identifier", "sent")))
    assert len(set(seen)) == len(seen), "an identifier is never used twice"


def history_of(**changes):
    fields = {
        "version": 1,
        "kind": "issued",
        "category": "water",
        "cap_category": "Infra",
        "category_names": {"pl": "Woda"},
        "severity": "warning",
        "texts": {"pl": {"title": "Nie ma wody", "body": "Awaria.", "instruction": "Zakręć zawór."}},
        "origins": {},
        "area": AREAS[0][0],
        "geometry": AREAS[0][1],
        "valid_from": NOW,
        "valid_until": NOW + timedelta(hours=6),
        "drill": False,
        "issued_at": NOW,
        "attachments": [],
    }
    return [Version(**(fields | changes))]


def test_polygons_are_closed_with_latitude_first_and_circles_in_kilometres():
    (document,) = publish(history_of())
    pairs = [tuple(map(float, pair.split(","))) for pair in field(document, "c:info/c:area/c:polygon").split()]
    assert pairs[0] == pairs[-1] == (51.05, 20.95)
    assert len(pairs) >= 4
    assert Polygon(pairs).is_valid
    (document,) = publish(history_of(area=AREAS[1][0], geometry=AREAS[1][1]))
    assert field(document, "c:info/c:area/c:circle") == "51.050000,20.950000 0.250"
    assert field(document, "c:info/c:area/c:polygon") is None


@pytest.mark.parametrize("at", [NOW, datetime(2026, 7, 1, 10, tzinfo=UTC), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)])
def test_times_have_an_offset_and_are_the_same_instant(at):
    text = instant(at)
    assert text[-6] in "+-"
    assert text.count("Z") == 0
    assert abs(datetime.fromisoformat(text) - at) < timedelta(seconds=1)
    assert datetime.fromisoformat(instant(at, up=True)) >= at


def test_one_changed_letter_breaks_the_signature_and_the_key_is_the_same_everywhere():
    (document,) = publish(history_of())
    assert capvalidator.check_signature(document).passed
    changed = document.replace(b"Nie ma wody", b"Jest woda !")
    assert not capvalidator.check_signature(changed).passed
    replica = CapSigner(b"k" * 32)
    assert replica.certificate == SIGNER.certificate
    stranger = CapSigner(b"x" * 32)
    assert stranger.certificate != SIGNER.certificate
    signed = XMLVerifier().verify(document, x509_cert=replica.certificate.decode()).signed_xml
    assert signed.findtext("c:identifier", namespaces=NS) == "a-1.1"
    with pytest.raises(Exception, match=r"(?i)signature"):
        XMLVerifier().verify(document, x509_cert=stranger.certificate.decode())


def test_attachments_are_resources():
    file = Attachment(
        id="f-1",
        media_type="application/pdf",
        name="mapa.pdf",
        description="Mapa",
        size_bytes=1000,
        width=None,
        height=None,
        pages=1,
    )
    (document,) = publish(history_of(), [file])
    assert capvalidator.validate_cap_message(document, strict=True).passed
    assert field(document, "c:info/c:resource/c:uri").endswith("/api/v1/announcements/a-1/attachments/f-1")


def test_what_xml_cannot_carry_is_left_out():
    text = {"title": "a\x00b\x0bc\ufffe", "body": "<b>&amp;\U0001f6a8", "instruction": ""}
    (document,) = publish(history_of(texts={"pl": text}))
    assert capvalidator.validate_cap_message(document, strict=True).passed
    assert field(document, "c:info/c:headline") == "abc"
    assert field(document, "c:info/c:description") == "<b>&amp;\U0001f6a8"
    assert UNSPEAKABLE.search("a\x00b")


def test_a_cancel_of_what_was_never_published_is_not_published():
    first = history_of(category="events", cap_category=None)
    assert publish(first) == []
    assert publish([*first, *history_of(version=2, kind="cancelled", category="events", cap_category=None)]) == []
