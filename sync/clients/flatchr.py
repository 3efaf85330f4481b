"""Flatchr: create and find applicants, list vacancies and columns, enrich.

Docs: https://developers.flatchr.io. Flatchr answers in more shapes than it documents; the pure
readers in `flatchr_answers` accept the known ones, and an answer of any other shape is an error,
never an empty list: "nobody there" is what a push sends a second candidate on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, TypeVar

from sync.clients import errors, flatchr_answers
from sync.clients.flatchr_answers import Applicant, Column, Question, Vacancy
from sync.clients.http import Answer, Exchange, HttpDoor, segment
from sync.exceptions import PermanentError
from sync.vocabulary import ErrorCode

__all__ = ["Applicant", "Column", "FlatchrClient", "Question", "Vacancy"]

T = TypeVar("T")

_APP_NAME = "hrflow"
# The documented text is `applicant created`; a text that also denies or excuses is not it.
_SAYS_CREATED = re.compile(r"applicant|created", re.I)
_SAYS_OTHERWISE = re.compile(r"\b(?:not|no|error\w*|fail\w*|invalid|denied|refus\w*)\b|n't", re.I)


class FlatchrClient:
    """Flatchr's API and careers site for one company.

    Only `create_candidate` has an effect that must not happen twice, so only it raises
    OutcomeUnknownError; moving to a column and enriching may be repeated.
    """

    def __init__(
        self,
        *,
        auth: str,
        company: str,
        api_url: str,
        careers_url: str,
        timeout: float = 20.0,
        throttle: Callable[[], None] | None = None,
        observe: Callable[[Exchange], None] | None = None,
    ) -> None:
        def door(url: str, headers: Mapping[str, str]) -> HttpDoor:
            return HttpDoor(
                "flatchr",
                url,
                headers=headers,
                secrets=(auth,),
                timeout=timeout,
                throttle=throttle,
                observe=observe,
            )

        self._auth = auth.strip()
        self._company = f"company/{segment(company)}"
        self._api = door(api_url, {"Authorization": f"Bearer {self._auth}"})
        self._careers = door(careers_url, {"Authorization": f"Bearer {self._auth}"})
        self._feed = door(careers_url, {})  # public: no key for it

    def create_candidate(self, body: Mapping[str, Any], *, send_by: float = float("inf")) -> None:
        """`POST vacancy/candidate/json`; `body` holds `vacancy`, the key is added here.
        `send_by`: the monotonic moment after which it must not begin to be sent.

        Returns only after the documented answer; no identifier comes back. Raises
        OutcomeUnknownError when the candidate may have been created.
        https://developers.flatchr.io/docs/QuickStart/Candidats/Creer_un_candidat
        """
        sent = {**body, "token": self._auth}
        answer = self._careers.request(
            "POST", "vacancy/candidate/json", json=sent, effect=True, send_by=send_by
        )
        if not _confirms(answer):
            wait = errors.retry_after(answer.headers.get("Retry-After"))
            raise errors.unreadable("flatchr", effect=True, status=answer.status, retry_after=wait)

    def test_candidate(self, body: Mapping[str, Any]) -> None:
        """`POST vacancy/candidate/test`: whether Flatchr would take this body. Creates nothing."""
        sent = {**body, "token": self._auth}
        try:
            answer = self._careers.request("POST", "vacancy/candidate/test", json=sent)
        except PermanentError as error:
            if error.code is not ErrorCode.FLATCHR_REFUSED:
                raise
            refused = PermanentError(ErrorCode.FLATCHR_REJECTED, **error.params)
            refused.http_status = error.http_status
        else:
            if answer.is_html:
                raise errors.unreadable("flatchr", status=answer.status)
            return
        raise refused

    def search_applicants(
        self,
        *,
        email: str | None = None,
        firstname: str | None = None,
        lastname: str | None = None,
        vacancy_id: str | None = None,
        start: date | None = None,
        end: date | None = None,
    ) -> list[Applicant]:
        """`POST search/applicants`. `vacancy_id`: the encoded id, not the slug. `start`, `end`:
        days of creation, both included. Matching to a vacancy is still the caller's to do."""
        filters = {
            "email": email,
            "firstname": firstname,
            "lastname": lastname,
            "vacancy": vacancy_id,
            # Asked in American order, answered in European order (DD/MM/YY).
            "start": start and start.strftime("%m/%d/%y"),
            "end": end and end.strftime("%m/%d/%y"),
        }
        asked = {name: value for name, value in filters.items() if value}
        answer = self._api.request("POST", f"{self._company}/search/applicants", json=asked)
        return self._read(answer, flatchr_answers.applicants)

    def list_vacancies(self) -> list[Vacancy]:
        """`GET company/{company}/vacancies`: all of them, open or not."""
        answer = self._api.request("GET", f"{self._company}/vacancies")
        return self._read(answer, flatchr_answers.vacancies)

    def list_published_vacancies(self, slug: str) -> list[Vacancy]:
        """`GET {careers}/company/{slug}.json`: the public feed, published vacancies only."""
        answer = self._feed.request("GET", f"company/{segment(slug)}.json")
        return self._read(answer, flatchr_answers.published_vacancies)

    def read_questions(self, vacancy_id: str) -> list[Question]:
        """`GET vacancy/{id}?fields=questions`; `vacancy_id` is the encoded id."""
        path = f"vacancy/{segment(vacancy_id)}"
        answer = self._api.request("GET", path, params={"fields": "questions"})
        return self._read(answer, flatchr_answers.questions_of_answer)

    def list_columns(self) -> list[Column]:
        """`GET company/{company}/columns`: the recruitment stages, in their order."""
        answer = self._api.request("GET", f"{self._company}/columns")
        return self._read(answer, flatchr_answers.columns)

    def move_applicant(self, vacancy_id: str, applicant: str, column_id: int | str) -> str:
        """`PUT vacancy/{id}/applicant/{applicant}`: returns the candidate's internal id.

        Sending the column the applicant is in already changes nothing and reveals that id.
        """
        path = f"{self._company}/vacancy/{segment(vacancy_id)}/applicant/{segment(applicant)}"
        answer = self._api.request("PUT", path, json={"column_id": column_id})
        return self._read(answer, flatchr_answers.candidate_id)

    def enrich_candidate(
        self, reference: str, value: Mapping[str, Any], *, name: str = "parsing"
    ) -> None:
        """`POST search/candidate`, for companies with the option "CVthèque Premium".

        `reference`: the candidate's internal id, from `move_applicant`. Setting the same value
        again does no harm.
        """
        body = {
            "app_name": _APP_NAME,
            "reference": reference,
            "type": "applicants",
            "name": name,
            "value": value,
        }
        answer = self._api.request("POST", f"{self._company}/search/candidate", json=body)
        status = self._read(answer, flatchr_answers.status_code)
        if not 200 <= status < 300:
            raise errors.of_status("flatchr", status, answer=self._api.quote(answer, body))

    def _read(self, answer: Answer, reader: Callable[[Any], T]) -> T:
        try:
            return reader(answer.json())
        except ValueError:  # not JSON, or of a shape no reader knows
            pass
        raise errors.unreadable("flatchr", status=answer.status)


def _confirms(answer: Answer) -> bool:
    """Whether a 2xx is the documented one: a success page of something else is not."""
    if answer.is_html or not _SAYS_CREATED.search(answer.text):
        return False
    return not _SAYS_OTHERWISE.search(answer.text)
