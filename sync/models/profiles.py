"""The small local index of HrFlow profiles, made for choosing; the full profile stays in HrFlow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from sync.mapping.text import search_form
from sync.models.accounts import HrFlowSource
from sync.models.scope import ScopedQuerySet

MOST_WORDS = 8
LONGEST_KEY = 64


class ProfileQuerySet(ScopedQuerySet["Profile"]):
    source_path = "source"

    def mentioning(self, words: str) -> Self:
        """Those with every one of the words in their name, e-mail, headline, place or reference,
        whatever its accents and capitals; words after the first `MOST_WORDS` are left out. Nobody
        where the words hold nothing to search for, such as an emoji; all where there are none."""
        folded = search_form(words).split()
        if words.strip() and not folded:
            return self.none()
        found = self
        for word in folded[:MOST_WORDS]:
            found = found.filter(search_text__contains=word)
        return found

    def present(self) -> Self:
        """Those that HrFlow still has."""
        return self.filter(archived_at=None)


class Profile(models.Model):
    """One profile of a source, as last imported."""

    source = models.ForeignKey(
        HrFlowSource, models.CASCADE, verbose_name=_("source"), related_name="profiles"
    )
    key = models.CharField(_("profile key"), max_length=LONGEST_KEY)
    reference = models.CharField(_("reference"), max_length=255, blank=True)
    full_name = models.CharField(_("name"), max_length=255, blank=True)
    email = models.CharField(_("e-mail"), max_length=254, blank=True)
    headline = models.CharField(_("headline"), max_length=255, blank=True)
    location = models.CharField(_("place"), max_length=255, blank=True)
    experience_years = models.FloatField(_("experience (years)"), null=True, blank=True)
    has_resume = models.BooleanField(_("CV"), default=False)
    remote_created_at = models.DateTimeField(_("received"), null=True, blank=True)
    remote_updated_at = models.DateTimeField(_("updated in HrFlow"), null=True, blank=True)
    last_contact_at = models.DateTimeField(_("last contact"), null=True, blank=True)
    consent_until = models.DateField(_("consent until"), null=True, blank=True)
    archived_at = models.DateTimeField(_("gone from HrFlow"), null=True, blank=True)
    seen_at = models.DateTimeField(_("last seen"), null=True, blank=True)

    # What a search looks through, folded: who types "elodie" means "Élodie".
    search_text = models.TextField(blank=True, editable=False)

    objects = ProfileQuerySet.as_manager()

    class Meta:
        verbose_name = _("profile")
        verbose_name_plural = _("profiles")
        ordering = ["-remote_created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["source", "key"], name="profile_key_per_source")
        ]
        indexes = [
            # The list in its standing order, of all sources and of one.
            models.Index(fields=["-remote_created_at", "-id"], name="profile_received"),
            models.Index(fields=["source", "-remote_created_at"], name="profile_source_received"),
            # The list of those with an e-mail, or without.
            models.Index(fields=["email"], name="profile_email"),
            # The purge.
            models.Index(fields=["last_contact_at"], name="profile_contact"),
        ]

    def __str__(self) -> str:
        return self.full_name or self.reference or self.key

    def save(self, *args: Any, **options: Any) -> None:
        self.fold_search_text()
        super().save(*args, **options)

    def update_from(self, row: Mapping[str, Any]) -> None:
        """Take over what HrFlow holds by now (`mapping.index_row`), between two imports."""
        for name, value in row.items():
            setattr(self, name, value)
        self.fold_search_text()
        fields = {name: getattr(self, name) for name in (*row, "search_text")}
        type(self)._default_manager.filter(pk=self.pk).update(**fields)

    def fold_search_text(self) -> None:
        """To be called before rows are written in bulk, which does not call `save`."""
        words = (self.full_name, self.email, self.headline, self.location, self.reference)
        self.search_text = search_form(" ".join(words))
