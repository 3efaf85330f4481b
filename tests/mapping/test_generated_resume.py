from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from pypdf import PdfReader

from sync.mapping.candidate import format_profile
from sync.mapping.generated_cv.document import generate_resume
from sync.mapping.generated_cv.page import FONTS, drawable
from tests.mapping.mutations import damaged_profiles
from tests.mapping.profiles import full_profile

LONG = "Conception et mise en œuvre d’une plateforme de paiement. " * 40


def text_of(document: bytes) -> str:
    """The text of a document that must be one page."""
    reader = PdfReader(BytesIO(document))
    assert len(reader.pages) == 1
    return reader.pages[0].extract_text()


def resume_text(**info: Any) -> str:
    profile = full_profile(**info)
    return text_of(generate_resume(profile, format_profile(profile)))


def crowded_profile() -> dict[str, Any]:
    profile = full_profile(summary=LONG)
    job, study = profile["experiences"][0], profile["educations"][0]
    profile["experiences"] = [job | {"title": f"Poste {n}", "description": LONG} for n in range(30)]
    profile["educations"] = [study | {"description": LONG} for _ in range(10)]
    profile["skills"] = [{"name": f"Compétence {n}"} for n in range(200)]
    return profile


def test_it_is_a_pdf_with_what_the_profile_says() -> None:
    text = resume_text()
    for expected in (
        "Élodie Marchand",
        "elodie.marchand@exemple.fr",
        "+33 6 95 46 82 31",
        "75002 Paris",
        'Développeuse "senior"',
        "Développeuse Python, Société Générale",
        "since 03/2020",
        "08/2017 - 02/2020",
        "Master informatique, Université Lyon 1",
        "Gestion d'équipe",
        "français, anglais",
    ):
        assert expected in text


def test_it_is_plainly_marked_as_generated() -> None:
    first_line = resume_text().strip().splitlines()[0]
    assert first_line == "Generated from the HrFlow profile - not the candidate's own document."


def test_the_mark_follows_the_active_language() -> None:
    with translation.override("fr"):
        mark = translation.gettext(
            "Generated from the HrFlow profile - not the candidate's own document."
        )
        assert mark in " ".join(resume_text().split())


def test_it_shows_what_a_rule_left_of_the_candidate() -> None:
    profile = full_profile()
    text = text_of(generate_resume(profile, {"firstname": "Candidate", "lastname": "12"}))
    assert "Candidate 12" in text
    assert "Marchand" not in text
    assert "exemple.fr" not in text


def test_the_same_profile_gives_the_same_bytes() -> None:
    profile = full_profile()
    candidate = format_profile(profile)
    assert generate_resume(profile, candidate) == generate_resume(profile, candidate)


def test_a_crowded_profile_still_fits_one_page_with_every_section() -> None:
    profile = crowded_profile()
    text = text_of(generate_resume(profile, format_profile(profile)))
    for heading in ("Summary", "Experience", "Education", "Skills", "Languages"):
        assert heading in text


@pytest.mark.parametrize("name", ["Ольга Иванова", "Νίκος Παπαδόπουλος", "王小明", "Łukasz Dvořák"])
def test_it_has_the_letters_of_the_name(name: str) -> None:
    assert name in resume_text(full_name=name, first_name=None, last_name=None)


def test_it_shapes_arabic_letters() -> None:
    profile = full_profile(full_name="محمد الأحمد", first_name=None, last_name=None)
    document = generate_resume(profile, format_profile(profile))
    text = text_of(document)
    assert "Mhmd L'hmd" in text
    # Shaped letters are read back in their order, their order on the page, or as joined forms.
    assert any("\u0600" <= letter <= "\u06ff" or letter >= "\ufb50" for letter in text)


@pytest.mark.parametrize(("name", "shown"), [("สมชาย ใจดี", "Smchay Aichdi"), ("अमित कुमार", "Amit")])
def test_letters_that_no_font_has_are_shown_in_latin_ones(name: str, shown: str) -> None:
    text = resume_text(full_name=name, first_name=None, last_name=None, summary=name)
    assert shown in text
    assert name not in text
    assert drawable(name).isascii()


def test_the_fonts_come_with_their_licences() -> None:
    assert "Bitstream" in (FONTS / "LICENSE-DejaVu.txt").read_text(encoding="utf-8")
    assert "Apache License" in (FONTS / "LICENSE-Droid.txt").read_text(encoding="utf-8")


@settings(
    deadline=None,
    max_examples=15,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(damaged_profiles())
def test_damaged_profiles_still_give_one_page(profile: dict[str, Any]) -> None:
    document = generate_resume(profile, {"firstname": "Jean", "lastname": "Dupont"})
    assert "Jean Dupont" in text_of(document)
