"""Flatchr's REST host: vacancies, columns, search, move, archive, enrich.

https://developers.flatchr.io
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any

from aiohttp import web

from sandbox.calls import Call
from sandbox.data.applicants import Applicant, Candidate
from sandbox.data.profiles import Json
from sandbox.data.recruiting import CLOSED, OPEN, Company, Vacancy
from sandbox.encoding import RefusalError, answer, raw_json
from sandbox.hosts.access import authenticate, body_of, broken, company_of, vacancy_by_id
from sandbox.hosts.wire import exotic
from sandbox.state import World


def list_vacancies(world: World, call: Call) -> web.Response:
    """A bare list, open and closed alike unless `status` or `offer_id` say otherwise."""
    company = company_of(world, call)
    mine = [vacancy for vacancy in world.vacancies if vacancy.company is company]
    fields = _fields(call) & {"address", "tags"}
    return answer([one.as_json(fields) for one in mine if _is_asked_for(one, call)])


def _is_asked_for(vacancy: Vacancy, call: Call) -> bool:
    status = str(OPEN if vacancy.open else CLOSED)
    asked = call.query.get("status", status), call.query.get("offer_id", str(vacancy.offer_id))
    return asked == (status, str(vacancy.offer_id))


def _fields(call: Call) -> set[str]:
    return set(call.query.get("fields", "").split(","))


def read_vacancy(world: World, call: Call) -> web.Response:
    vacancy = vacancy_by_id(world, authenticate(world, call), call.path["vacancy"])
    return answer(vacancy.as_json(_fields(call)))


def list_columns(world: World, call: Call) -> web.Response:
    company = company_of(world, call)
    return answer([column.as_json() for column in company.columns])


_PLAIN_FILTERS = frozenset({"firstname", "lastname", "email", "phone"})
_DATE_FILTERS = frozenset({"start", "end", "start_update", "end_update"})
_FILTERS = _PLAIN_FILTERS | _DATE_FILTERS | {"hired", "column", "company", "vacancy"}


def search_applicants(world: World, call: Call) -> web.Response:
    """All filters must match; texts in full, without regard to case. `search_cap` cuts the answer
    short, without a word; with `changed_names` some names are spelled otherwise."""
    company = company_of(world, call)
    filters = body_of(world, call, optional=True)
    unknown = sorted(filters.keys() - _FILTERS)
    if unknown:
        raise broken(world, call, "unknown_filter", f"unknown filter: {', '.join(unknown)}")
    email = filters.get("email")
    tests = [_is_visible(company), *_tests(world, call, filters)]
    among = world.applicants.among(str(email) if email else None)
    found = [
        one.shown(world.faults.changed_names) for one in among if all(test(one) for test in tests)
    ]
    return raw_json(b"[" + b",".join(found[: world.faults.search_cap or None]) + b"]")


def _is_visible(company: Company) -> Callable[[Applicant], bool]:
    now = time.time()
    return lambda one: one.vacancy.company is company and one.visible_from <= now


def _tests(world: World, call: Call, filters: Json) -> Iterator[Callable[[Applicant], bool]]:
    for name, value in filters.items():
        if value is None or value == "":
            continue
        if name in _DATE_FILTERS:
            yield _date_test(world, call, name, value)
        else:
            yield _test(name, value)


def _test(name: str, value: Any) -> Callable[[Applicant], bool]:
    if name == "hired":
        return lambda one: one.column.hired is (value in (True, 1, "1", "true"))
    wanted = str(value).casefold()
    read: Callable[[Applicant], str] = {
        "vacancy": lambda one: one.vacancy.remote_id.casefold(),
        "company": lambda one: one.candidate.company.key.casefold(),
        "column": lambda one: one.column.title.casefold(),
    }.get(name, lambda one: str(getattr(one, name)).casefold())
    return lambda one: read(one) == wanted


def _date_test(world: World, call: Call, name: str, value: Any) -> Callable[[Applicant], bool]:
    try:
        day = datetime.strptime(str(value), "%m/%d/%y").date()
    except ValueError:
        raise broken(world, call, "date_format", f"{name} must be MM/DD/YY") from None
    field = "updated" if name.endswith("_update") else "created"
    if name.startswith("start"):
        return lambda one: date.fromtimestamp(getattr(one, field)) >= day
    return lambda one: date.fromtimestamp(getattr(one, field)) <= day


def _applicant(world: World, call: Call) -> Applicant:
    vacancy = vacancy_by_id(world, company_of(world, call), call.path["vacancy"])
    applicant = world.applicants.all.get(call.path["applicant"])
    if applicant is None or applicant.vacancy is not vacancy:
        raise RefusalError(404, "applicant not found")
    return applicant


def move_applicant(world: World, call: Call) -> web.Response:
    """Moving to the column it is in changes nothing; the answer reveals the candidate's id."""
    applicant = _applicant(world, call)
    column_id = body_of(world, call).get("column_id")
    columns = {column.id: column for column in applicant.vacancy.company.columns}
    if column_id not in columns:
        raise RefusalError(404, "column not found")
    applicant.move(columns[column_id])
    return answer(_moved(applicant))


def _moved(applicant: Applicant) -> Json:
    candidate = applicant.candidate
    return {
        "id": applicant.id,
        "vacancy_id": applicant.vacancy.vacancy_id,
        "column_id": applicant.column.id,
        "candidate": _candidate_json(candidate),
        "applies": [
            {"id": one.id, "vacancy_id": one.vacancy.vacancy_id, "column_id": one.column.id}
            for one in candidate.applicants
        ],
    }


def _candidate_json(candidate: Candidate) -> Json:
    return {
        "id": candidate.id,
        "email": candidate.email,
        "firstname": candidate.firstname,
        "lastname": candidate.lastname,
        "urls": candidate.urls,
        "phone": candidate.phone,
        "consent": [{"id": 900_000 + candidate.id, "candidate_id": candidate.id, "status": 1}],
        "cv": None,
        "aws": None,
    }


def archive_applicant(world: World, call: Call) -> web.Response:
    world.applicants.remove(_applicant(world, call))
    return answer({"message": "applicant archived"})


def enrich_candidate(world: World, call: Call) -> web.Response:
    """Only with the option "CVthèque Premium", and only by the candidate's internal id."""
    company = company_of(world, call)
    if not company.premium:
        raise RefusalError(403, "option CVthèque Premium required")
    body = body_of(world, call)
    _check_enrichment(world, call, body)
    candidate = _referenced(world, company, body["reference"])
    candidate.enrichments.append({**body, "time": time.time()})
    message = {"resource_type": "attribute", "action": "created"}
    return answer({"statusCode": 200, "message": message})


def _check_enrichment(world: World, call: Call, body: Json) -> None:
    for name in ("app_name", "reference", "type", "name", "value"):
        if body.get(name) in (None, ""):
            raise broken(world, call, "required_field", f"{name} is required")
    if body["type"] != "applicants":
        raise broken(world, call, "type_value", "type must be applicants")
    if not isinstance(body["value"], dict):
        raise broken(world, call, "field_type", "value must be an object")
    for problem in exotic(body["value"], "value"):
        raise broken(world, call, problem.rule, problem.text)


def _referenced(world: World, company: Company, reference: Any) -> Candidate:
    number = int(reference) if str(reference).isdecimal() else None
    candidate = world.applicants.candidates.get(number) if number is not None else None
    if candidate is None or candidate.company is not company or not candidate.applicants:
        raise RefusalError(404, "candidate not found: reference must be its id")
    return candidate
