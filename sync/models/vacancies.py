"""The vacancies of Flatchr companies."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from sync.models.accounts import FlatchrCompany
from sync.models.scope import ScopedQuerySet


class VacancyQuerySet(ScopedQuerySet["FlatchrVacancy"]):
    company_path = "company"

    def open(self) -> Self:
        """Flatchr publishes them, and their company is switched on here: one may push to them."""
        return self.filter(is_open=True, company__is_active=True)


class FlatchrVacancy(models.Model):
    """A job of a company. https://developers.flatchr.io/docs/QuickStart/Annonces"""

    company = models.ForeignKey(
        FlatchrCompany, models.CASCADE, verbose_name=_("company"), related_name="vacancies"
    )
    slug = models.CharField(_("slug"), max_length=255)
    title = models.CharField(_("title"), max_length=255)
    reference = models.CharField(_("reference"), max_length=120, blank=True)
    remote_id = models.CharField(
        _("Flatchr id"), max_length=64, blank=True, help_text=_("Encoded, as in Flatchr's URLs.")
    )
    vacancy_id = models.BigIntegerField(_("Flatchr number"), null=True, blank=True)
    location = models.CharField(_("place"), max_length=255, blank=True)
    apply_url = models.URLField(_("public page"), max_length=500, blank=True)
    is_open = models.BooleanField(_("open"), default=True)
    # In the company's own list; False: only the public feed shows it.
    is_listed = models.BooleanField(default=True, editable=False)
    questions = models.JSONField(_("screening questions"), default=list, blank=True)
    synced_at = models.DateTimeField(_("fetched"), null=True, blank=True, editable=False)

    objects = VacancyQuerySet.as_manager()

    class Meta:
        verbose_name = _("Flatchr vacancy")
        verbose_name_plural = _("Flatchr vacancies")
        ordering = ["-is_open", "title"]
        constraints = [
            models.UniqueConstraint(fields=["company", "slug"], name="vacancy_slug_per_company")
        ]
        indexes = [
            # The choice of open vacancies on the push page.
            models.Index(fields=["company", "is_open", "title"], name="vacancy_choice"),
        ]

    def __str__(self) -> str:
        return f"{self.title} · {self.company.name}"

    def note_closed(self) -> bool:
        """Flatchr refused a candidate because it is closed; whether that is news. Not where its
        slug has changed since: then only the former address leads nowhere."""
        rows = FlatchrVacancy.objects.filter(pk=self.pk, slug=self.slug, is_open=True)
        # Other pushes of this worker hold the same object.
        self.is_open = False
        return bool(rows.update(is_open=False))
