"""Calls for tests and demonstrations: faults, what was received, changes to the data."""

from __future__ import annotations

import time
from typing import Any

from aiohttp import web

from sandbox.calls import Call
from sandbox.data.applicants import Applicant
from sandbox.data.library import Source
from sandbox.data.profiles import Json
from sandbox.data.recruiting import Vacancy
from sandbox.encoding import RefusalError, answer
from sandbox.faults import KINDS
from sandbox.state import World


def _payload(call: Call) -> Json:
    if call.payload is None:
        return {}
    if not isinstance(call.payload, dict):
        raise RefusalError(400, "the body must be a JSON object")
    return call.payload


def read_faults(world: World, _call: Call) -> web.Response:
    return answer(world.faults.as_json() | {"kinds": sorted(KINDS)})


def set_faults(world: World, call: Call) -> web.Response:
    """Replaces all rules and settings; `{}` switches every fault off."""
    try:
        world.faults.set(_payload(call))
    except (TypeError, ValueError) as error:
        raise RefusalError(400, str(error)) from error
    return answer(world.faults.as_json())


def reset(world: World, call: Call) -> web.Response:
    """Removes candidates and counters; `{"faults": true, "data": true}` resets those too."""
    wanted = _payload(call)
    if wanted.get("faults"):
        world.faults.set({})
    if wanted.get("data"):
        world.rebuild()
    world.reset()
    return answer(world.description())


def received(world: World, call: Call) -> web.Response:
    """Every applicant; `?vacancy=<slug>` and `?email=` narrow it."""
    slug, email = call.query.get("vacancy"), call.query.get("email")
    applicants = world.applicants
    return answer(
        [
            applicants.received(one)
            for one in applicants.among(email)
            if slug in (None, one.vacancy.slug)
        ]
    )


def state(world: World, _call: Call) -> web.Response:
    return answer(
        world.traffic.as_json()
        | world.description()
        | {
            "applicants": len(world.applicants.all),
            "violations": list(world.violations),
            "faults_applied": dict(world.faults.applied),
        }
    )


def _source(world: World, name: Any) -> Source:
    source = world.library.find_source(str(name))
    if source is None:
        raise RefusalError(404, "unknown source")
    return source


def change_profiles(world: World, call: Call) -> web.Response:
    """`{"action": "add|change|archive|delete", "source": name or key, "key", "profile": patch}`;
    with `"unreadable_ms"`, one that is added can be read by its key only so long after."""
    wanted = _payload(call)
    source = _source(world, wanted.get("source", "main"))
    if wanted.get("action") == "add":
        added = world.library.add(source, wanted.get("profile", {}))
        added.readable_from = time.monotonic() + float(wanted.get("unreadable_ms", 0)) / 1000
        return answer({"key": added.key, "profile": added.data})
    profile = source.profiles.get(str(wanted.get("key")))
    if profile is None:
        raise RefusalError(404, "unknown profile")
    if wanted.get("action") == "delete":
        world.library.delete(source, profile.key)
    elif wanted.get("action") == "archive":
        profile.archive()
    elif wanted.get("action") == "change":
        profile.change(wanted.get("profile", {}))
    else:
        raise RefusalError(400, "action must be add, change, archive or delete")
    return answer({"key": profile.key, "profile": profile.data})


def _vacancy(world: World, slug: Any) -> Vacancy:
    vacancy = world.vacancy_by_slug(slug)
    if vacancy is None:
        raise RefusalError(404, "unknown vacancy")
    return vacancy


def change_vacancies(world: World, call: Call) -> web.Response:
    """`{"slug", "open": bool, "title": text, "reslug": bool}`: close, reopen or rename a vacancy;
    with `reslug` its slug is made anew from its title, and the former one leads nowhere. With
    `"gone": true` no list has it any more."""
    wanted = _payload(call)
    vacancy = _vacancy(world, wanted.get("slug"))
    # The slug is an address: unless asked for, it was made from the first title and stays.
    former = vacancy.slug
    vacancy.open = bool(wanted.get("open", vacancy.open))
    vacancy.title = str(wanted.get("title", vacancy.title))
    if wanted.get("reslug"):
        world.reslug(vacancy, former)
    if wanted.get("gone"):
        world.vacancies.remove(vacancy)
    return answer(vacancy.summary())


def change_applicants(world: World, call: Call) -> web.Response:
    """`{"action": "add", "vacancy": slug, "firstname", "lastname", "email"}` or
    `{"action": "remove", "applicant": id}`: what a recruiter does by hand in Flatchr."""
    wanted = _payload(call)
    if wanted.get("action") == "add":
        return answer(world.applicants.received(_add_by_hand(world, wanted)))
    applicant = world.applicants.all.get(str(wanted.get("applicant")))
    if applicant is None:
        raise RefusalError(404, "unknown applicant")
    world.applicants.remove(applicant)
    return answer({"applicant": applicant.id})


def _add_by_hand(world: World, wanted: Json) -> Applicant:
    names = {"firstname": "Camille", "lastname": "Ajoutée"}
    shown = ("firstname", "lastname", "email", "phone")
    sent = names | {name: wanted[name] for name in shown if name in wanted}
    vacancy = _vacancy(world, wanted.get("vacancy"))
    return world.applicants.create(vacancy, sent, None, by_hand=True)
