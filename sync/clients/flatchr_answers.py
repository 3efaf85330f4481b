"""What Flatchr's answers say: pure readers from JSON to plain data.

A reader raises UnexpectedShapeError (a ValueError) for a shape it does not know; missing fields
inside a known shape are tolerated.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

OPEN = 1  # a vacancy's `status` in every documented example


class UnexpectedShapeError(ValueError):
    """An answer of a shape nobody documents."""


@dataclass(frozen=True, slots=True)
class Applicant:
    """A candidate on a vacancy, as a search shows them. `id` is the encoded applicant id;
    `vacancy_id` is the integer one and missing from some answers; `column` is a title."""

    id: str
    vacancy_title: str
    vacancy_id: int | None
    column: str
    firstname: str
    lastname: str
    email: str
    phone: str
    created_on: dt.date | None


@dataclass(frozen=True, slots=True)
class Question:
    """A vacancy's question; `options` are the answers to choose from, if any."""

    id: str
    text: str
    type: str
    required: bool
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Vacancy:
    """`remote_id` is the encoded id, `vacancy_id` the integer one; `slug` is what a create wants.

    `questions` is None when the answer did not carry them, which is not the same as none.
    """

    remote_id: str
    vacancy_id: int | None
    slug: str
    reference: str
    title: str
    is_open: bool
    location: str
    apply_url: str
    questions: tuple[Question, ...] | None


@dataclass(frozen=True, slots=True)
class Column:
    """A recruitment stage; `id` as Flatchr gives it, to be sent back unchanged."""

    id: int | str
    title: str
    position: int
    hired: bool


def applicants(answer: Any) -> list[Applicant]:
    """A search's answer: documented as a bare list, and nothing else is taken for one."""
    return [_applicant(item) for item in _objects(answer)]


def vacancies(answer: Any) -> list[Vacancy]:
    """A bare list in what connectors parse, wrapped in `items` in some examples. A vacancy
    without a slug is left out: nothing can be sent to it."""
    found = [_vacancy(item) for item in _objects(_unwrapped(answer))]
    return [vacancy for vacancy in found if vacancy.slug]


def published_vacancies(answer: Any) -> list[Vacancy]:
    """The careers feed: each item holds its vacancy. A vacancy published on several channels
    comes several times and is returned once."""
    inner = (item.get("vacancy", item) for item in _objects(_unwrapped(answer)))
    return list({vacancy.slug: vacancy for vacancy in vacancies(list(inner))}.values())


def questions_of_answer(answer: Any) -> list[Question]:
    """The questions of one vacancy; a vacancy that says nothing of them has none."""
    if not isinstance(answer, Mapping) or not (answer.keys() & {"id", "slug", "questions"}):
        raise UnexpectedShapeError("a vacancy is an object")
    return list(_questions(answer.get("questions")) or ())


def columns(answer: Any) -> list[Column]:
    found = [_column(item) for item in _objects(_unwrapped(answer)) if _id(item.get("id"))]
    return sorted(found, key=lambda column: column.position)


def candidate_id(answer: Any) -> str:
    """Of a move: `candidate.id` in newer answers, `candidate.consent[0].candidate_id` in older."""
    candidate = answer.get("candidate") if isinstance(answer, Mapping) else None
    if isinstance(candidate, Mapping):
        consent = candidate.get("consent")
        first = consent[0] if isinstance(consent, list) and consent else consent
        older = first.get("candidate_id") if isinstance(first, Mapping) else None
        if found := _id(candidate.get("id")) or _id(older):
            return found
    raise UnexpectedShapeError("no candidate id")


def status_code(answer: Any) -> int:
    """Of an enrichment: `{"statusCode": 200, "message": …}`; without one, HTTP's 2xx counts."""
    if not isinstance(answer, Mapping):
        raise UnexpectedShapeError("an enrichment answers with an object")
    return _integer(answer.get("statusCode", 200)) or 0


def _applicant(item: Mapping[str, Any]) -> Applicant:
    vacancy = item.get("vacancy")
    return Applicant(
        id=_id(item.get("applicant")),
        vacancy_title=_text(vacancy.get("title") if isinstance(vacancy, Mapping) else vacancy),
        vacancy_id=_integer(item.get("vacancy_id")),
        column=_text(item.get("column")),
        firstname=_text(item.get("firstname")),
        lastname=_text(item.get("lastname")),
        email=_text(item.get("email")),
        phone=_id(item.get("phone")),
        created_on=_day(item.get("created_at")),
    )


def _vacancy(item: Mapping[str, Any]) -> Vacancy:
    status = item.get("status")
    return Vacancy(
        remote_id=_id(item.get("id")),
        vacancy_id=_integer(item.get("vacancy_id")),
        slug=_text(item.get("slug")),
        reference=_id(item.get("reference")),
        title=_text(item.get("title")),
        is_open=status is None or _integer(status) == OPEN,
        location=_place(item.get("address")),
        apply_url=_web_address(item.get("apply_url")),
        questions=_questions(item.get("questions")),
    )


def _questions(value: Any) -> tuple[Question, ...] | None:
    if value is None:
        return None
    items = sorted(_objects(value), key=lambda item: _integer(item.get("position")) or 0)
    return tuple(_question(item) for item in items)


def _question(item: Mapping[str, Any]) -> Question:
    options = item.get("options") or []
    parts = options.split(";") if isinstance(options, str) else options
    texts = (_id(part) for part in parts) if isinstance(parts, list) else ()
    return Question(
        id=_id(item.get("id")),
        text=_text(item.get("text")),
        type=_id(item.get("type")),
        required=_truth(item.get("required")),
        options=tuple(text for text in texts if text),
    )


def _column(item: Mapping[str, Any]) -> Column:
    position = _integer(item.get("position"))
    return Column(
        id=item["id"],
        title=_text(item.get("title")),
        position=position if position is not None else 0,
        hired=_truth(item.get("hired")),
    )


def _unwrapped(answer: Any) -> Any:
    return answer["items"] if isinstance(answer, Mapping) and "items" in answer else answer


def _objects(value: Any) -> list[Mapping[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
        raise UnexpectedShapeError("not a list of objects")
    return value


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _id(value: Any) -> str:
    """An identifier as text, whether it came as a string or a number."""
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return str(value) if is_number else _text(value)


def _place(address: Any) -> str:
    return _text(address.get("formatted_address")) if isinstance(address, Mapping) else ""


def _web_address(value: Any) -> str:
    """Shown to people as a link, so nothing but http(s) may pass."""
    address = _text(value).strip()
    return address if address.startswith(("https://", "http://")) else ""


def _integer(value: Any) -> int | None:
    if isinstance(value, str) and value.strip().isdecimal():
        return int(value.strip()[:18])
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _truth(value: Any) -> bool:
    return value in (True, 1, "1", "true", "True")


def _day(value: Any) -> dt.date | None:
    """`created_at`: DD/MM/YY as documented, a four-digit year or an ISO date as seen elsewhere."""
    text = _text(value)
    for form, length in (("%d/%m/%y", 8), ("%d/%m/%Y", 10), ("%Y-%m-%d", 10)):
        if len(text) == length or form.startswith("%Y"):
            try:
                return dt.datetime.strptime(text[:length], form).date()
            except ValueError:
                continue
    return None
