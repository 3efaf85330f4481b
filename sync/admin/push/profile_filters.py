"""Filters of the profiles, each with choices that hold only what the person may see."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sync.models import FlatchrVacancy, Profile, Push
from sync.numbers import whole_number


class ConditionFilter(admin.SimpleListFilter):
    """Choices that are a condition each: `conditions` maps the value in the address to its label
    and its condition; `otherwise` holds while none of them is chosen."""

    conditions: ClassVar[Mapping[str, tuple[Promise, Q]]] = {}
    otherwise = Q()

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(value, label) for value, (label, _condition) in self.conditions.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Profile]) -> QuerySet[Profile]:
        _label, condition = self.conditions.get(self.value() or "", ("", self.otherwise))
        return queryset.filter(condition)


class HasEmail(ConditionFilter):
    title = gettext_lazy("e-mail")
    parameter_name = "email_known"
    conditions = {
        "yes": (gettext_lazy("has an e-mail"), ~Q(email="")),
        "no": (gettext_lazy("has none"), Q(email="")),
    }


class HasResume(ConditionFilter):
    title = gettext_lazy("CV")
    parameter_name = "cv"
    conditions = {
        "yes": (gettext_lazy("has a CV"), Q(has_resume=True)),
        "no": (gettext_lazy("has none"), Q(has_resume=False)),
    }


class StillInHrFlow(ConditionFilter):
    """Profiles that HrFlow no longer has are kept for the history, and hidden unless asked for."""

    title = gettext_lazy("in HrFlow")
    parameter_name = "gone"
    conditions = {"yes": (gettext_lazy("no longer there"), Q(archived_at__isnull=False))}
    otherwise = Q(archived_at__isnull=True)

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        """Django calls the first choice “All”; here it is not all."""
        first, *others = super().choices(changelist)
        yield {**first, "display": _("still there")}
        yield from others


class Received(admin.DateFieldListFilter):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = _("received")


class NotYetPushedTo(admin.SimpleListFilter):
    title = gettext_lazy("not yet pushed to")
    parameter_name = "not_pushed_to"
    MOST_CHOICES = 200

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Open vacancies, and the chosen one even if it has been closed since."""
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
    """The vacancy whose number stands in an address; None unless the person may see it."""
    mine = FlatchrVacancy.objects.for_user(request.user)
    return mine.filter(pk=whole_number(key or "") or 0).first()
