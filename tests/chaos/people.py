"""The rows of a run, and whom it pushes: clean profiles, lifelike ones, people easily confused."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.sandbox_fixture import SandboxHandle

if TYPE_CHECKING:
    from sync.models import FlatchrCompany, FlatchrVacancy, HrFlowSource

VACANCIES = 3
SHARE_OF_BULK = 0.8


@dataclass(frozen=True)
class Wish:
    """One profile to one vacancy."""

    source: HrFlowSource
    key: str
    vacancy: FlatchrVacancy


@dataclass
class Cast:
    company: FlatchrCompany
    main: HrFlowSource
    bulk: HrFlowSource
    vacancies: list[FlatchrVacancy]


def set_up(sandbox: SandboxHandle) -> Cast:
    """What an operator does once: account, sources, vacancies."""
    from sync.models import FlatchrCompany, HrFlowSource
    from sync.services.intake.vacancies import sync_vacancies

    account = sandbox.company(premium=True)
    company = FlatchrCompany.objects.create(
        name=account["name"], company=account["key"], slug=account["slug"], auth=account["auth"]
    )
    sources = {
        name: HrFlowSource.objects.create(
            name=name, api_user=sandbox.api_user, api_secret=sandbox.api_secret, source_key=key
        )
        for name, key in sandbox.source_keys.items()
    }
    for source in sources.values():
        source.companies.add(company)
    sync_vacancies(company)
    vacancies = list(company.vacancies.filter(is_open=True).order_by("pk")[:VACANCIES])
    return Cast(company, sources["main"], sources["bulk"], vacancies)


def wishes(cast: Cast, sandbox: SandboxHandle, count: int, rng: random.Random) -> list[Wish]:
    """`count` pushes; people who are easily confused go to one vacancy, and near each other."""
    from sync.services.pushing.command import keys_of

    known = set(keys_of(cast.main))
    crowded = [Wish(cast.main, key, cast.vacancies[0]) for key in easily_confused(sandbox, count)]
    bulk = keys_of(cast.bulk)[: round(count * SHARE_OF_BULK)]
    troubled = list(sandbox.troubles.values())
    ordinary = [key for key in sorted(known) if key not in troubled]
    rest = max(count - len(bulk) - len(crowded), 0)
    lifelike = (troubled + ordinary)[:rest]
    others = [Wish(cast.bulk, key, rng.choice(cast.vacancies)) for key in bulk]
    others += [Wish(cast.main, key, rng.choice(cast.vacancies)) for key in lifelike]
    rng.shuffle(others)
    place = len(others) // 3
    return (others[:place] + crowded + others[place:])[:count]


def easily_confused(sandbox: SandboxHandle, count: int) -> list[str]:
    """Couples with one e-mail, families without e-mail, namesakes told apart by phone or e-mail."""
    keys = []
    for number in range(max(count // 80, 1)):
        house = f"maison.{number}@example.org"
        people = [
            _person("Anne", f"Couple{_letters(number)}", house, number, 1),
            _person("Paul", f"Couple{_letters(number)}", house, number, 2),
            _person("Léa", "Lefèvre", None, number, 3) | {"first_name": f"Léa{_letters(number)}"},
            _person("Jean", f"Homonyme{_letters(number)}", None, number, 4),
            _person("Jean", f"Homonyme{_letters(number)}", None, number, 5),
            _person("Marie", "Martin", f"marie.{number}@example.org", number, 6),
        ]
        keys += [sandbox.add_profile("main", info=info) for info in people]
    return keys


def _person(first: str, last: str, email: str | None, number: int, place: int) -> dict[str, object]:
    phone = f"+33 6 39 98 {number % 100:02d} {place:02d}"
    name = {"first_name": first, "last_name": last, "full_name": f"{first} {last}"}
    return {**name, "email": email, "phone": phone}


def _letters(number: int) -> str:
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))
