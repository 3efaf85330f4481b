"""The documented shapes of both APIs, every field of which may go wrong.

HrFlow: https://developers.hrflow.ai (profiles, webhooks). Flatchr: https://developers.flatchr.io.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.fuzz.json_shapes import (
    DATES,
    Values,
    anything,
    listed,
    mostly,
    numbers,
    scalars,
    shaped,
    texts,
)

KEYS = st.sampled_from(["a1" * 20, "b2" * 20, "x" * 64, "x" * 65, "", "é", "../x", "a\0b"])
_dates = st.sampled_from(DATES) | st.builds(lambda text: {"iso8601": text}, st.sampled_from(DATES))
_EMAILS = [
    "zoe@exemple.fr",
    "ZOE@EXEMPLE.FR ",
    "mailto:z@x.fr",
    "z@x",
    "é@ü.fr",
    "a b@x",
    "@",
    "\ud812",
]
_PHONES = ["+33 6 39 98 01 02", "06.39.98.01.02", "+33 (0)6", "12/04/1990", "639980102", "tel:+33"]
_LINKS = [
    "https://files.example/cv.pdf", "//x", "http://[", "javascript:x", "https://x.fr:99999999/",
    "https://linkedin.com/in/zoé a", "www.x.fr", "https://a@b@c/", "http://\udc80", "x/y",
]  # fmt: skip
emails, phones = st.sampled_from(_EMAILS) | texts, st.sampled_from(_PHONES) | numbers | texts
links: st.SearchStrategy[str] = st.sampled_from(_LINKS) | texts
_named = shaped({"name": texts, "type": texts, "value": scalars}) | texts
_places = shaped(
    {
        "text": texts,
        "lat": numbers,
        "lng": numbers,
        "fields": shaped({"city": texts, "postcode": scalars, "country": texts, "state": texts}),
    }
)
_episodes = shaped(
    {
        "company": texts,
        "school": texts,
        "title": texts,
        "description": texts,
        "location": _places,
        "date_start": _dates,
        "date_end": _dates,
        "skills": listed(_named),
        "tasks": listed(_named),
    }
)
_links = listed(shaped({"type": st.sampled_from(["linkedin", "github", "x"]), "url": links}))
_people = shaped(
    {
        "full_name": texts,
        "first_name": texts,
        "last_name": texts,
        "email": emails,
        "phone": phones,
        "date_birth": _dates,
        "gender": texts,
        "summary": texts,
        "location": _places,
        "urls": _links
        | st.dictionaries(st.sampled_from(["linkedin", "twitter"]), links | anything),
    },
    always=("first_name", "last_name"),
)
_attachments = shaped(
    {
        "type": st.sampled_from(["resume", "original", "photo", "RESUME "]),
        "file_name": texts,
        "original_file_name": texts,
        "file_size": numbers | texts,
        "extension": texts,
        "public_url": links,
        "created_at": _dates,
    }
)
profiles: Values = shaped(
    {
        "key": KEYS,
        "reference": texts,
        "text_language": texts,
        "created_at": _dates,
        "updated_at": _dates,
        "archived_at": _dates,
        "source": shaped({"key": KEYS, "name": texts}),
        "info": _people,
        "experiences_duration": numbers,
        "educations_duration": numbers,
        "experiences": listed(_episodes, 2),
        "educations": listed(_episodes, 2),
        "skills": listed(_named),
        "languages": listed(_named),
        "tags": listed(_named),
        "attachments": listed(_attachments, 2),
        "consent_algorithmic": anything,
    },
    always=("info",),
)

# --- Flatchr's answers --------------------------------------------------------------------------

_ids = st.sampled_from(["aB3x", "", "  ", "0"]) | numbers | texts
applicants: Values = shaped(
    {
        "applicant": _ids,
        "vacancy": texts | shaped({"title": texts}),
        "vacancy_id": numbers | texts,
        "column": texts,
        "firstname": texts,
        "lastname": texts,
        "email": emails,
        "phone": phones,
    }
)
_questions = shaped(
    {
        "id": _ids,
        "text": texts,
        "type": _ids,
        "position": numbers,
        "required": scalars,
        "options": listed(_ids) | texts,
    }
)
vacancies: Values = shaped(
    {
        "id": _ids,
        "vacancy_id": numbers | texts,
        "slug": texts,
        "reference": _ids,
        "title": texts,
        "status": numbers | texts,
        "address": shaped({"formatted_address": texts}),
        "apply_url": links,
        "questions": listed(_questions),
    }
)
columns: Values = shaped({"id": _ids, "title": texts, "position": numbers, "hired": scalars})


def lists_of(items: Values) -> Values:
    """Bare, or wrapped as some examples show it."""
    many = listed(items)
    return mostly(many | st.builds(lambda found: {"items": found}, many))


ANSWERS: dict[str, Values] = {
    "applicants": lists_of(applicants),
    "vacancies": lists_of(vacancies),
    "published_vacancies": lists_of(shaped({"id": _ids, "vacancy": vacancies})),
    "questions_of_answer": mostly(vacancies),
    "columns": lists_of(columns),
    "candidate_id": mostly(
        shaped(
            {
                "candidate": shaped(
                    {"id": _ids, "consent": listed(shaped({"candidate_id": _ids}), 2)}
                )
            }
        )
    ),
    "status_code": mostly(shaped({"statusCode": numbers | texts, "message": texts})),
}

# --- HrFlow's envelopes, and the events of both -------------------------------------------------

_meta = shaped({"page": numbers, "maxPage": numbers, "total": numbers, "count": numbers})
_codes = st.sampled_from([200, 200, 200, "200", 201, 400, 401, 404, 429, 500, 0, -1, None])


def envelopes(data: Values) -> Values:
    fields = {"code": _codes, "message": texts, "data": data, "meta": _meta}
    return mostly(shaped(fields, always=fields))


def hrflow_events(source_key: str) -> Values:
    source = shaped({"key": st.just(source_key) | KEYS})
    about = shaped({"key": KEYS, "source": source, "info": _people}, always=("key", "source"))
    kinds = ["profile.parsing.success", "profile.storing.update", "profile.parsing.error", "job.x"]
    fields = {"type": st.sampled_from(kinds), "origin": texts, "message": texts, "profile": about}
    return _events(shaped(fields, always=fields))


def flatchr_events(slug: str) -> Values:
    person = shaped({"email": emails, "firstname": texts}, always=("email",))
    slugs = st.just(slug) | texts
    vacancy = shaped({"slug": slugs}, always=("slug",))
    data = shaped({"vacancy": vacancy, "candidate": person}, always=("vacancy", "candidate"))
    kinds = st.sampled_from(["new_applicant", "drag_applicant", "new_vacancy"])
    return _events(shaped({"event": kinds, "data": data}, always=("event", "data")))


def _events(one: Values) -> st.SearchStrategy[Any]:
    """One, or many at once."""
    return mostly(one | st.lists(one, max_size=4))
