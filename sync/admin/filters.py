"""Filters of the lists of pushes and runs. Each is served by an index, and offers only choices that
the person may see."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.contrib.admin import ListFilter, SimpleListFilter
from django.contrib.auth import get_user_model
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy as _

from sync.models import FlatchrCompany, FlatchrVacancy, Push, Run
from sync.models.states import ACTIVE, PushStatus
from sync.numbers import whole_number
from sync.services.reporting import statistics
from sync.templatetags.desk import person
from sync.vocabulary import ErrorCode

# A menu longer than this is no help; narrowing by company first is.
MOST_CHOICES = 200
EARLIEST, LATEST = date(2000, 1, 1), date(2200, 1, 1)


class OneOf(SimpleListFilter):
    """A filter by the primary key of a related row; any other text in the address finds nothing."""

    # The lookup that the key is compared with.
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
        """Three groups of states, then each state by itself."""
        return [
            ("todo", _("needs a person")),
            ("active", _("on its way (all)")),
            ("in_flatchr", _("in Flatchr (all)")),
            *PushStatus.choices,
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Push]) -> QuerySet[Push]:
        """`todo` is the failure inbox: it leaves out old failures and pushes that were repeated."""
        value = self.value()
        if value is None:
            return queryset
        if value == "todo":
            return statistics.to_deal_with(queryset)
        return queryset.filter(status__in=self.GROUPS.get(value, (value,)))


class ReasonFilter(SimpleListFilter):
    """By error code. `last` narrows to the error of the last attempt, as the failure inbox groups
    pushes; an empty one means those without."""

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
        code, last = self.value(), self.used_parameters.get("last")
        if code is None:
            return queryset
        # Most pushes are in Flatchr, and of those only a mismatch has a reason: naming the other
        # states lets the index on the state leave them out.
        left_out = set() if code == ErrorCode.FLATCHR_MISMATCH else set(statistics.IN_FLATCHR)
        found = queryset.filter(
            error_code=code, status__in=[state for state in PushStatus if state not in left_out]
        )
        if last is None:
            return found
        if not last:
            return found.filter(error_params__last__isnull=True)
        return found.filter(error_params__last=last)


class CompanyFilter(OneOf):
    title = _("company")
    parameter_name = "company"
    column = "vacancy__company"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, Any]]:
        companies = FlatchrCompany.objects.for_user(request.user).order_by("name")
        return list(companies.values_list("pk", "name")[:MOST_CHOICES])


class VacancyFilter(OneOf):
    """Vacancies that were pushed to, of the chosen company if there is one, and the chosen one."""

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
        """People who asked for a run: there are a hundred times fewer runs than pushes."""
        runs = Run.objects.for_user(request.user).filter(requested_by=OuterRef("pk"))
        people = get_user_model()._default_manager.filter(Exists(runs)).order_by("username")
        return [(user.pk, person(user)) for user in people]


class RunFilter(OneOf):
    """One run, as linked from its page; without it in the address nothing is offered."""

    title = _("run")
    parameter_name = "run"
    column = "run"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, Any]]:
        value = self.used_parameters.get("run")
        return [(value, _("Run %(id)s") % {"id": value})] if value else []


class DateFilter(ListFilter):
    """By day of creation, both ends included: `created` names a preset, `created_from` and
    `created_to` are dates. Ranges, because the index serves them (and not `created_at__date`)."""

    title = _("asked for")
    template = "sync/filters/dates.html"
    # Days back from today, the value in the address, the label.
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
        preset = self.used_parameters.get("created", "")
        self.preset = preset if preset in {name for _days, name, _label in self.PRESETS} else ""
        self.begin, self.end = self._day("created_from"), self._day("created_to")
        self.is_active = bool(self.preset or self.begin or self.end)

    def _day(self, name: str) -> date | None:
        """The date that the address gives under `name`; None where it is none."""
        try:
            day = parse_date(str(self.used_parameters.get(name, "")))
        except ValueError:  # well formed, but no such day
            return None
        # datetime knows the years 1 to 9999 only: near them, a shift of time zone raises.
        return min(max(day, EARLIEST), LATEST) if day else None

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
