"""The state of a running sandbox: data of both vendors, counters, violations, settings."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sandbox.data.applicants import Applicants
from sandbox.data.library import Library
from sandbox.data.profiles import Json, key_for
from sandbox.data.recruiting import Company, Vacancy, make_companies, make_vacancies
from sandbox.data.variants import UNPUSHABLE
from sandbox.faults import Faults

_KEPT_TIMES = 20_000
_KEPT_VIOLATIONS = 1_000


@dataclass(frozen=True, slots=True)
class Options:
    """Command-line options; `address` is known once the port is bound."""

    address: str
    profiles: int = 60
    latency_ms: float = 0
    resume_kb: float = 5
    seed: int = 2024


class Traffic:
    """Counters over all requests since the last reset."""

    def __init__(self) -> None:
        self.requests: Counter[str] = Counter()
        self.statuses: dict[str, Counter[str]] = {}
        self.in_flight = 0
        self.in_flight_max = 0
        self.times: dict[str, deque[float]] = {}

    @contextmanager
    def watch(self, endpoint: str) -> Iterator[None]:
        """Count one request while it is being answered."""
        self.requests[endpoint] += 1
        self.in_flight += 1
        self.in_flight_max = max(self.in_flight_max, self.in_flight)
        try:
            yield
        finally:
            self.in_flight -= 1

    def note_status(self, endpoint: str, status: int) -> None:
        """Count the status the handler answered, before a fault changes it."""
        self.statuses.setdefault(endpoint, Counter())[str(status)] += 1

    def note_company(self, company: Company) -> None:
        self.times.setdefault(company.key, deque(maxlen=_KEPT_TIMES)).append(time.time())

    def as_json(self) -> Json:
        return {
            "requests": dict(self.requests),
            "statuses": {name: dict(counts) for name, counts in self.statuses.items()},
            "in_flight_max": self.in_flight_max,
            "request_times": {key: list(times) for key, times in self.times.items()},
        }


class World:
    """One sandbox. `reset` empties what was received; `rebuild` restores the data as well."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.api_user = "recrutement@example.com"
        self.api_secret = f"ask_{key_for(options.seed, 'secret')[:32]}"
        self.faults = Faults(latency_ms=options.latency_ms)
        self.rebuild()

    def rebuild(self) -> None:
        options = self.options
        self.library = Library(
            seed=options.seed,
            address=options.address,
            profiles=options.profiles,
            resume_bytes=int(options.resume_kb * 1024),
        )
        self.companies = make_companies(options.seed)
        self.vacancies = make_vacancies(options.seed, self.companies)
        self._companies_by_auth = {company.auth: company for company in self.companies}
        self._companies_by_key = {company.key: company for company in self.companies}
        self._vacancies_by_slug = {vacancy.slug: vacancy for vacancy in self.vacancies}
        self.reset()

    def reset(self) -> None:
        self.applicants = Applicants(self.options.seed)
        self.traffic = Traffic()
        self.violations: deque[Json] = deque(maxlen=_KEPT_VIOLATIONS)
        self.faults.applied.clear()

    def company_by_auth(self, auth: str) -> Company | None:
        return self._companies_by_auth.get(auth)

    def company_by_key(self, key: str) -> Company | None:
        return self._companies_by_key.get(key)

    def vacancy_by_slug(self, slug: object) -> Vacancy | None:
        return self._vacancies_by_slug.get(slug) if isinstance(slug, str) else None

    def reslug(self, vacancy: Vacancy, former: str) -> None:
        """The vacancy's slug is made from its title of now; `former` leads nowhere."""
        vacancy.__dict__.pop("slug", None)
        del self._vacancies_by_slug[former]
        self._vacancies_by_slug[vacancy.slug] = vacancy

    def violate(self, endpoint: str, rule: str, detail: str) -> None:
        """Record a broken rule of the vendor's documentation, for the page and the tests."""
        self.violations.append(
            {"at": time.time(), "endpoint": endpoint, "rule": rule, "detail": detail}
        )

    def description(self) -> Json:
        """The start line."""
        address, sources = self.options.address, self.library.sources.values()
        return {
            "address": address,
            "hrflow_url": f"{address}/hrflow/v1/",
            "flatchr_api_url": f"{address}/flatchr-api",
            "flatchr_careers_url": f"{address}/flatchr-careers",
            "control_url": f"{address}/control",
            "api_user": self.api_user,
            "api_secret": self.api_secret,
            "source_keys": {source.name: source.key for source in sources},
            "sources": [
                {"name": one.name, "key": one.key, "profiles": len(one.profiles)} for one in sources
            ],
            "companies": [_company_line(company) for company in self.companies],
            "vacancies": [vacancy.summary() for vacancy in self.vacancies],
            "troubles": self.library.troubles,
            "unpushable": [kind for kind in UNPUSHABLE if kind in self.library.troubles],
        }


def _company_line(company: Company) -> dict[str, Any]:
    return {
        "name": company.name,
        "slug": company.slug,
        "key": company.key,
        "company": company.key,
        "auth": company.auth,
        "premium": company.premium,
    }
