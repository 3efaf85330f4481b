"""Who may call Flatchr: the API key, and whether it belongs to what is asked for."""

from __future__ import annotations

from typing import Any

from sandbox.calls import Call
from sandbox.data.profiles import Json
from sandbox.data.recruiting import Company, Vacancy
from sandbox.encoding import RefusalError
from sandbox.state import World


def authenticate(world: World, call: Call) -> Company:
    """The company of the API key. `?token=` works, and is recorded as a violation: logs keep it."""
    header = call.headers.get("Authorization", "")
    token = header.removeprefix("Bearer ") if header.startswith("Bearer ") else ""
    if not token and call.query.get("token"):
        world.violate(call.endpoint, "token_in_query", "the API key was sent in the address")
        token = call.query["token"]
    company = world.company_by_auth(token)
    if company is None:
        # This body is undocumented; the worst case is one that repeats the key.
        raise RefusalError(401, f"Unauthorized: {token or 'no API key'}")
    return company


def company_of(world: World, call: Call) -> Company:
    """The company in the address, which must be the key's own."""
    company = authenticate(world, call)
    asked = world.company_by_key(call.path["company"])
    if asked is None:
        raise RefusalError(404, "company not found")
    if asked is not company:
        raise RefusalError(403, "this key belongs to another company")
    return company


def vacancy_by_id(world: World, company: Company, remote_id: str) -> Vacancy:
    for vacancy in world.vacancies:
        if vacancy.remote_id == remote_id and vacancy.company is company:
            return vacancy
    raise RefusalError(404, "vacancy not found")


def body_of(world: World, call: Call, *, optional: bool = False) -> Json:
    """The JSON object that was sent."""
    payload: Any = call.payload
    if payload is None and optional:
        return {}
    if not isinstance(payload, dict):
        raise broken(world, call, "json_body", "the body must be a JSON object")
    if not call.headers.get("Content-Type", "").startswith("application/json"):
        raise broken(world, call, "content_type", "Content-Type must be application/json")
    return payload


def broken(world: World, call: Call, rule: str, text: str) -> RefusalError:
    """Records a broken rule for the page and the tests; returns the 400 to raise."""
    world.violate(call.endpoint, rule, text)
    return RefusalError(400, text)
