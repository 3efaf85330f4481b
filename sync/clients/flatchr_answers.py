"""Readers of Flatchr's answers: pure functions from JSON to plain data.

A reader raises UnexpectedShapeError (a ValueError) for a shape it does not know. Missing fields
inside a known shape are tolerated: texts become empty, numbers None.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sync.numbers import json_integer
from sync.redaction import storable

OPEN = 1  # a vacancy's `status` in every documented example


class UnexpectedShapeError(ValueError):
    """An answer of an undocumented shape."""


@dataclass(frozen=True, slots=True)
class Applicant:
    """A candidate on a vacancy, as a search shows them.

    `id` is the encoded applicant id; `vacancy_id` is the vacancy's integer id, missing from some
    answers; `column` is a title.
    """

    id: str
    vacancy_title: str
    vacancy_id: int | None
    column: str
    firstname: str
    lastname: str
    email: str
    phone: str


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
    """A vacancy; `slug` is what `create_candidate` needs.

    `remote_id` is the encoded id, `vacancy_id` the integer one. `questions` is None when the
    answer did not carry them, and empty when the vacancy has none.
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
    """A recruitment stage; `id` keeps the type Flatchr gave it, to be sent back unchanged."""

    id: int | str
    title: str
    position: int
    hired: bool


# The documented answer to a create. Flatchr may say no with a 200 too, in any words and language:
# so nothing but this sentence says yes.
_CREATED = re.compile(r"applicant\s+created\.?", re.I)
# Fields of a JSON answer that deny it where they hold anything but success.
_STATUS_FIELDS = frozenset({"status", "statuscode", "code", "http_status"})
_ERROR_FIELDS = frozenset({"error", "errors", "warning", "warnings"})
_SUCCESS_FIELDS = frozenset({"success", "ok", "created"})


def says_created(text: str) -> bool:
    """Whether the text of a 2xx confirms a create: the documented sentence alone, as it is, as a
    JSON text, or as the `message` of a JSON object that says nothing to the contrary."""
    said: Any = text.lstrip("\ufeff").strip()
    if said[:1] in ('"', "{"):
        try:
            said = json.loads(said, object_pairs_hook=_said_once)
        except (ValueError, RecursionError):
            return False
    if isinstance(said, Mapping):
        if any(_denies(*field) for field in said.items()):
            return False
        said = said.get("message")
    return isinstance(said, str) and _CREATED.fullmatch(said.strip()) is not None


def _said_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The fields by lower-case names; none where one comes twice, as nobody knows which counts."""
    fields = {name.lower(): value for name, value in pairs}
    return fields if len(fields) == len(pairs) else {}


def _denies(name: str, value: Any) -> bool:
    if name in _STATUS_FIELDS:
        return value not in (None, "ok", "success") and json_integer(value) not in range(200, 300)
    if name in _ERROR_FIELDS:
        return bool(value)
    return name in _SUCCESS_FIELDS and value is not True


# Words of a refusal that say that the vacancy takes no candidates (any more), in English and in
# French, without accents. None is documented.
_VACANCY = r"(?:vacanc(?:y|ies)|job|offer|offre|annonce|poste)"
_GONE = (
    r"(?:closed|not\sfound|not\s(?:open|online|active|available|published)|unpublished|inactive"
    r"|archived|expired|(?:is|been|already)\sfilled|deleted|unknown|no\slonger|does(?:n't|\snot)\sexist"
    r"|cloturee?|fermee?|expiree?|archivee?|pourvue?|supprimee?|desactivee?|terminee?|depubliee?"
    r"|introuvable|inconnue?|hors\sligne|n'existe\s(?:pas|plus)"
    r"|n'est\s(?:pas|plus)\s(?:ouverte?|en\sligne|disponible|active|publiee|accessible|visible))"
)
# Between the two: a few words, and none that is itself what is missing.
_BETWEEN = r"(?:(?!candidat|applicant|compan|entreprise|token|user|field|champ)[\w'-]+\W+){0,6}?"
_CLOSED = re.compile(
    rf"\b{_VACANCY}\W+{_BETWEEN}{_GONE}\b"
    rf"|\b(?:unknown|closed|expired|inactive|archived|no\ssuch)\s{_VACANCY}\b"
    rf"|\b(?:no|aucune?)\s{_VACANCY}\s(?:was\s)?(?:found|trouvee?)\b"
)


def says_vacancy_closed(text: str) -> bool:
    """Whether a refusal of a create says that the vacancy is closed, or not there."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("’", "'"))
    plain = "".join(one for one in plain if not unicodedata.combining(one)).replace("_", " ")
    # Addresses hold such words by themselves: `/vacancy/candidate/json was not found`.
    return _CLOSED.search(re.sub(r"[^\s\"',]*/[^\s\"',]*", "/", plain)) is not None


def applicants(answer: Any) -> list[Applicant]:
    """Of a search: `[{"applicant": id, "vacancy": title, "column": title, "firstname", …}]`.

    Documented as a bare list; no other shape is accepted.
    """
    return [_applicant(item) for item in _objects(answer)]


def _applicant(item: Mapping[str, Any]) -> Applicant:
    """`vacancy` is the title; an object with a `title` is accepted too."""
    vacancy = item.get("vacancy")
    return Applicant(
        id=_id(item.get("applicant")),
        vacancy_title=_text(vacancy.get("title") if isinstance(vacancy, Mapping) else vacancy),
        vacancy_id=json_integer(item.get("vacancy_id")),
        column=_text(item.get("column")),
        firstname=_text(item.get("firstname")),
        lastname=_text(item.get("lastname")),
        email=_text(item.get("email")),
        phone=_id(item.get("phone")),
    )


# The columns of a vacancy, in characters.
LONGEST_SLUG, LONGEST_ID = 255, 64


def vacancies(answer: Any) -> list[Vacancy]:
    """A bare list of vacancies, or the same list under `items`, as some examples show it.

    A vacancy without a slug is left out: no candidate can be sent to it. So is one whose slug or id
    is longer than any that Flatchr makes: it cannot be stored, and shall not stop the others.
    """
    found = [_vacancy(item) for item in _objects(answer, may_be_wrapped=True)]
    return [
        vacancy
        for vacancy in found
        if 0 < len(vacancy.slug) <= LONGEST_SLUG and len(vacancy.remote_id) <= LONGEST_ID
    ]


def published_vacancies(answer: Any) -> list[Vacancy]:
    """Of the careers feed: `{"items": [{"id", "offer_id", "published", "vacancy": {…}}]}`.

    A vacancy published on several channels has an item for each and is returned once.
    """
    items = _objects(answer, may_be_wrapped=True)
    found = vacancies([item.get("vacancy", item) for item in items])
    return list({vacancy.slug: vacancy for vacancy in found}.values())


def _vacancy(item: Mapping[str, Any]) -> Vacancy:
    """A vacancy without a `status` counts as open."""
    status, address = item.get("status"), item.get("address")
    apply_url = _text(item.get("apply_url"))
    return Vacancy(
        remote_id=_id(item.get("id")),
        vacancy_id=json_integer(item.get("vacancy_id")),
        slug=_text(item.get("slug")),
        reference=_id(item.get("reference")),
        title=_text(item.get("title")),
        is_open=status is None or json_integer(status) == OPEN,
        location=_text(address.get("formatted_address")) if isinstance(address, Mapping) else "",
        # A link on our pages: another scheme, such as `javascript:`, is dropped.
        apply_url=apply_url if apply_url.startswith(("https://", "http://")) else "",
        questions=_questions(item.get("questions")),
    )


def questions_of_answer(answer: Any) -> list[Question]:
    """Of one vacancy: `{"id", "slug", "questions": [{"id", "text", "type", "options", …}]}`.

    A vacancy without the field `questions` has none.
    """
    if not isinstance(answer, Mapping) or not (answer.keys() & {"id", "slug", "questions"}):
        raise UnexpectedShapeError("a vacancy is an object")
    return list(_questions(answer.get("questions")) or ())


def _questions(value: Any) -> tuple[Question, ...] | None:
    """In the order of `position`; None for no list at all. `options`: a list, or `a;b;c`."""
    if value is None:
        return None
    found = []
    for item in sorted(_objects(value), key=lambda item: json_integer(item.get("position")) or 0):
        options = item.get("options") or []
        parts = options.split(";") if isinstance(options, str) else options
        texts = [_id(part) for part in parts] if isinstance(parts, list) else []
        question = Question(
            id=_id(item.get("id")),
            text=_text(item.get("text")),
            type=_id(item.get("type")),
            required=_truth(item.get("required")),
            options=tuple(text for text in texts if text),
        )
        found.append(question)
    return tuple(found)


def columns(answer: Any) -> list[Column]:
    """`[{"id", "title", "position", "hired"}]`, bare or under `items`, sorted by position."""
    found = [
        Column(
            id=item["id"],
            title=_text(item.get("title")),
            position=json_integer(item.get("position")) or 0,
            hired=_truth(item.get("hired")),
        )
        for item in _objects(answer, may_be_wrapped=True)
        if _id(item.get("id"))
    ]
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
    """Of an enrichment: `{"statusCode": 200, "message": …}`.

    Without `statusCode` the HTTP status counts, which was 2xx. 0 for a code that is no number.
    """
    if not isinstance(answer, Mapping):
        raise UnexpectedShapeError("an enrichment answers with an object")
    return json_integer(answer.get("statusCode", 200)) or 0


def _objects(value: Any, *, may_be_wrapped: bool = False) -> list[Mapping[str, Any]]:
    """The objects of a list; with `may_be_wrapped` also of `{"items": [{…}]}`.

    Raises UnexpectedShapeError for everything else.
    """
    if may_be_wrapped and isinstance(value, Mapping) and "items" in value:
        value = value["items"]
    if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
        raise UnexpectedShapeError("not a list of objects")
    return value


def _text(value: Any) -> str:
    return storable(value).strip() if isinstance(value, str) else ""


def _id(value: Any) -> str:
    """An identifier as text; Flatchr sends some as numbers."""
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return str(value) if is_number else _text(value)


def _truth(value: Any) -> bool:
    return value in (True, 1, "1", "true", "True")
