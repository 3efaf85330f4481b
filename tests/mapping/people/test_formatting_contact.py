"""E-mail, phone and links of a candidate, and characters made plain."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.mapping.candidate import format_profile
from sync.mapping.contact import format_email, format_urls, web_address
from sync.mapping.phones import format_phone
from sync.mapping.text import plain
from tests.mapping.exotic import exotic
from tests.mapping.profiles import old_profile


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
        (" 06\u00a095 46 82 31 ", "+33 6 95 46 82 31"),
        (33695468231, "+33 6 95 46 82 31"),
        ("tel:+33695468231", "+33 6 95 46 82 31"),
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
