"""Who is on a vacancy: before a run's first create, and after an answer was lost."""

from __future__ import annotations

import hashlib
import hmac
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from django.conf import settings
from django.core.cache import cache
from django.db.models.functions import Now

from sync.clients.flatchr import FlatchrClient
from sync.clients.flatchr_answers import Applicant, Vacancy
from sync.exceptions import RetryableError
from sync.matching import Found, Person, Siblings, Verdict, judge
from sync.models import FlatchrVacancy, Push
from sync.models.states import PushStatus
from sync.services import privacy
from sync.services.ledger import Ledger
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


class Presence:
    """One applicant search per vacancy and run, shared by all threads and all workers.

    What is shared between workers are keyed digests, not names and e-mails.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
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
            shown = Shown(begun, masked_applicants(push.vacancy, flatchr))
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


def _lock_seconds() -> int:
    return int(settings.HTTP_TIMEOUT_SECONDS) + 10


def masked_applicants(vacancy: FlatchrVacancy, flatchr: FlatchrClient) -> list[Found]:
    applicants = flatchr.search_applicants(vacancy_id=vacancy.remote_id or None)
    return [masked(found) for found in on_vacancy(applicants, vacancy)]


def on_vacancy(applicants: Iterable[Applicant], vacancy: FlatchrVacancy | Vacancy) -> list[Found]:
    """Those of one vacancy: by its number where the answer has it, else by its title."""
    return [as_found(a) for a in applicants if _is_on(a, vacancy)]


def _is_on(applicant: Applicant, vacancy: FlatchrVacancy | Vacancy) -> bool:
    if applicant.vacancy_id is not None and vacancy.vacancy_id is not None:
        return applicant.vacancy_id == vacancy.vacancy_id
    return applicant.vacancy_title.strip() == vacancy.title.strip()


def as_found(applicant: Applicant) -> Found:
    name = f"{applicant.firstname} {applicant.lastname}"
    person = Person.of(name=name, email=applicant.email, phone=applicant.phone)
    return Found(applicant.id, applicant.column, person)


def masked(found: Found) -> Found:
    return replace(found, person=mask(found.person))


def mask(person: Person) -> Person:
    return Person(_digest(person.email), _digest(person.name), _digest(person.phone))


def _digest(value: str) -> str:
    """Keyed, and empty for nothing: equal values stay equal, and nobody can read them."""
    if not value:
        return ""
    return hmac.new(settings.SECRET_KEY.encode(), value.encode(), hashlib.sha256).hexdigest()[:24]


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


# --- after a lost answer ------------------------------------------------------------------------


def look_up(push: Push, flatchr: FlatchrClient, ledger: Ledger) -> tuple[Verdict, Found | None]:
    """What became of a create whose answer was lost.

    The search is bounded by e-mail (else by last name) and by date, so that it stays cheap.
    """
    assert push.create_started_at is not None
    wanted = person_of(push)
    hide = ledger.run(privacy.phone_hider)
    found = with_hidden_phones(search(push, push.create_started_at, flatchr), hide)
    siblings = ledger.run(lambda: siblings_of(push, wanted))
    return judge(wanted, found, known=push.known_applicants, siblings=siblings)


def search(push: Push, since: datetime | None, flatchr: FlatchrClient) -> list[Found]:
    """Applicants on the push's vacancy with its e-mail (else its last name), created since."""
    # A day earlier: Flatchr's dates have no time zone.
    applicants = flatchr.search_applicants(
        email=push.candidate_email or None,
        lastname=None if push.candidate_email else push.candidate_lastname,
        vacancy_id=push.vacancy.remote_id or None,
        start=(since - timedelta(days=1)).date() if since else None,
    )
    return on_vacancy(applicants, push.vacancy)


def siblings_of(push: Push, wanted: Person) -> Siblings:
    """Our other pushes to this vacancy under the same e-mail, or else the same name."""
    others = Push.objects.filter(vacancy_id=push.vacancy_id).exclude(pk=push.pk)
    others = others.exclude(create_started_at=None)
    if push.candidate_email:
        others = others.filter(candidate_email=push.candidate_email)
    rows = [(other, person_of(other)) for other in others.iterator()]
    if not push.candidate_email:
        # Here, not in the query: names are alike whatever their case and accents.
        rows = [row for row in rows if row[1].name == wanted.name]
    return Siblings(
        identities=frozenset(person.identity for _, person in rows),
        attributed=frozenset(other.applicant_id for other, _ in rows if other.applicant_id),
        created=sum(_is_created_lately(other, push) for other, person in rows if person == wanted),
        unknown=sum(other.has_unknown_outcome for other, person in rows if person == wanted),
    )


def _is_created_lately(other: Push, push: Push) -> bool:
    """Created without an applicant attributed yet, and too late to be surely among those that the
    search before the push's run has shown."""
    if other.status != PushStatus.SUCCEEDED or other.applicant_id:
        return False
    settling = timedelta(seconds=settings.PUSH_SETTLE_SECONDS)
    begun, closed = push.run.started_at, other.closed_at
    return begun is None or closed is None or closed + settling >= begun


class Sent(Protocol):
    """A push, as far as it tells whom it sent."""

    @property
    def candidate_name(self) -> str: ...
    @property
    def candidate_email(self) -> str: ...
    @property
    def candidate_phone(self) -> str: ...


def person_of(push: Sent) -> Person:
    """Whom a push sent, as its row remembers it: the phone as a hash."""
    person = Person.of(name=push.candidate_name, email=push.candidate_email)
    return replace(person, phone=push.candidate_phone)


def with_hidden_phones(found: Iterable[Found], hide: Callable[[str], str]) -> list[Found]:
    """Applicants, to be compared with what rows remember."""
    return [replace(a, person=replace(a.person, phone=hide(a.person.phone))) for a in found]
