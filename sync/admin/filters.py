"""Filters of the history, each a range or an index away from its rows, each with scoped choices."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.contrib.admin import ListFilter, SimpleListFilter
from django.contrib.auth import get_user_model
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy as _

from sync.models import FlatchrCompany, FlatchrVacancy, Push, Run
from sync.models.states import ACTIVE, PushStatus
from sync.numbers import whole_number
from sync.services.reporting import statistics
from sync.vocabulary import ErrorCode

# A menu longer than this is no help; narrowing by company first is.
MOST_CHOICES = 200
EARLIEST, LATEST = date(2000, 1, 1), date(2200, 1, 1)


class OneOf(SimpleListFilter):
    """Choices of keys; anything else in the address finds nothing rather than failing."""

    column = ""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if value is None:
            return queryset
        key = whole_number(value)
        return queryset.none() if key is None else queryset.filter(**{self.column: key})


class StateFilter(SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    GROUPS = {"in_flatchr": statistics.IN_FLATCHR, "active": ACTIVE}

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("todo", _("needs a person")),
            ("active", _("on its way (all)")),
            ("in_flatchr", _("in Flatchr (all)")),
            *PushStatus.choices,
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Push]) -> QuerySet[Push]:
        value = self.value()
        if value is None:
            return queryset
        if value == "todo":
            return statistics.to_deal_with(queryset)
        return queryset.filter(status__in=self.GROUPS.get(value, (value,)))


class ReasonFilter(SimpleListFilter):
    """By cause; `last` narrows to what the last try met, as the failure inbox groups them."""

    title = _("reason")
    parameter_name = "reason"

    def __init__(self, request: HttpRequest, params: Any, model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        if "last" in params:
            self.used_parameters["last"] = params.pop("last")[-1]

    def expected_parameters(self) -> list[str | None]:
        return ["reason", "last"]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return sorted(ErrorCode.choices, key=lambda choice: str(choice[1]).casefold())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Push]) -> QuerySet[Push]:
        if self.value() is None:
            return queryset
        last = self.used_parameters.get("last")
        met = Q() if last is None else Q(error_params__last=last) if last else NO_LAST
        return queryset.filter(met, error_code=self.value(), status__in=_states(self.value()))


NO_LAST = Q(error_params__last__isnull=True)


def _states(code: str | None) -> list[PushStatus]:
    """Where such a reason can stand: most pushes succeeded, and need not be looked through."""
    fine = set() if code == ErrorCode.FLATCHR_MISMATCH else set(statistics.IN_FLATCHR)
    return [state for state in PushStatus if state not in fine]


class CompanyFilter(OneOf):
    title = _("company")
    parameter_name = "company"
    column = "vacancy__company"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, Any]]:
        companies = FlatchrCompany.objects.for_user(request.user).order_by("name")
        return list(companies.values_list("pk", "name")[:MOST_CHOICES])


class VacancyFilter(OneOf):
    """Vacancies that were pushed to; those of one company, once one is chosen."""

    title = _("vacancy")
    parameter_name = "vacancy"
    column = "vacancy"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, Any]]:
        pushed = Exists(Push.objects.filter(vacancy=OuterRef("pk")))
        vacancies = FlatchrVacancy.objects.for_user(request.user).filter(pushed)
        company = whole_number(request.GET.get("company", ""))
        chosen = whole_number(self.value() or "")
        if company is not None:
            vacancies = vacancies.filter(company_id=company)
        rows = vacancies.order_by("-is_open", "title").values_list("pk", "title", "company__name")
        found = list(rows[:MOST_CHOICES])
        if chosen is not None and chosen not in {pk for pk, _title, _name in found}:
            found[:0] = rows.filter(pk=chosen)
        return [(pk, f"{title} · {name}") for pk, title, name in found]


class PersonFilter(OneOf):
    title = _("requested by")
    parameter_name = "by"
    column = "requested_by"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, Any]]:
        """By their runs: a hundred times fewer than their pushes."""
        runs = Run.objects.for_user(request.user).filter(requested_by=OuterRef("pk"))
        people = get_user_model()._default_manager.filter(Exists(runs)).order_by("username")
        return [(user.pk, user.get_full_name() or user.get_username()) for user in people]


class RunFilter(OneOf):
    """Reached from a run's page; not offered by itself."""

    title = _("run")
    parameter_name = "run"
    column = "run"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, Any]]:
        value = self.used_parameters.get("run")
        return [(value, _("Run %(id)s") % {"id": value})] if value else []


class DateFilter(ListFilter):
    """Ranges of days, so that the index on the date serves them; both ends included."""

    title = _("asked for")
    template = "sync/filters/dates.html"
    PRESETS = (
        (1, "today", _("today")),
        (7, "7d", _("last 7 days")),
        (30, "30d", _("last 30 days")),
    )
    NAMES = ("created", "created_from", "created_to")

    def __init__(self, request: HttpRequest, params: Any, model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        self.get = request.GET
        for name in self.NAMES:
            if name in params:
                self.used_parameters[name] = params.pop(name)[-1]
        self.begin, self.end = self._day("created_from"), self._day("created_to")

    def _day(self, name: str) -> date | None:
        try:
            day = parse_date(str(self.used_parameters.get(name, "")))
        except ValueError:  # Well formed, but no such day.
            return None
        # At the ends of the calendar a time zone would lead out of it.
        return min(max(day, EARLIEST), LATEST) if day else None

    @property
    def is_active(self) -> bool:
        return bool(self.preset or self.begin or self.end)

    @property
    def preset(self) -> str:
        value = self.used_parameters.get("created", "")
        return value if value in {name for _days, name, _label in self.PRESETS} else ""

    def kept(self) -> list[tuple[str, str]]:
        """The other parameters of the address, for the form of the custom range."""
        dropped = {*self.NAMES, "p"}
        return [(k, v) for k, values in self.get.lists() if k not in dropped for v in values]

    def expected_parameters(self) -> list[str | None]:
        return list(self.NAMES)

    def has_output(self) -> bool:
        return True

    def choices(self, changelist: Any) -> Iterator[dict[str, Any]]:
        remove = list(self.NAMES)
        yield {
            "selected": not self.is_active,
            "query_string": changelist.get_query_string(remove=remove),
            "display": _("All"),
        }
        for _days, name, label in self.PRESETS:
            yield {
                "selected": self.preset == name,
                "query_string": changelist.get_query_string({"created": name}, remove),
                "display": label,
            }

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        for days, name, _label in self.PRESETS:
            if self.preset == name:
                first = statistics.midnight(statistics.first_day(days))
                return queryset.filter(created_at__gte=first)
        if self.begin:
            queryset = queryset.filter(created_at__gte=statistics.midnight(self.begin))
        if self.end:
            queryset = queryset.filter(created_at__lt=statistics.after(self.end))
        return queryset
