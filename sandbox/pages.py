"""The page at `/`: what "Flatchr" has received, seen by a person."""

from __future__ import annotations

from datetime import datetime
from html import escape
from typing import Any

from aiohttp import web

from sandbox.calls import Call
from sandbox.data.applicants import Applicant
from sandbox.data.profiles import Json
from sandbox.data.recruiting import Vacancy
from sandbox.encoding import RefusalError
from sandbox.state import World

_SHOWN = 200
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"


def resume(world: World, call: Call) -> web.Response:
    """The CV as received, under the content type it was sent with."""
    applicant = world.applicants.all.get(call.path["applicant"])
    if applicant is None or applicant.resume is None:
        raise RefusalError(404, "no such CV")
    received = applicant.resume
    name = received.file_name.encode("ascii", "replace").decode().replace('"', "")
    headers = {
        "Content-Type": received.content_type,
        "Content-Disposition": f'inline; filename="{name}"',
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox",
    }
    return web.Response(body=received.content, headers=headers)


def overview(world: World, _call: Call) -> web.Response:
    by_vacancy: dict[str, list[Applicant]] = {}
    for applicant in world.applicants.all.values():
        by_vacancy.setdefault(applicant.vacancy.slug, []).append(applicant)
    sections = [_vacancy(vacancy, by_vacancy.get(vacancy.slug, [])) for vacancy in world.vacancies]
    body = _tiles(world) + _violations(world) + "".join(sections) + _counters(world)
    page = _PAGE.replace("{{body}}", body).replace("{{style}}", _STYLE)
    return web.Response(
        text=page, content_type="text/html", headers={"Content-Security-Policy": _POLICY}
    )


def _tiles(world: World) -> str:
    applicants = world.applicants.all.values()
    people = {applicant.candidate.id for applicant in applicants}
    tiles = [
        (len(applicants), "applicants"),
        (len(people), "candidates"),
        (len(world.violations), "broken wire rules"),
        (sum(world.traffic.requests.values()), "requests"),
        (sum(world.faults.applied.values()), "faults applied"),
    ]
    cells = "".join(f"<div><b>{number}</b><span>{label}</span></div>" for number, label in tiles)
    return f'<section class="tiles">{cells}</section>'


def _violations(world: World) -> str:
    if not world.violations:
        return ""
    rows = "".join(_violation(entry) for entry in list(world.violations)[-_SHOWN:][::-1])
    head = _row("th", ["Time", "Endpoint", "Rule", "What was wrong"])
    return f'<section class="bad"><h2>Broken wire rules</h2><table>{head}{rows}</table></section>'


def _violation(entry: Json) -> str:
    return _row("td", [_clock(entry["at"]), entry["endpoint"], entry["rule"], entry["detail"]])


def _vacancy(vacancy: Vacancy, applicants: list[Applicant]) -> str:
    badge = "open" if vacancy.open else "closed"
    title = f'{escape(vacancy.title)} <i class="{badge}">{badge}</i>'
    facts = f"{vacancy.company.name} · {vacancy.place} · {vacancy.slug}"
    head = f'<h2>{title}</h2><p class="facts">{escape(facts)}</p>'
    if not applicants:
        return f'<section>{head}<p class="none">No applicant yet.</p></section>'
    rows = "".join(_applicant(one) for one in applicants[-_SHOWN:][::-1])
    columns = _row("th", ["Name", "E-mail", "Column", "Received", "CV", "Enriched"])
    count = f"<p>{len(applicants)} received{_hint(applicants)}</p>"
    return f"<section>{head}{count}<table>{columns}{rows}</table></section>"


def _hint(applicants: list[Applicant]) -> str:
    return f", the latest {_SHOWN} shown" if len(applicants) > _SHOWN else ""


def _applicant(one: Applicant) -> str:
    enriched = len(one.candidate.enrichments) or "–"
    name = f"{one.firstname} {one.lastname}"
    cells = [name, one.email or "–", one.column.title, _clock(one.created)]
    return _row("td", cells, _cv_cell(one) + f"<td>{enriched}</td>")


def _cv_cell(one: Applicant) -> str:
    if one.resume is None:
        return f"<td>{escape(str(one.sent.get('resume') or '–'))}</td>"
    label = f"{escape(one.resume.file_name)} ({one.resume.size / 1024:.1f} KB)"
    return f'<td><a href="/received/{one.id}/resume">{label}</a></td>'


def _counters(world: World) -> str:
    statuses = world.traffic.statuses
    rows = "".join(
        _row("td", [endpoint, count, _tally(statuses.get(endpoint, {}))])
        for endpoint, count in sorted(world.traffic.requests.items())
    )
    head = _row("th", ["Endpoint", "Requests", "Answers"])
    note = f"<p>At most {world.traffic.in_flight_max} requests at a time.</p>"
    return f"<section><h2>Requests</h2>{note}<table>{head}{rows}</table></section>"


def _tally(counts: Any) -> str:
    return ", ".join(f"{count} × {status}" for status, count in sorted(counts.items()))


def _row(tag: str, cells: list[Any], more: str = "") -> str:
    inner = "".join(f"<{tag}>{escape(str(cell))}</{tag}>" for cell in cells)
    return f"<tr>{inner}{more}</tr>"


def _clock(moment: float) -> str:
    return datetime.fromtimestamp(moment).strftime("%d/%m/%Y %H:%M:%S")


_STYLE = """
:root { color-scheme: light dark; --line: #8883; --soft: #8881; --accent: #2a6f5b; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 68rem; padding: 1.5rem; }
header { display: flex; align-items: baseline; gap: 1rem; flex-wrap: wrap; }
h1 { font-size: 1.4rem; margin: 0; } h2 { font-size: 1.05rem; margin: 0; }
header p, .facts, .none { margin: 0; opacity: .7; }
section { border: 1px solid var(--line); border-radius: 10px; margin: 1rem 0; padding: 1rem; }
.tiles { display: flex; gap: 1rem; flex-wrap: wrap; }
.tiles div { flex: 1; min-width: 7rem; } .tiles b { display: block; font-size: 1.6rem; }
.bad { border-color: #c0392b; } .bad h2 { color: #c0392b; }
table { border-collapse: collapse; width: 100%; margin-top: .5rem; }
th, td { text-align: left; padding: .35rem .5rem; border-top: 1px solid var(--line); }
td { overflow-wrap: anywhere; } tr:hover td { background: var(--soft); }
a { color: var(--accent); }
i { font-style: normal; font-size: .75rem; padding: .1rem .5rem; border-radius: 9px;
    background: var(--soft); } i.open { background: var(--accent); color: #fff; }
"""
_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Sandbox: what Flatchr received</title>
<meta name="viewport" content="width=device-width"><style>{{style}}</style></head>
<body><header><h1>Sandbox</h1><p>What the stand-in for Flatchr has received.</p>
<a href="/">Refresh</a></header>{{body}}</body></html>
"""
