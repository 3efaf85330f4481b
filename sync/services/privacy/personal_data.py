"""Everything that is held of one person: found by e-mail or profile key, in every table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import reduce
from operator import or_

from django.db.models import Model, Q, QuerySet
from django.utils import timezone

from sync.mapping.contact import addresses
from sync.models import Profile, Push, PushAttempt, Run, RunProfile
from sync.models.states import WITH_INTENT

# More than one person has in all sources together: an address that many share.
MOST_PROFILES = 25
# A word shorter than this stands in too many texts to tell a person.
SHORTEST_NEEDLE = 4
# Where e-mails lie, and beside which keys.
_EMAILS: tuple[tuple[type[Model], str, str], ...] = (
    (Profile, "email", "key"),
    (Push, "candidate_email", "profile_key"),
)


class SharedMarkError(Exception):
    """Too many profiles share an e-mail: its argument says how many. They may be many people."""


@dataclass
class PersonalData:
    """Rows of one person. `emails` are in the form of `contact.addresses`."""

    emails: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)

    @property
    def profiles(self) -> QuerySet[Profile]:
        return Profile.objects.filter(key__in=self.keys).select_related("source").order_by("pk")

    @property
    def pushes(self) -> QuerySet[Push]:
        found = Push.objects.filter(profile_key__in=self.keys)
        return found.select_related("source", "vacancy__company").order_by("pk")

    @property
    def attempts(self) -> QuerySet[PushAttempt]:
        return PushAttempt.objects.filter(push__in=self.pushes.values("pk")).order_by("pk")

    @property
    def runs(self) -> QuerySet[Run]:
        return Run.objects.filter(pk__in=self.pushes.values("run")).order_by("pk")

    @property
    def selections(self) -> QuerySet[RunProfile]:
        return RunProfile.objects.filter(profile__in=self.profiles.values("pk")).order_by("pk")

    @property
    def sent_to(self) -> list[Push]:
        """Where Flatchr has, or may have, the person: it must be asked to erase them as well."""
        there = Q(status__in=WITH_INTENT, create_started_at__isnull=False) | ~Q(applicant_id="")
        return list(self.pushes.filter(there))

    def needles(self) -> set[str]:
        """What a text would mention the person by. One word of a name stands for many things."""
        names = set(self.profiles.values_list("full_name", flat=True))
        names |= set(self.pushes.values_list("candidate_name", flat=True))
        phones = set(self.pushes.values_list("candidate_phone", flat=True))
        whole = {name for name in names if len(name.split()) > 1}
        found = {*self.emails, *self.keys, *whole, *phones}
        return {one for one in found if len(one) >= SHORTEST_NEEDLE}


def find(*, email: str = "", profile_key: str = "", force: bool = False) -> PersonalData:
    """Whoever has this e-mail or profile key, with all their other profiles and addresses.

    Raises SharedMarkError where that leads to more profiles than one person has; `force` takes
    them all the same.
    """
    found = PersonalData()
    emails, keys = set(addresses(email)), {profile_key.strip()} - {""}
    while emails - found.emails or keys - found.keys:
        found.emails |= emails
        found.keys |= keys
        if len(found.keys) > MOST_PROFILES and not force:
            raise SharedMarkError(len(found.keys))
        keys = _keys_of(found.emails)
        emails = _emails_of(found.keys)
    return found


def _keys_of(emails: set[str]) -> set[str]:
    """Whatever a field holds beside an address. SQLite knows capitals of plain letters only: it is
    asked for those, and what it finds is compared here."""
    parts = [max(re.findall(r"[\x00-\x7f]+", email), key=len) for email in emails]
    found: set[str] = set()
    for model, field_name, key in _EMAILS:
        asked = (Q(**{f"{field_name}__icontains": part}) for part in parts)
        rows = model._base_manager.filter(reduce(or_, asked, Q(pk__in=[])))
        for key_held, held in rows.values_list(key, field_name):
            if not emails.isdisjoint(addresses(held)):
                found.add(key_held)
    return found


def _emails_of(keys: Iterable[str]) -> set[str]:
    rows = set(Profile.objects.filter(key__in=keys).values_list("email", flat=True))
    rows |= set(Push.objects.filter(profile_key__in=keys).values_list("candidate_email", flat=True))
    return {address for field in rows for address in addresses(field)}


def search_cache_keys(pushes: Iterable[Push], kept: timedelta) -> Iterator[str]:
    """Cache entries that list (masked) applicants of the vacancies these pushes went to."""
    vacancies = {push.vacancy_id for push in pushes}
    runs = Run.objects.filter(vacancy__in=vacancies, created_at__gte=timezone.now() - kept)
    for run in runs.only("pk", "vacancy_id"):
        yield Run.applicants_cache_key(run.pk, run.vacancy_id)
