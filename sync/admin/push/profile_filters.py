"""Filters of the profiles, each with choices that hold only what the person may see."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sync.models import FlatchrVacancy, Profile, Push
from sync.numbers import whole_number


class HasEmail(admin.SimpleListFilter):
    title = gettext_lazy("e-mail")
    parameter_name = "email_known"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("has an e-mail")), ("no", _("has none"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Profile]) -> QuerySet[Profile]:
        if self.value() == "yes":
            return queryset.exclude(email="")
        return queryset.filter(email="") if self.value() == "no" else queryset


class HasResume(admin.SimpleListFilter):
    title = gettext_lazy("CV")
    parameter_name = "cv"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("has a CV")), ("no", _("has none"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Profile]) -> QuerySet[Profile]:
        if self.value() in ("yes", "no"):
            return queryset.filter(has_resume=self.value() == "yes")
        return queryset


class Received(admin.DateFieldListFilter):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = _("received")


class ExistingApplicants(admin.SimpleListFilter):
    """Profiles that HrFlow no longer has are kept for the history, and out of the way."""

    title = gettext_lazy("in HrFlow")
    parameter_name = "gone"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("no longer there"))]

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        for number, choice in enumerate(super().choices(changelist)):
            yield {**choice, "display": _("still there")} if number == 0 else choice

    def queryset(self, request: HttpRequest, queryset: QuerySet[Profile]) -> QuerySet[Profile]:
        return queryset.filter(archived_at__isnull=self.value() != "yes")


class NotYetPushedTo(admin.SimpleListFilter):
    title = gettext_lazy("not yet pushed to")
    parameter_name = "not_pushed_to"
    MOST_CHOICES = 200

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        vacancies = FlatchrVacancy.objects.for_user(request.user).open().select_related("company")
        offered = {str(one.pk): str(one) for one in vacancies[: self.MOST_CHOICES]}
        chosen = self.used_parameters.get(self.parameter_name)
        if chosen and chosen not in offered and (vacancy := vacancy_of(request, chosen)):
            offered[chosen] = str(vacancy)
        return list(offered.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Profile]) -> QuerySet[Profile]:
        if self.value() is None:
            return queryset
        vacancy = vacancy_of(request, self.value())
        if vacancy is None:
            return queryset.none()
        pushed = Push.objects.blocking().filter(
            source=OuterRef("source"), profile_key=OuterRef("key"), vacancy=vacancy
        )
        return queryset.filter(~Exists(pushed))


def vacancy_of(request: HttpRequest, key: str | None) -> FlatchrVacancy | None:
    mine = FlatchrVacancy.objects.for_user(request.user)
    return mine.filter(pk=whole_number(key or "") or 0).first()
