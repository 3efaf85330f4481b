"""Flatchr's API: create and find applicants, list vacancies and columns, enrich candidates.

Documentation: https://developers.flatchr.io. Flatchr answers in more shapes than it documents: the
functions of `flatchr_answers` accept the known ones, and any other shape is an error. It is never
read as an empty list, because a push that finds nobody creates the candidate.
"""

from __future__ import annotations

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


class FlatchrClient:
    """Flatchr's API and careers site, for one company.

    `timeout`: seconds for a whole exchange. `throttle` and `observe`: see `HttpDoor`. Every call
    raises the errors of `sync.clients.errors`. Only `create_candidate` must not happen twice, so
    only it raises OutcomeUnknownError; `move_applicant` and `enrich_candidate` may be repeated.
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
        self._feed = door(careers_url, {})  # public: the key is not sent

    def create_candidate(self, body: Mapping[str, Any], *, send_by: float = float("inf")) -> None:
        """`POST {careers}/vacancy/candidate/json`; `body` holds `vacancy`, the key is added here.

        `send_by`: the monotonic time after which nothing is sent any more. Returns once Flatchr
        confirms with the documented sentence, alone; no identifier comes back. Raises
        OutcomeUnknownError when the candidate may have been created, and PermanentError with
        VACANCY_CLOSED where Flatchr refuses it because of its vacancy.
        https://developers.flatchr.io/docs/QuickStart/Candidats/Creer_un_candidat
        """
        sent = {**body, "token": self._auth}
        try:
            answer = self._careers.request(
                "POST", "vacancy/candidate/json", json=sent, effect=True, send_by=send_by
            )
        except PermanentError as error:
            said = str(error.params.get("answer", ""))
            if flatchr_answers.says_vacancy_closed(said):
                code, status = ErrorCode.VACANCY_CLOSED, error.http_status
                raise PermanentError(code, http_status=status, answer=said) from None
            raise
        if not flatchr_answers.says_created(answer.text):
            wait = errors.retry_after(answer.headers.get("Retry-After"))
            raise errors.unreadable("flatchr", effect=True, status=answer.status, retry_after=wait)

    def search_applicants(
        self,
        *,
        email: str | None = None,
        lastname: str | None = None,
        vacancy_id: str | None = None,
        start: date | None = None,
    ) -> list[Applicant]:
        """`POST company/{company}/search/applicants`: those who match all the filters given.

        `vacancy_id`: the encoded id, not the slug. `start`: the first day of creation, included.
        The caller still has to check that an applicant is on the vacancy.
        """
        filters = {
            "email": email,
            "lastname": lastname,
            "vacancy": vacancy_id,
            "start": start and start.strftime("%m/%d/%y"),
        }
        given = {name: value for name, value in filters.items() if value}
        answer = self._api.request("POST", f"{self._company}/search/applicants", json=given)
        return self._read(answer, flatchr_answers.applicants)

    def list_vacancies(self) -> list[Vacancy]:
        """`GET company/{company}/vacancies`: all vacancies, open or not."""
        answer = self._api.request("GET", f"{self._company}/vacancies")
        return self._read(answer, flatchr_answers.vacancies)

    def list_published_vacancies(self, slug: str) -> list[Vacancy]:
        """`GET {careers}/company/{slug}.json`: the public feed, published vacancies only.

        `slug`: the company's sub-domain on the careers site. Needs no key, and sends none.
        """
        answer = self._feed.request("GET", f"company/{segment(slug)}.json")
        return self._read(answer, flatchr_answers.published_vacancies)

    def read_questions(self, vacancy_id: str) -> list[Question]:
        """`GET vacancy/{id}?fields=questions`: what the vacancy asks its candidates, in order.

        `vacancy_id`: the encoded id. The lists of vacancies may leave the questions out.
        """
        path = f"vacancy/{segment(vacancy_id)}"
        answer = self._api.request("GET", path, params={"fields": "questions"})
        return self._read(answer, flatchr_answers.questions_of_answer)

    def list_columns(self) -> list[Column]:
        """`GET company/{company}/columns`: the recruitment stages, in their order."""
        answer = self._api.request("GET", f"{self._company}/columns")
        return self._read(answer, flatchr_answers.columns)

    def move_applicant(self, vacancy_id: str, applicant: str, column_id: int | str) -> str:
        """`PUT company/{company}/vacancy/{id}/applicant/{applicant}`: the candidate's internal id.

        `vacancy_id` and `applicant` are encoded ids. Sending the column that the applicant is
        already in changes nothing and still returns the candidate's id.
        """
        path = f"{self._company}/vacancy/{segment(vacancy_id)}/applicant/{segment(applicant)}"
        answer = self._api.request("PUT", path, json={"column_id": column_id})
        return self._read(answer, flatchr_answers.candidate_id)

    def enrich_candidate(self, reference: str, value: Mapping[str, Any]) -> None:
        """`POST company/{company}/search/candidate`, only with the option "CVthèque Premium".

        `reference`: the candidate's internal id, from `move_applicant`. Setting the same value
        again changes nothing. The answer's `statusCode` counts, beside the HTTP status.
        """
        body = {
            "app_name": _APP_NAME,
            "reference": reference,
            "type": "applicants",
            "name": "parsing",
            "value": value,
        }
        answer = self._api.request("POST", f"{self._company}/search/candidate", json=body)
        status = self._read(answer, flatchr_answers.status_code)
        if not 200 <= status < 300:
            raise errors.of_status("flatchr", status, answer=self._api.quote(answer, body))

    def _read(self, answer: Answer, reader: Callable[[Any], T]) -> T:
        """What `reader` finds in the JSON. Raises RetryableError for any unknown shape."""
        try:
            return reader(answer.json())
        except ValueError:  # not JSON, or UnexpectedShapeError
            pass
        # Outside the block: the cause would quote the answer.
        raise errors.unreadable("flatchr", status=answer.status)
