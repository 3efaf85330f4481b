"""What is kept of people who were erased or purged: keyed hashes and counts.

The hashes are made with a key of this installation that lies encrypted in the database. So the
database alone does not tell whether somebody is on the list, and a change of encryption keys
(`rotate_secrets`) leaves every hash as good as it was.
"""

from __future__ import annotations

import secrets
from datetime import date

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from sync.fields import EncryptedTextField
from sync.models.states import PushStatus
from sync.models.vacancies import FlatchrVacancy


class HashKeyManager(models.Manager["HashKey"]):
    def current(self) -> HashKey:
        """The one key there is; made by whoever needs it first. Two who make it at once get the
        same one, as its primary key is fixed."""
        found = self.order_by("pk").first()
        if found is None:
            self.bulk_create([HashKey(pk=1, key=secrets.token_urlsafe(32))], ignore_conflicts=True)
            found = self.get(pk=1)
        return found


class HashKey(models.Model):
    """The key of all hashes below; one row."""

    key = EncryptedTextField(_("key"))

    objects = HashKeyManager()

    class Meta:
        verbose_name = _("hash key")
        verbose_name_plural = _("hash keys")
        default_permissions = ()


class PersonMark(models.TextChoices):
    EMAIL = "email", _("e-mail")
    PROFILE_KEY = "profile_key", _("profile key")


class ErasedPerson(models.Model):
    """A person who must not come back: hashes of what they would be recognised by."""

    kind = models.CharField(_("recognised by"), max_length=12, choices=PersonMark.choices)
    digest = models.CharField(_("hash"), max_length=64, unique=True)
    receipt = models.CharField(_("receipt"), max_length=32, db_index=True)
    erased_at = models.DateTimeField(_("erased"), db_default=Now())

    class Meta:
        verbose_name = _("erased person")
        verbose_name_plural = _("erased persons")
        ordering = ["-id"]
        default_permissions = ("view",)
        permissions = [("handle_requests", _("Can export and erase what is held of a person"))]

    def __str__(self) -> str:
        return self.receipt


class PurgedPush(models.Model):
    """A hash of source, profile key and vacancy: this profile went to this vacancy once."""

    digest = models.CharField(max_length=64, unique=True)

    class Meta:
        default_permissions = ()


class DailyCountManager(models.Manager["DailyCount"]):
    def add(self, day: date, vacancy_id: int, status: str, count: int) -> None:
        """Add `count` deleted pushes of that day, vacancy and status to what is counted already."""
        row, _new = self.get_or_create(day=day, vacancy_id=vacancy_id, status=status)
        self.filter(pk=row.pk).update(count=models.F("count") + count)


class DailyCount(models.Model):
    """How many pushes of a day ended how: what remains of deleted ones, for statistics."""

    day = models.DateField(_("day"))
    vacancy = models.ForeignKey(FlatchrVacancy, models.CASCADE, verbose_name=_("vacancy"))
    status = models.CharField(_("status"), max_length=16, choices=PushStatus.choices)
    count = models.PositiveIntegerField(_("count"), default=0)

    objects = DailyCountManager()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["day", "vacancy", "status"], name="one_count_a_day")
        ]
