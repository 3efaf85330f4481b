"""HrFlow over a bare socket: lists and single profiles of any bytes."""

from __future__ import annotations

import json
import socket
from urllib.parse import parse_qs, urlsplit

from tests.raw_server import Handler, RawServer, Request, say


def hrflow(entries: dict[str, bytes]) -> Handler:
    """A source that holds these entries (by what is asked for as key), in their order."""

    def handler(server: RawServer, connection: socket.socket, request: Request) -> None:
        query = {name: values[0] for name, values in parse_qs(urlsplit(request.path).query).items()}
        if "profile/indexing" in request.path:
            found = entries.get(query["key"])
            refused = say(400, {"code": 400, "message": "Unable to find object: profile"})
            answer = say(200, b'{"code":200,"data":' + found + b"}") if found else refused
        else:
            answer = say(200, _page(entries, query))
        answer(server, connection, request)

    return handler


def _page(entries: dict[str, bytes], query: dict[str, str]) -> bytes:
    page, limit = int(query["page"]), int(query["limit"])
    shown = list(entries.items())[(page - 1) * limit : page * limit]
    if query["return_profile"] == "true":
        data = b",".join(entry for _key, entry in shown)
    else:
        data = b",".join(json.dumps({"key": key}).encode() for key, _entry in shown)
    meta = {"page": page, "maxPage": -(-len(entries) // limit), "total": len(entries)}
    return b'{"code":200,"meta":' + json.dumps(meta).encode() + b',"data":[' + data + b"]}"
