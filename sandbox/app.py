"""The web application: every endpoint by name, wrapped in counters and faults."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web

from sandbox import control, pages
from sandbox.calls import Call
from sandbox.encoding import RefusalError
from sandbox.faults import act
from sandbox.hosts import api, careers, files, hrflow
from sandbox.state import World

Handler = Callable[[World, Call], web.Response]
_Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]

MAX_BODY = 64 * 1024 * 1024  # a CV of 12 MB in base64, with room
HRFLOW, API, CAREERS = "/hrflow/v1", "/flatchr-api", "/flatchr-careers"
_COMPANY = f"{API}/company/{{company}}"
_APPLICANT = f"{_COMPANY}/vacancy/{{vacancy}}/applicant/{{applicant}}"

ENDPOINTS: tuple[tuple[str, str, str, Handler], ...] = (
    ("auth", "GET", f"{HRFLOW}/auth", hrflow.check_credentials),
    ("read", "GET", f"{HRFLOW}/profile/indexing", hrflow.read_profile),
    ("list", "GET", f"{HRFLOW}/storing/profiles", hrflow.list_profiles),
    ("file", "GET", "/files/{key}/{name}", files.read_file),
    ("create", "POST", f"{CAREERS}/vacancy/candidate/json", careers.create_candidate),
    ("test", "POST", f"{CAREERS}/vacancy/candidate/test", careers.test_candidate),
    ("careers", "GET", f"{CAREERS}/company/{{slug}}.json", careers.published_vacancies),
    ("vacancies", "GET", f"{_COMPANY}/vacancies", api.list_vacancies),
    ("vacancy", "GET", f"{API}/vacancy/{{vacancy}}", api.read_vacancy),
    ("columns", "GET", f"{_COMPANY}/columns", api.list_columns),
    ("search", "POST", f"{_COMPANY}/search/applicants", api.search_applicants),
    ("enrich", "POST", f"{_COMPANY}/search/candidate", api.enrich_candidate),
    ("move", "PUT", _APPLICANT, api.move_applicant),
    ("archive", "DELETE", _APPLICANT, api.archive_applicant),
)

CONTROLS: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/", pages.overview),
    ("GET", "/received/{applicant}/resume", pages.resume),
    ("GET", "/control/faults", control.read_faults),
    ("POST", "/control/faults", control.set_faults),
    ("POST", "/control/reset", control.reset),
    ("GET", "/control/received", control.received),
    ("GET", "/control/state", control.state),
    ("POST", "/control/profiles", control.change_profiles),
    ("POST", "/control/vacancies", control.change_vacancies),
    ("POST", "/control/applicants", control.change_applicants),
)


def make_app(world: World) -> web.Application:
    app = web.Application(client_max_size=MAX_BODY)
    for endpoint, method, path, handler in ENDPOINTS:
        app.router.add_route(method, path, _faulty(world, endpoint, handler))
    for method, path, handler in CONTROLS:
        app.router.add_route(method, path, _plain(world, handler))
    return app


def _plain(world: World, handler: Handler) -> _Answer:
    async def respond(request: web.Request) -> web.StreamResponse:
        return _call(handler, world, await Call.read("control", request))

    return respond


def _faulty(world: World, endpoint: str, handler: Handler) -> _Answer:
    async def respond(request: web.Request) -> web.StreamResponse:
        traffic = world.traffic
        with traffic.watch(endpoint):
            _note_company(world, request)
            call = await Call.read(endpoint, request)
            if world.faults.latency_ms:
                await asyncio.sleep(world.faults.latency_ms / 1000)
            rule = world.faults.pick(endpoint, call.facts)
            if rule is None:
                return _count(world, endpoint, _call(handler, world, call))
            lost = web.Response()
            if rule.takes_effect:
                lost = _count(world, endpoint, _call(handler, world, call))
            return await act(rule, request, lost)

    return respond


def _call(handler: Handler, world: World, call: Call) -> web.Response:
    try:
        return handler(world, call)
    except RefusalError as refusal:
        return refusal.response()


def _count(world: World, endpoint: str, response: web.Response) -> web.Response:
    world.traffic.note_status(endpoint, response.status)
    return response


def _note_company(world: World, request: web.Request) -> None:
    """By key, so that requests that a fault ends count towards a rate limit too."""
    company = world.company_by_auth(request.headers.get("Authorization", "")[7:])
    if company is not None:
        world.traffic.note_company(company)
