"""HrFlow's calls: credentials, one profile, the profiles of sources."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any

from aiohttp import web

from sandbox.calls import Call
from sandbox.data.library import Source, StoredProfile
from sandbox.encoding import RefusalError, encode, raw_json
from sandbox.state import World


def _refuse(status: int, message: str) -> RefusalError:
    return RefusalError(status, message, envelope=True)


def _authenticate(world: World, call: Call) -> None:
    """A 401 that repeats the key that was sent, as a real one can."""
    key, user = call.headers.get("X-API-KEY"), call.headers.get("X-USER-EMAIL")
    if key is None or user is None:
        raise _refuse(401, "Authentication required: X-API-KEY and X-USER-EMAIL")
    if (key, user) != (world.api_secret, world.api_user):
        raise _refuse(401, f"Unauthorized. Invalid secret key: {key} for permission: {user}")


def check_credentials(world: World, call: Call) -> web.Response:
    _authenticate(world, call)
    return raw_json(b'{"code":200,"message":"Auth verified","data":{"name":"sandbox"}}')


def _source(world: World, key: object) -> Source:
    source = world.library.sources.get(key) if isinstance(key, str) else None
    if source is None:
        raise _refuse(400, "Unable to find object: source")
    return source


def read_profile(world: World, call: Call) -> web.Response:
    _authenticate(world, call)
    profile = _find(_source(world, call.query.get("source_key")), call.query)
    if profile is None or time.monotonic() < profile.readable_from:
        raise _refuse(400, "Unable to find object: profile")
    return raw_json(b'{"code":200,"message":"Profile details","data":' + profile.full + b"}")


def _find(source: Source, query: Any) -> StoredProfile | None:
    if "key" in query:
        return source.profiles.get(query["key"])
    wanted = query.get("reference")
    if not wanted:
        raise _refuse(400, "Missing parameter: key or reference")
    matches = (one for one in source.profiles.values() if one.data["reference"] == wanted)
    return next(matches, None)


def list_profiles(world: World, call: Call) -> web.Response:
    _authenticate(world, call)
    query = call.query
    found = [one for source in _sources(world, query) for one in source.profiles.values()]
    for test in _filters(query):
        found = [one for one in found if test(one)]
    found.sort(key=_sort_key(query), reverse=_choice(query, "order_by", ("desc", "asc")) == "desc")
    return _page(found, query)


def _sources(world: World, query: Any) -> list[Source]:
    try:
        keys = json.loads(query.get("source_keys", ""))
    except ValueError:
        keys = None
    if not isinstance(keys, list) or not keys:
        raise _refuse(400, 'source_keys must be a JSON list as a string: ["<key>"]')
    return [_source(world, key) for key in keys]


def _choice(query: Any, name: str, choices: tuple[str, ...]) -> str:
    """One of the choices; the first is the default."""
    value = query.get(name, choices[0])
    if value not in choices:
        raise _refuse(400, f"{name} must be one of {', '.join(choices)}")
    return str(value)


def _sort_key(query: Any) -> Callable[[StoredProfile], Any]:
    name = _choice(query, "sort_by", ("created_at", "updated_at"))
    return attrgetter("created" if name == "created_at" else "updated", "key")


def _filters(query: Any) -> Iterable[Callable[[StoredProfile], bool]]:
    name = query.get("name", "").lower()
    if name:
        yield lambda one: name in str(one.data["info"]["full_name"] or "").lower()
    for field in ("key", "reference"):
        if query.get(field):
            yield lambda one, field=field: one.data[field] == query[field]  # type: ignore[misc]
    if query.get("created_at_min"):
        first = _date(query, "created_at_min")
        yield lambda one: one.created >= first
    if query.get("created_at_max"):
        last = _date(query, "created_at_max")
        yield lambda one: one.created.date() <= last.date()
    if query.get("location_dist"):
        yield _near(query)


def _date(query: Any, name: str) -> datetime:
    try:
        day = datetime.fromisoformat(query[name])
    except ValueError:
        raise _refuse(400, f"{name} must be YYYY-MM-DD") from None
    return day if day.tzinfo else day.replace(tzinfo=UTC)


def _near(query: Any) -> Callable[[StoredProfile], bool]:
    """Within `location_dist` kilometres, computed on a plane: exact enough for a stand-in."""
    names = ("location_lat", "location_lon", "location_dist")
    try:
        lat, lon, kilometres = (float(query[name]) for name in names)
    except (KeyError, ValueError):
        raise _refuse(400, "location_lat, location_lon and location_dist go together") from None

    def test(one: StoredProfile) -> bool:
        place = one.data["info"].get("location") or {}
        if place.get("lat") is None or place.get("lng") is None:
            return False
        north = 111.2 * (place["lat"] - lat)
        east = 111.2 * (place["lng"] - lon) * math.cos(math.radians(lat))
        return math.hypot(north, east) <= kilometres

    return test


def _number(query: Any, name: str, default: int) -> int:
    text = query.get(name, str(default))
    if not text.isdecimal() or int(text) < 1:
        raise _refuse(400, f"{name} must be a positive integer")
    return int(text)


def _page(found: list[StoredProfile], query: Any) -> web.Response:
    page, limit = _number(query, "page", 1), _number(query, "limit", 30)
    shown = found[(page - 1) * limit : page * limit]
    brief = query.get("return_profile", "false").lower() not in ("true", "1")
    data = b",".join(one.brief if brief else one.full for one in shown)
    pages = math.ceil(len(found) / limit)
    meta = encode({"page": page, "maxPage": pages, "count": len(shown), "total": len(found)})
    head = b'{"code":200,"message":"Profiles list","meta":'
    return raw_json(head + meta + b',"data":[' + data + b"]}")
