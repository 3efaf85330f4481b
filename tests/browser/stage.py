"""A desk with something on it: people, profiles, and two weeks of pushes."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
from typing import Any

from django.contrib.auth.models import Group, User
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string
from django_q.models import OrmQ

from sync.models import FlatchrVacancy, HrFlowSource, Profile, Push, Run, WorkerGroup
from sync.models.states import PushStatus
from sync.services.intake.profiles import import_profiles
from sync.services.pushing.dispatch import Dispatched
from sync.services.reconciling.follow_up import follow_up
from sync.services.security.roles import OPERATOR, RECRUITER, ensure_roles
from sync.vocabulary import ErrorCode
from tests.conftest import World
from tests.desk import make_push

S = PushStatus
DAYS = 13
COLUMNS = ("Nouveau", "Présélection", "Entretien", "Embauché")
# What sandbox profiles meet when they are pushed.
TROUBLES = ("no_resume", "resume_empty", "resume_12mb", "resume_private", "resume_not_found")
QUESTIONS = [
    {"text": "Avez-vous le permis B ?", "required": True, "options": ["Oui", "Non"]},
    {"text": "Prétentions salariales", "required": False, "options": []},
]


@dataclass
class Stage:
    """The sandbox's accounts under the names an operator would give them."""

    world: World

    def __post_init__(self) -> None:
        ensure_roles()
        _rename(self.world.source, "Candidatures spontanées")
        _rename(self.world.bulk, "CVthèque")
        self.recruiter = _person("camille", "Camille Moreau", RECRUITER)
        self.operator = _person("sacha", "Sacha Bernard", OPERATOR)
        self.world.company.members.add(self.recruiter)

    def boss(self) -> User:
        return User.objects.create_superuser("boss", "boss@example.com")

    def worker(self) -> None:
        """Somebody is at work, so no page warns."""
        WorkerGroup.objects.create(worker_id="desk-1", host="desk-1", beat_at=timezone.now())

    def import_all(self) -> None:
        for source in HrFlowSource.objects.all():
            import_profiles(source, full=True)

    def work(self) -> None:
        """What the worker does: carry what is due, then look it up in Flatchr."""
        self.world.work()
        Push.objects.update(confirm_after=timezone.now())
        follow_up(10)

    def dispatch(self, *keys: str, **more: Any) -> Dispatched:
        return self.world.dispatch(*keys, requested_by=self.recruiter, **more)

    # --- two weeks ------------------------------------------------------------------------------

    def fill(self) -> None:
        """Pushes of the last days, in every state, and today's, which really went out."""
        with transaction.atomic():
            _history(self)
        world = self.world
        self.dispatch(*world.keys(8), source=world.bulk, vacancy=world.vacancy())
        self.dispatch(*map(world.key, TROUBLES), vacancy=world.vacancy())
        self.work()


def _rename(source: HrFlowSource, name: str) -> None:
    source.name = name
    source.save()


def _person(username: str, name: str, role: str) -> User:
    first, last = name.split()
    user = User.objects.create_user(
        username, f"{username}@example.com", first_name=first, last_name=last, is_staff=True
    )
    user.groups.set(Group.objects.filter(name=role))
    return user


def _history(stage: Stage) -> None:
    """The same on every machine: few on weekends, most succeed."""
    chance = random.Random(4)
    source = stage.world.bulk
    vacancies = stage.world.company.vacancies.filter(is_open=True).order_by("pk")[1:6]
    pairs = list(product(Profile.objects.filter(source=source).order_by("pk"), vacancies))
    chance.shuffle(pairs)
    for days in range(DAYS, 0, -1):
        at = timezone.now() - timedelta(days=days, minutes=chance.randrange(90))
        count = chance.randrange(1, 3) if at.weekday() > 4 else chance.randrange(7, 18)
        chosen, pairs = pairs[:count], pairs[count:]
        _day(stage, source, chosen, at, chance)


def _day(
    stage: Stage,
    source: HrFlowSource,
    pairs: list[tuple[Profile, FlatchrVacancy]],
    at: datetime,
    chance: random.Random,
) -> None:
    for vacancy in sorted({vacancy for _, vacancy in pairs}, key=lambda one: one.pk):
        run = Run.objects.create(
            kind="batch", source=source, vacancy=vacancy, requested_by=stage.recruiter,
            status="finished", created_at=at, started_at=at, finished_at=at,
        )  # fmt: skip
        for profile in (profile for profile, other in pairs if other == vacancy):
            _push(run, profile, at, chance)


def _push(run: Run, profile: Profile, at: datetime, chance: random.Random) -> None:
    states = (S.SUCCEEDED, S.ALREADY_THERE, S.FAILED, S.UNCONFIRMED, S.DISCARDED, S.CANCELLED)
    status = chance.choices(states, weights=(80, 7, 6, 2, 2, 2))[0]
    more: dict[str, Any] = {}
    if status == S.SUCCEEDED:
        more = {"column": chance.choice(COLUMNS), "confirmed_at": at}
    if status == S.FAILED:
        more = {"error_code": chance.choice((ErrorCode.RESUME_MISSING, ErrorCode.RESUME_EMPTY))}
    make_push(
        run, status, at=at, profile_key=profile.key, candidate_name=profile.full_name,
        candidate_email=profile.email, **more,
    )  # fmt: skip


def carry_queue() -> int:
    """Do here what django-q2 would do elsewhere; returns how many tasks there were."""
    done = 0
    while waiting := OrmQ.objects.order_by("pk").first():
        task = waiting.task
        waiting.delete()
        import_string(task["func"])(*task["args"], **task["kwargs"])
        done += 1
    return done
