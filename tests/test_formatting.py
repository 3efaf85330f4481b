from __future__ import annotations

import json
import re
import unicodedata
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync.contact import format_email, format_phone, format_urls, web_address
from sync.exceptions import FormattingError, PermanentError
from sync.formatting import (
    Candidate,
    check_candidate,
    choose_resume,
    format_profile,
    normalise_result,
)
from sync.text import KEPT_SYMBOLS, plain
from sync.vocabulary import ErrorCode
from tests.mutations import damaged_profiles
from tests.profiles import full_profile, named, old_profile

KEYS = {"firstname", "lastname", "email", "phone", "comment", "urls", "type", "resume"}


def exotic(text: str) -> list[str]:
    """Characters that are neither on a plain keyboard nor a letter, mark or digit of a script."""
    return [
        character
        for character in text
        if not (character == "\n" or " " <= character <= "~" or character in KEPT_SYMBOLS)
        and unicodedata.category(character)[0] not in "LMN"
    ]


def names_of(profile: dict[str, Any]) -> tuple[str, str]:
    body = format_profile(profile)
    return body["firstname"], body["lastname"]


def test_it_fills_every_field_a_profile_can_fill() -> None:
    assert format_profile(full_profile()) == {
        "firstname": "Élodie",
        "lastname": "Marchand",
        "email": "elodie.marchand@exemple.fr",
        "phone": "+33 6 95 46 82 31",
        "comment": 'Développeuse "senior" - 8 ans d\'expérience...\n- Python\n- Django',
        "urls": {
            "linkedin": "https://linkedin.com/in/elodie-marchand",
            "other": "https://github.com/elodie",
        },
        "type": "link",
        "resume": "https://files.example/resume.pdf",
    }


def test_it_leaves_out_keys_without_a_value() -> None:
    assert format_profile(named("Jean Dupont")) == {"firstname": "Jean", "lastname": "Dupont"}


def test_it_leaves_the_profile_as_it_was() -> None:
    profile = full_profile()
    format_profile(profile)
    assert profile == full_profile()


@pytest.mark.parametrize(
    ("full", "first", "last"),
    [
        ("Jean Dupont", "Jean", "Dupont"),
        ("Jean-Pierre DE LA TOUR", "Jean-Pierre", "DE LA TOUR"),
        ("DE LA TOUR Jean-Pierre", "Jean-Pierre", "DE LA TOUR"),
        ("DUPONT, Jean", "Jean", "DUPONT"),
        ("Anne-Sophie de La Tour", "Anne-Sophie", "de La Tour"),
        ("JEAN DUPONT", "JEAN", "DUPONT"),
        ("JP Martin", "JP", "Martin"),
        ("Bruce LI", "Bruce", "LI"),
        ("Mme Marie Curie", "Marie", "Curie"),
        ("  Jean \u00a0 Dupont  ", "Jean", "Dupont"),
        ("ИВАНОВ Иван", "Ivan", "IVANOV"),
    ],
)
def test_it_splits_a_full_name(full: str, first: str, last: str) -> None:
    assert names_of(named(full)) == (first, last)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("Jean Dupont", "Jean", None), ("Jean", "Dupont")),
        (("Dupont Jean", "Jean", ""), ("Jean", "Dupont")),
        (("Marie Anne Le Goff", "Marie Anne", None), ("Marie Anne", "Le Goff")),
        (("Jean Dupont", None, "Dupont"), ("Jean", "Dupont")),
        (("jean dupont", "", "DUPONT"), ("jean", "DUPONT")),
        (("Jean Dupont", "N/A", "Undefined"), ("Jean", "Dupont")),
        (("N/A", "Jean", "Dupont"), ("Jean", "Dupont")),
        ((None, "Jean Dupont", None), ("Jean", "Dupont")),
        (("Jean Undefined", None, "Dupont"), ("Jean", "Dupont")),
        (("J. Durand", "Jean", None), ("Jean", "Durand")),
    ],
)
def test_it_completes_a_name_from_its_other_parts(
    parts: tuple[Any, Any, Any], expected: tuple[str, str]
) -> None:
    assert names_of(named(*parts)) == expected


@pytest.mark.parametrize("written", ["Madonna", "Madonna N/A", "Madonna 123"])
def test_it_shows_a_single_name_twice_and_says_so(written: str) -> None:
    body = format_profile(named(written))
    assert (body["firstname"], body["lastname"]) == ("Madonna", "Madonna")
    assert "only one name" in body["comment"]


@pytest.mark.parametrize("nothing", [None, "", "  ", "N/A", "Undefined", "---", "123", "😀", 7, []])
def test_it_names_the_field_of_a_missing_name(nothing: Any) -> None:
    with pytest.raises(FormattingError) as caught:
        format_profile(named(nothing, nothing, nothing))
    assert caught.value.field == "info.full_name"
    assert "info.full_name" in str(caught.value)


@pytest.mark.parametrize("nothing", [None, [], "profile", 3, {}])
def test_it_refuses_what_is_no_profile(nothing: Any) -> None:
    with pytest.raises(FormattingError):
        format_profile(nothing)


@pytest.mark.parametrize(
    ("written", "first", "last"),
    [
        ("王小明", "XiaoMing", "Wang"),
        ("王 小明", "XiaoMing", "Wang"),
        ("Ольга Иванова", "Ol'ga", "Ivanova"),
        ("Νίκος Παπαδόπουλος", "Nikos", "Papadopoylos"),
    ],
)
def test_it_romanises_a_name_and_keeps_the_original(written: str, first: str, last: str) -> None:
    body = format_profile(named(written))
    assert (body["firstname"], body["lastname"]) == (first, last)
    assert written in body["comment"]


def test_it_keeps_the_original_beside_the_summary() -> None:
    body = format_profile(full_profile(full_name="محمد الأحمد", first_name=None, last_name=None))
    assert body["comment"].startswith("Développeuse")
    assert body["comment"].endswith("محمد الأحمد")
    assert re.fullmatch(r"[A-Za-z' -]+", body["firstname"] + body["lastname"])


@pytest.mark.parametrize(
    ("value", "email"),
    [
        (" Elodie.Marchand@Exemple.FR ", "Elodie.Marchand@Exemple.FR"),
        ("mailto:a@b.fr", "a@b.fr"),
        ("Élodie <MAILTO:a@b.fr?subject=CV>", "a@b.fr"),
        ("'a@b.fr'; c@d.fr", "a@b.fr"),
        ("a/b@c.fr", "a/b@c.fr"),
        ("a@b.fr/c@d.fr.", "a@b.fr"),
        ("not an address; a@b.fr", "a@b.fr"),
        ("elodie@", ""),
        ("@exemple.fr", ""),
        ("n/a", ""),
        (None, ""),
        (["a@b.fr"], ""),
    ],
)
def test_it_takes_a_plausible_email_as_written(value: Any, email: str) -> None:
    assert format_email(value) == email


@pytest.mark.parametrize(
    ("value", "phone"),
    [
        (" 06\u00a095 46 82 31 ", "06 95 46 82 31"),
        (33695468231, "33695468231"),
        ("tel:+33695468231", "+33695468231"),
        ("N/A", ""),
        (True, ""),
        (None, ""),
        (10**400, ""),
    ],
)
def test_it_sends_a_phone_as_a_string(value: Any, phone: str) -> None:
    assert format_phone(value) == phone


def test_it_reads_the_links_of_older_profiles() -> None:
    assert format_profile(old_profile())["urls"] == {
        "linkedin": "https://www.linkedin.com/in/elodie-marchand",
        "other": "https://elodie.example",
    }


def test_it_knows_a_network_by_its_host() -> None:
    found = format_urls(
        [
            {"type": "from_resume", "url": "www.linkedin.com/in/a"},
            {"type": None, "url": "https://x.com/a"},
            "https://fr-fr.facebook.com/a",
            {"type": "personal", "url": "https://notlinkedin.com/a"},
        ]
    )
    assert found == {
        "linkedin": "https://www.linkedin.com/in/a",
        "twitter": "https://x.com/a",
        "facebook": "https://fr-fr.facebook.com/a",
        "other": "https://notlinkedin.com/a",
    }


@pytest.mark.parametrize(
    "value",
    [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "ftp://x.fr/a",
        "http://",
        "elodie",
        "a@b.fr",
        "https://user:secret@x.fr/",
        "http://[",
        "https://x.fr:99999999/",
        "deux mots.fr",
        None,
        3,
    ],
)
def test_it_sends_no_link_that_is_not_a_web_address(value: Any) -> None:
    assert web_address(value) == ""


def test_it_sends_links_in_ascii() -> None:
    assert web_address("https://café.fr/é?q=%C3%A9") == "https://xn--caf-dma.fr/%C3%A9?q=%C3%A9"


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        ("« Oui », dit-elle… l’été", '"Oui", dit-elle... l\'été'),
        ("\uf0b7\tPython\r\n• Django\r\n\r\n\r\n\r\nFin", "- Python\n- Django\n\nFin"),
        ("ﬁn 𝐉𝐞𝐚𝐧 Ａ", "fin Jean A"),
        ("salaire : 45 k€ – 20 °C 😀\u200b", "salaire : 45 k€ - 20 °C"),
        ("a\u2028b\x00c\ud800", "a\nbc"),
    ],
)
def test_it_makes_typographic_characters_plain(given_text: str, expected: str) -> None:
    assert plain(given_text) == expected


@given(st.text(max_size=60))
def test_plain_text_is_never_exotic_and_stays_as_it_is(text: str) -> None:
    result = plain(text)
    assert exotic(result) == []
    assert plain(result) == result


def test_it_chooses_the_processed_cv_before_the_original() -> None:
    chosen = choose_resume(full_profile())
    assert chosen is not None
    assert (chosen.kind, chosen.url) == ("resume", "https://files.example/resume.pdf")
    assert (chosen.file_name, chosen.extension, chosen.size) == ("CV Élodie.pdf", ".pdf", 30720)


def test_it_knows_the_cv_of_older_profiles_by_its_file_name() -> None:
    chosen = choose_resume(old_profile())
    assert chosen is not None
    assert (chosen.kind, chosen.url, chosen.size) == ("resume", "https://files.example/r.pdf", None)
    assert chosen.extension == ".pdf"


def test_it_falls_back_on_the_original() -> None:
    profile = old_profile()
    profile["attachments"][1]["public_url"] = None
    chosen = choose_resume(profile)
    assert chosen is not None
    assert chosen.kind == "original"


def test_it_chooses_the_newest_of_equals() -> None:
    attachments = [
        {"type": "resume", "public_url": "https://f/1", "created_at": "2024-01-01T00:00:00"},
        {"type": "resume", "public_url": "https://f/2", "created_at": "2024-03-01T00:00:00+02:00"},
        {"type": "resume", "public_url": "https://f/3", "created_at": {"iso8601": "2024-02-01"}},
        {"type": "resume", "public_url": "https://f/4", "created_at": None},
    ]
    chosen = choose_resume({"attachments": attachments})
    assert chosen is not None
    assert chosen.url == "https://f/2"


@pytest.mark.parametrize(
    "attachments",
    [None, {}, "x", [], [None], [{}], [{"type": "resume"}], [{"type": "photo", "public_url": "u"}]],
)
def test_it_finds_no_cv_where_there_is_none(attachments: Any) -> None:
    assert choose_resume({"attachments": attachments}) is None


def test_a_candidate_carries_its_profile_and_enrichment() -> None:
    profile = full_profile()
    candidate = normalise_result(format_profile(profile), profile)
    assert candidate.profile is profile
    assert candidate.enrichment is not None
    assert candidate.enrichment["experience"] == 7


def test_it_takes_the_seed_time_shape() -> None:
    create = {"vacancy": "v", "token": "t", "firstname": "A", "lastname": "B", "email": None}
    enrich = {"type": "applicants", "name": "parsing", "value": {"experience": 3}}
    result = {"create_profile_body": create, "enrich_profile_body": enrich}
    candidate = normalise_result(result, {})
    assert candidate == {"firstname": "A", "lastname": "B"}
    assert candidate.enrichment == {"experience": 3}


def test_it_makes_the_enrichment_that_a_format_does_not() -> None:
    result = {"create_profile_body": {"firstname": "A"}, "enrich_profile_body": None}
    candidate = normalise_result(result, full_profile())
    assert candidate.enrichment is not None
    assert candidate.enrichment["name"]["family"] == "Marchand"


def test_it_keeps_the_enrichment_of_a_candidate() -> None:
    made = Candidate({"firstname": "A"}, profile={}, enrichment={"experience": 1})
    assert normalise_result(made, full_profile()).enrichment == {"experience": 1}


@pytest.mark.parametrize(
    "result", [None, "text", [], 3, {}, {"create_profile_body": None}, {"create_profile_body": 1}]
)
def test_a_format_that_returns_no_candidate_is_named(result: Any) -> None:
    with pytest.raises(PermanentError) as caught:
        normalise_result(result, full_profile(), "my_format")
    assert caught.value.code == ErrorCode.FORMAT_EMPTY
    assert "my_format" in str(caught.value)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"firstname": "A"}, "lastname"),
        ({"firstname": "王", "lastname": "B"}, "firstname"),
        ({"firstname": "A", "lastname": "B", "comment": object()}, "comment"),
        ({"firstname": "A", "lastname": "B", "score": float("nan")}, "score"),
    ],
)
def test_it_finds_what_flatchr_cannot_take(body: dict[str, Any], field: str) -> None:
    with pytest.raises(FormattingError) as caught:
        check_candidate(body)
    assert caught.value.field == field


def assert_wire_rules(body: dict[str, Any]) -> None:
    assert set(body) <= KEYS
    for key in ("firstname", "lastname"):
        assert re.search("[a-zA-Z]", body[key])
        assert body[key].lower() not in ("n/a", "undefined", "null", "none")
    assert all(isinstance(value, str) and value for key, value in body.items() if key != "urls")
    assert not exotic("".join(value for key, value in body.items() if key != "urls"))
    urls = body.get("urls", {"other": "https://x"})
    assert urls
    assert set(urls) <= {"facebook", "linkedin", "twitter", "other"}
    assert all(re.match(r"https?://[^\s]+$", url) and url.isascii() for url in urls.values())
    assert ("type" in body) == ("resume" in body)
    json.dumps(body, allow_nan=False).encode()


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(damaged_profiles())
def test_damaged_profiles_give_a_valid_candidate_or_a_clear_error(profile: dict[str, Any]) -> None:
    try:
        body = format_profile(profile)
    except FormattingError as error:
        named_field = error.field
    else:
        named_field = "info.full_name"
        assert_wire_rules(body)
        check_candidate(normalise_result(body, profile))
    assert named_field == "info.full_name"
