"""Flatchr's careers host: creating candidates, and the public feed of vacancies.

https://developers.flatchr.io/docs/QuickStart/Candidats/Creer_un_candidat
"""

from __future__ import annotations

from aiohttp import web

from sandbox.calls import Call
from sandbox.data.applicants import Resume
from sandbox.data.profiles import Json
from sandbox.data.recruiting import CAREERS_SITE, Company, Vacancy
from sandbox.encoding import RefusalError, answer
from sandbox.hosts.access import authenticate, body_of
from sandbox.hosts.wire import File, check_candidate
from sandbox.state import World


def create_candidate(world: World, call: Call) -> web.Response:
    """Stores a new applicant each time; answers a text without any identifier."""
    vacancy, body, file = _accepted(world, call)
    resume = None
    if file is not None:
        data = world.applicants.same(file.data)
        resume = Resume(data, file.file_name, file.content_type)
        body["resume"] = None
    lag = world.faults.search_lag_ms / 1000
    world.applicants.create(vacancy, body, resume, lag=lag)
    return web.Response(text=body.get("response_text") or "applicant created")


def test_candidate(world: World, call: Call) -> web.Response:
    """The same checks, and nothing stored."""
    _accepted(world, call)
    return web.Response(text="applicant created")


def _accepted(world: World, call: Call) -> tuple[Vacancy, Json, File | None]:
    company = authenticate(world, call)
    body = body_of(world, call)
    problems, file = check_candidate(body)
    for problem in problems:
        world.violate(call.endpoint, problem.rule, problem.text)
    if problems:
        raise RefusalError(400, "; ".join(problem.text for problem in problems))
    if body["token"] != company.auth:
        raise RefusalError(401, f"Unauthorized: {body['token']}")
    return _open_vacancy(world, company, body), body, file


def _open_vacancy(world: World, company: Company, body: Json) -> Vacancy:
    vacancy = world.vacancy_by_slug(body["vacancy"])
    if vacancy is None or vacancy.company is not company:
        raise RefusalError(404, "vacancy not found")
    if not vacancy.open:
        raise RefusalError(400, "vacancy is closed")
    return vacancy


def published_vacancies(world: World, call: Call) -> web.Response:
    """`company/{slug}.json`: public, so without any key."""
    slug = call.path["slug"]
    if all(company.slug != slug for company in world.companies):
        raise RefusalError(404, "company not found")
    return answer(
        {
            "items": [
                _item(number, vacancy)
                for number, vacancy in enumerate(world.vacancies, start=1)
                if vacancy.company.slug == slug
                and vacancy.open
                and vacancy.offer_id == CAREERS_SITE
            ]
        }
    )


def _item(number: int, vacancy: Vacancy) -> Json:
    return {
        "id": 81000 + number,
        "offer_id": vacancy.offer_id,
        "published": True,
        "created_at": vacancy.created_at,
        "vacancy": vacancy.as_json({"address"}),
    }
