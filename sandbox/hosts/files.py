"""CV files as HrFlow's storage serves them: by link, without credentials."""

from __future__ import annotations

from aiohttp import web

from sandbox.calls import Call
from sandbox.data.variants import PRIVATE_CV
from sandbox.encoding import RefusalError
from sandbox.state import World


def read_file(world: World, call: Call) -> web.Response:
    found = world.library.file(call.path["key"], call.path["name"])
    if found is None:
        raise RefusalError(404, "no such file")
    content, content_type = found
    if content_type == "redirect":
        return web.Response(status=302, headers={"Location": PRIVATE_CV})
    return web.Response(body=content, content_type=content_type)
