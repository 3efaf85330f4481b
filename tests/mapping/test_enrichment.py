"""The enrichment made from a profile: jobs, studies, years of experience."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from sync.mapping.enrichment import format_enrichment, years_of_experience
from tests.mapping.exotic import exotic
from tests.mapping.mutations import damaged_profiles
from tests.mapping.profiles import full_profile

# What the seed connector sends for `full_profile`: without jobs and studies, a job, all studies.
PROFILE = {
    "address": {
        "administrative_area_level_1": "Île-de-France",
        "location_lat": 48.8691,
        "location_lng": 2.3316,
    },
    "name": {"formattedName": "Élodie Marchand", "given": "Élodie", "family": "Marchand"},
    "phone": [{"dialNumber": "+33 6 95 46 82 31", "useCode": "personal"}],
    "email": [{"address": "elodie.marchand@exemple.fr"}],
    "position": ["Développeuse Python", "Développeuse"],
    "employment_positions": ["Société Générale", "Doctolib"],
    "experience": 7,
}
JOB = {
    "title": "Développeuse Python",
    "positionHistories": [
        {
            "title": "Développeuse Python",
            "organization": {
                "name": "Société Générale",
                "communication": {
                    "address": [
                        {
                            "countryCode": "FR",
                            "city": "Lyon",
                            "postalCode": "69003",
                            "geoLocation": {"latitude": 45.76, "longitude": 4.83},
                            "formattedAddress": "Lyon",
                        }
                    ]
                },
            },
            "jobCategories": [],
            "jobLevels": [],
            "start": "2020-03-01",
            "current": True,
        }
    ],
    "start": "2020-03-01",
    "current": True,
    "descriptions": ["Conception d'API REST.", "Revue de code"],
}
STUDIES = [
    {
        "institution": {
            "name": "Université Lyon 1",
            "communication": {"address": [{"formattedAddress": "Villeurbanne"}]},
        },
        "educationLevelCodes": [{"name": "Master informatique"}],
        "educationDegrees": [
            {
                "name": "Master informatique",
                "date": "2014-06-30",
                "specializations": ["Systèmes répartis"],
            }
        ],
        "end": "2014-06-30",
        "descriptions": ["Mention bien"],
    }
]


def test_it_has_the_shape_that_the_seeds_connector_sends() -> None:
    value = format_enrichment(full_profile())
    jobs, studies = value.pop("employment"), value.pop("education")
    assert value == PROFILE
    assert jobs[0] == JOB
    assert studies == STUDIES


def test_it_reads_the_dates_of_older_profiles() -> None:
    job = format_enrichment(full_profile())["employment"][1]
    assert (job["start"], job["current"]) == ("2017-08-01", False)


def test_a_job_without_dates_is_neither_current_nor_past() -> None:
    job = format_enrichment({"experiences": [{"title": "Chef"}]})["employment"][0]
    assert "current" not in job
    assert "start" not in job


@pytest.mark.parametrize("nothing", [None, [], "x", {}, {"info": None, "experiences": None}])
def test_it_is_empty_where_nothing_is_known(nothing: Any) -> None:
    assert format_enrichment(nothing) == {}


@pytest.mark.parametrize(("given_years", "years"), [(7.6, 7), ("2.5", 2), (0, 0), (0.9, 0)])
def test_experience_is_in_whole_years(given_years: Any, years: int) -> None:
    assert format_enrichment({"experiences_duration": given_years})["experience"] == years


@pytest.mark.parametrize("unknown", [None, "many", -1, float("nan"), True, 10**400])
def test_unknown_experience_is_counted_from_the_dates(unknown: Any) -> None:
    profile = full_profile() | {"experiences_duration": unknown}
    # August 2017 to February 2020, and March 2020 to the last update in June 2024.
    assert years_of_experience(profile) == pytest.approx(6.83, abs=0.01)


def test_overlapping_jobs_count_once() -> None:
    jobs = [
        {"date_start": "2010-01-01", "date_end": "2014-01-01"},
        {"date_start": "2011-01-01", "date_end": "2012-01-01"},
        {"date_start": "2013-01-01", "date_end": "2015-01-01"},
        {"date_start": "2020-01-01", "date_end": "2019-01-01"},
    ]
    assert years_of_experience({"experiences": jobs}) == pytest.approx(5, abs=0.01)


def test_experience_is_absent_where_no_date_tells() -> None:
    assert years_of_experience({"experiences": [{"title": "Chef"}, None]}) is None
    assert "experience" not in format_enrichment({"experiences": [{"title": "Chef"}]})


def leaves(value: Any) -> list[tuple[str, Any]]:
    """Every (key, value) at any depth."""
    if isinstance(value, dict):
        return [(k, v) for k, v in value.items()] + [e for v in value.values() for e in leaves(v)]
    return [e for item in value for e in leaves(item)] if isinstance(value, list) else []


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(damaged_profiles())
def test_damaged_profiles_never_break_it(profile: Any) -> None:
    value = format_enrichment(profile)
    text = json.dumps(value, allow_nan=False, ensure_ascii=False)
    assert exotic(text.replace("\\n", "")) == []
    empty = {key for key, held in leaves(value) if held in (None, "", [], {}) and held is not False}
    assert empty <= {"jobCategories", "jobLevels", "specializations"}
    assert isinstance(value.get("experience", 0), int)
