"""Realistic HrFlow profiles for tests of the pure modules; every call gives a new one."""

from __future__ import annotations

import copy
from typing import Any

_FULL: dict[str, Any] = {
    "key": "9f2c" * 10,
    "reference": "ref-1",
    "text_language": "fr",
    "created_at": "2024-01-10T09:00:00+0000",
    "updated_at": "2024-06-01T12:00:00+0000",
    "archived_at": None,
    "source": {"key": "5a" * 20, "name": "CVthèque", "type": "api"},
    "info": {
        "full_name": "Élodie Marchand",
        "first_name": "Élodie",
        "last_name": "Marchand",
        "email": "elodie.marchand@exemple.fr",
        "phone": "+33 6 95 46 82 31",
        "date_birth": "1990-02-03T00:00:00",
        "gender": "female",
        "summary": "Développeuse « senior » – 8 ans d’expérience…\n• Python\n• Django",
        "location": {
            "text": "12 rue de la Paix, 75002 Paris",
            "lat": 48.8691,
            "lng": 2.3316,
            "fields": {
                "city": "Paris",
                "postcode": "75002",
                "state": "Île-de-France",
                "country": "France",
            },
        },
        "urls": [
            {"type": "from_resume", "url": "https://elodie.example"},
            {"type": "linkedin", "url": "linkedin.com/in/elodie-marchand"},
            {"type": "github", "url": "https://github.com/elodie"},
            {"type": "twitter", "url": ""},
            {"type": "facebook", "url": None},
        ],
    },
    "experiences_duration": 7.6,
    "educations_duration": 5,
    "experiences": [
        {
            "key": "1",
            "company": "Société Générale",
            "title": "Développeuse Python",
            "description": "Conception d’API REST.",
            "location": {
                "text": "Lyon",
                "lat": 45.76,
                "lng": 4.83,
                "fields": {"city": "Lyon", "postcode": 69003, "country": "France"},
            },
            "date_start": "2020-03-01T00:00:00",
            "date_end": "1969-12-31T23:59:59",
            "skills": [{"name": "PostgreSQL", "type": "hard", "value": None}],
            "tasks": [{"name": "Revue de code"}],
        },
        {
            "company": "Doctolib",
            "title": "Développeuse",
            "description": None,
            "location": None,
            "date_start": {"iso8601": "2017-08-01T00:00:00"},
            "date_end": {"iso8601": "2020-02-28T00:00:00"},
            "skills": [],
            "tasks": None,
        },
    ],
    "educations": [
        {
            "school": "Université Lyon 1",
            "title": "Master informatique",
            "description": "Mention bien",
            "location": {"text": "Villeurbanne", "lat": None, "lng": None, "fields": []},
            "date_start": "2012-09-01T00:00:00",
            "date_end": "2014-06-30T00:00:00",
            "skills": [{"name": "Systèmes répartis"}],
        }
    ],
    "skills": [
        {"name": "Python", "type": "hard", "value": "90"},
        {"name": "Gestion d’équipe", "type": "soft", "value": None},
        {"name": "JavaScript", "type": "hard", "value": None},
    ],
    "languages": [{"name": "français"}, {"name": "anglais"}],
    "labels": [{"job_key": "job-1", "job_reference": "DEV-42", "stage": "no", "rating": 2}],
    "tags": [],
    "metadatas": [],
    "attachments": [
        {
            "type": "original",
            "file_name": "original",
            "original_file_name": "CV Élodie.docx",
            "file_size": 20480,
            "extension": ".docx",
            "public_url": "https://files.example/original.docx",
            "created_at": "2024-01-10T09:00:00+0000",
        },
        {
            "type": "resume",
            "file_name": "resume",
            "original_file_name": "CV Élodie.pdf",
            "file_size": "30720",
            "extension": ".pdf",
            "public_url": "https://files.example/resume.pdf",
            "created_at": "2024-01-10T09:00:01+0000",
        },
    ],
}


def full_profile(**info: Any) -> dict[str, Any]:
    """A profile with everything; keyword arguments replace fields of `info`."""
    profile = copy.deepcopy(_FULL)
    profile["info"] |= info
    return profile


def old_profile() -> dict[str, Any]:
    """The shapes of older profiles: links as a dict, dates as objects, the CV by file name."""
    profile = full_profile()
    profile["info"]["urls"] = {
        "from_resume": ["https://elodie.example"],
        "linkedin": "https://www.linkedin.com/in/elodie-marchand",
        "twitter": "",
        "facebook": None,
        "github": "",
    }
    profile["created_at"] = {"iso8601": "2019-01-10T09:00:00"}
    profile["attachments"] = [
        {"file_name": "original.pdf", "public_url": "https://files.example/o.pdf"},
        {"file_name": "resume", "public_url": "https://files.example/r.pdf"},
    ]
    return profile


def named(full_name: Any = None, first_name: Any = None, last_name: Any = None) -> dict[str, Any]:
    """A profile of which only (parts of) the name are known."""
    return {"info": {"full_name": full_name, "first_name": first_name, "last_name": last_name}}
