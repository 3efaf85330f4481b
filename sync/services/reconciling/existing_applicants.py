"""Who is on a vacancy already: asked before a run's first create, once for all of its pushes.

Where the answer seems to end at a limit of Flatchr's, each person is asked for as well.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db.models.functions import Now

from sync.clients.flatchr import FlatchrClient
from sync.exceptions import RetryableError
from sync.matching import Found, Person
from sync.models import Epoch, Push, Run
from sync.models.runs import APPLICANTS_KEPT_SECONDS
from sync.services.queue.heartbeat import worker_id
from sync.services.queue.writer import Writer
from sync.services.reconciling.applicants import mask, may_be_cut, on_vacancy, search_person
from sync.vocabulary import ErrorCode

POLL_SECONDS = 0.2


@dataclass(frozen=True)
class Search:
    """The applicants (their persons masked) that one search returned, when it began, and the epoch
    of the database that it was made in; `is_cut`: others may be there too."""

    began: datetime
    applicants: list[Found]
    epoch: Epoch
    is_cut: bool = False

    def is_valid_for(self, push: Push) -> bool:
        """Not older than a person's decision to try again: until then people may have added the
        candidate by hand."""
        return push.decided_at is None or self.began > push.decided_at

    def may_show(self, push: Push) -> bool:
        """Whether an applicant of this search may be the push's own: the database was restored from
        a backup in which the push was still to be sent, and nobody has decided about it since."""
        return self.epoch.is_before_restore(push.decided_at or push.created_at)


class ExistingApplicants:
    """One applicant search per vacancy and run, shared by all threads and all workers.

    Threads share it in memory, workers through the cache, which holds keyed digests instead of
    names and e-mails. The writer reads the cache too: it may be a table of the database.
    """

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._lock = threading.Lock()
        self._searches: dict[tuple[int, int], Future[Search]] = {}

    def find(self, push: Push, flatchr: FlatchrClient, candidate: Mapping[str, Any]) -> Search:
        """The applicants that were there before this push, whose `candidate` is among them
        wherever Flatchr knows the person. Raises as `_find`, and what a search raises."""
        search = self._find(push, flatchr)
        if not search.is_cut:
            return search
        email, lastname = str(candidate.get("email") or ""), str(candidate["lastname"])
        found = search_person(flatchr, push.vacancy, email=email, lastname=lastname)
        own = [replace(one, person=mask(one.person)) for one in found]
        applicants = list({one.id: one for one in [*search.applicants, *own]}.values())
        return replace(search, applicants=applicants)

    def _find(self, push: Push, flatchr: FlatchrClient) -> Search:
        """The search of this push's run: made when the run began, or when a person asked for
        another try.

        The first thread searches, the others wait for its result. Raises RetryableError where the
        search failed or another worker's is not done yet; the next push then searches anew.
        """
        key = (push.run_id, push.vacancy_id)
        while True:
            with self._lock:
                is_mine = key not in self._searches
                future = self._searches.setdefault(key, Future())
            if is_mine:
                try:
                    future.set_result(self._shared(push, flatchr))
                except BaseException as error:
                    self._forget(key, future)
                    future.set_exception(error)
            search = future.result()
            if search.is_valid_for(push):
                return search
            self._forget(key, future)

    def _forget(self, key: tuple[int, int], future: Future[Search]) -> None:
        with self._lock:
            if self._searches.get(key) is future:
                del self._searches[key]

    def _shared(self, push: Push, flatchr: FlatchrClient) -> Search:
        """The search of this run in the cache; made here where no other worker is making it."""
        epoch = self._writer.run(Epoch.objects.current)
        key = Run.applicants_cache_key(
            push.run_id, push.vacancy_id, epoch=epoch.token, worker_id=worker_id()
        )
        lock_seconds = int(settings.HTTP_TIMEOUT_SECONDS) + 10
        give_up = time.monotonic() + settings.HTTP_TIMEOUT_SECONDS
        while True:
            kept = self._writer.run(lambda: cache.get(key))
            if kept is not None and (search := _from_cache(kept, epoch)).is_valid_for(push):
                return search
            if self._writer.run(lambda: cache.add(f"{key}:lock", 1, lock_seconds)):
                return self._search(key, push, flatchr, epoch)
            if time.monotonic() > give_up:
                raise RetryableError(ErrorCode.FLATCHR_UNREACHABLE, retry_after=1)
            time.sleep(POLL_SECONDS)

    def _search(self, key: str, push: Push, flatchr: FlatchrClient, epoch: Epoch) -> Search:
        """Search, keep the result for the other workers, and release the lock."""
        # The database's clock, which dates people's decisions too.
        clock: Any = Push.objects.filter(pk=push.pk).values_list(Now(), flat=True)
        try:
            began = self._writer.run(clock.get)
            applicants = flatchr.search_applicants(vacancy_id=push.vacancy.remote_id or None)
            found = on_vacancy(applicants, push.vacancy)
            masked = [replace(one, person=mask(one.person)) for one in found]
            search = Search(began, masked, epoch, may_be_cut(len(applicants)))
            kept = _for_cache(search)
            self._writer.run(lambda: cache.set(key, kept, APPLICANTS_KEPT_SECONDS))
            return search
        finally:
            self._writer.run(lambda: cache.delete(f"{key}:lock"))


def _for_cache(search: Search) -> tuple[datetime, list[list[str]], bool]:
    """Plain values, so that another version of this code may read them: the moment, a row
    `[id, column, e-mail, name, phone]` an applicant, and whether others may be there."""
    rows = [
        [one.id, one.column, one.person.email, one.person.name, one.person.phone]
        for one in search.applicants
    ]
    return search.began, rows, search.is_cut


def _from_cache(kept: tuple[datetime, list[list[str]], bool], epoch: Epoch) -> Search:
    began, rows, is_cut = kept
    applicants = [Found(id_, column, Person(*person)) for id_, column, *person in rows]
    return Search(began, applicants, epoch, is_cut)
