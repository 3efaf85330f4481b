"""Who is on a vacancy already: asked before a run's first create, once for all of its pushes."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db.models.functions import Now

from sync.clients.flatchr import FlatchrClient
from sync.exceptions import RetryableError
from sync.matching import Found, Person
from sync.models import FlatchrVacancy, Push
from sync.services.queue.writer import Writer
from sync.services.reconciling.applicants import masked, on_vacancy
from sync.vocabulary import ErrorCode

KEPT_SECONDS = 3600
POLL_SECONDS = 0.2


@dataclass(frozen=True)
class Shown:
    """The applicants (their persons masked) that a search showed, and when it was begun."""

    begun: datetime
    applicants: list[Found]

    def is_news(self, since: datetime | None) -> bool:
        return since is None or self.begun > since


class ExistingApplicants:
    """One applicant search per vacancy and run, shared by all threads and all workers.

    What is shared between workers are keyed digests, not names and e-mails.
    """

    def __init__(self, writer: Writer) -> None:
        self._ledger = writer
        self._lock = threading.Lock()
        self._searches: dict[tuple[int, int], Future[Shown]] = {}

    def before(self, push: Push, flatchr: FlatchrClient) -> list[Found]:
        """The applicants that were there when the run began, or when a person asked for another
        try: until then people may have added the candidate by hand.

        Raises RetryableError where the search failed or another worker's is not done yet.
        """
        key = (push.run_id, push.vacancy_id)
        while True:
            with self._lock:
                search, mine = self._searches.get(key), False
                if search is None:
                    search, mine = self._searches.setdefault(key, Future()), True
            if mine:
                self._run(key, search, push, flatchr)
            shown = search.result()
            if shown.is_news(push.decided_at):
                return shown.applicants
            self._forget(key, search)

    def _run(
        self,
        key: tuple[int, int],
        search: Future[Shown],
        push: Push,
        flatchr: FlatchrClient,
    ) -> None:
        try:
            search.set_result(self._shared(cache_key(*key), push, flatchr))
        except BaseException as error:
            self._forget(key, search)  # The next push tries again.
            search.set_exception(error)

    def _forget(self, key: tuple[int, int], search: Future[Shown]) -> None:
        with self._lock:
            if self._searches.get(key) is search:
                del self._searches[key]

    def _shared(self, key: str, push: Push, flatchr: FlatchrClient) -> Shown:
        give_up = time.monotonic() + settings.HTTP_TIMEOUT_SECONDS
        while True:
            kept = self._ledger.run(lambda: cache.get(key))
            if kept is not None and (shown := _from_cache(kept)).is_news(push.decided_at):
                return shown
            if self._ledger.run(lambda: cache.add(f"{key}:lock", 1, _lock_seconds())):
                return self._search(key, push, flatchr)
            if time.monotonic() > give_up:
                raise RetryableError(ErrorCode.FLATCHR_UNREACHABLE, retry_after=1)
            time.sleep(POLL_SECONDS)

    def _search(self, key: str, push: Push, flatchr: FlatchrClient) -> Shown:
        try:
            begun = self._ledger.run(lambda: database_time(push))
            shown = Shown(begun, _masked_applicants(push.vacancy, flatchr))
            self._ledger.run(lambda: cache.set(key, _for_cache(shown), KEPT_SECONDS))
            return shown
        finally:
            self._ledger.run(lambda: cache.delete(f"{key}:lock"))


def cache_key(run_id: int, vacancy_id: int | None) -> str:
    return f"applicants:{run_id}:{vacancy_id}"


def database_time(push: Push) -> datetime:
    """The one clock that decisions are dated by too."""
    rows: Any = Push.objects.filter(pk=push.pk).values_list(Now())
    now: datetime = rows.get()[0]
    return now


def _masked_applicants(vacancy: FlatchrVacancy, flatchr: FlatchrClient) -> list[Found]:
    applicants = flatchr.search_applicants(vacancy_id=vacancy.remote_id or None)
    return [masked(found) for found in on_vacancy(applicants, vacancy)]


def _lock_seconds() -> int:
    return int(settings.HTTP_TIMEOUT_SECONDS) + 10


def _for_cache(shown: Shown) -> tuple[datetime, list[list[str]]]:
    return shown.begun, [_as_row(applicant) for applicant in shown.applicants]


def _from_cache(kept: tuple[datetime, list[list[str]]]) -> Shown:
    begun, rows = kept
    return Shown(begun, [_from_row(row) for row in rows])


def _as_row(found: Found) -> list[str]:
    person = found.person
    return [found.id, found.column, person.email, person.name, person.phone]


def _from_row(row: list[Any]) -> Found:
    return Found(row[0], row[1], Person(row[2], row[3], row[4]))
