"""Base classes of the model admins: people see, choose and count only the rows they may see."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from django import forms
from django.contrib import admin
from django.contrib.admin.filters import RelatedFieldListFilter
from django.contrib.admin.options import ShowFacets
from django.contrib.admin.widgets import AdminDateWidget, RelatedFieldWidgetWrapper
from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import ManyToManyField, QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from sync.admin.read_only import ReadOnly
from sync.models.scope import ScopedQuerySet, colleagues_of, sees_all

M = TypeVar("M", bound=models.Model)
V = TypeVar("V", bound=Callable[..., HttpResponseBase])
# Django's ModelAdmin takes its type parameter in django-stubs only, and not when the code runs.
if TYPE_CHECKING:
    _Admin = admin.ModelAdmin
else:

    class _Admin(admin.ModelAdmin):
        def __class_getitem__(cls, _: Any) -> Any:
            return cls


def scoped(queryset: QuerySet[Any], request: HttpRequest) -> QuerySet[Any]:
    """The rows that the signed-in person may see: of users, those of the same companies; of a model
    that knows no companies, all."""
    if isinstance(queryset, ScopedQuerySet):
        return queryset.for_user(request.user)
    if queryset.model is get_user_model() and not sees_all(request.user):
        return queryset.filter(pk__in=colleagues_of(request.user))
    return queryset


def page(route: str, *, name: str) -> Callable[[V], V]:
    """Mark a method of a `Listed` admin as the view of a page beside Django's own.

    `route`: the address below the model's list. `name`: the URL's name in the namespace `admin`;
    `{model}` in it becomes the model's name, for base classes of several admins.
    """

    def mark(view: V) -> V:
        view.page = (route, name)  # type: ignore[attr-defined]
        return view

    return mark


class Listed(_Admin[M]):
    """A list that says what it is, and what to do when there is nothing in it."""

    show_facets = ShowFacets.NEVER
    show_full_result_count = False
    list_per_page = 50
    empty_value_display = "—"
    list_max_show_all = 0
    actions_selection_counter = False
    primary_action = ""
    list_help: Any = ""
    empty_hint: Any = ""

    def get_urls(self) -> list[URLPattern]:
        """The pages marked with `page` come first: Django takes any other address for a key."""
        own = []
        for method, view in inspect.getmembers_static(type(self), inspect.isfunction):
            if hasattr(view, "page"):
                route, name = view.page
                wrapped = self.admin_site.admin_view(getattr(self, method))
                own.append(path(route, wrapped, name=name.format(model=self.opts.model_name)))
        return [*own, *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {
            "primary_action": self.primary_action,
            "list_help": self.list_help,
            "empty_hint": self.empty_hint,
            **(extra_context or {}),
        }
        response = super().changelist_view(request, context)
        if isinstance(response, TemplateResponse) and response.context_data:
            # No row at all, as opposed to none that a search or a filter finds.
            found = response.context_data.get("cl")
            response.context_data["list_is_empty"] = bool(
                found
                and not found.result_count
                and not found.query
                and not found.has_active_filters
            )
        return response

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[M], search_term: str
    ) -> tuple[QuerySet[M], bool]:
        """Nothing where the term is nothing but quotes, in which Django would see an empty word."""
        if search_term.strip() and not search_term.strip("\"' \t"):
            return queryset.none(), False
        return super().get_search_results(request, queryset, search_term)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """The browser's own date picker; tick boxes, where Django's two lists need a script; and no
        links that leave the form half way through it."""
        if isinstance(db_field, ManyToManyField):
            kwargs["widget"] = forms.CheckboxSelectMultiple
        field: Any = super().formfield_for_dbfield(db_field, request, **kwargs)
        widget = getattr(field, "widget", None)
        if isinstance(widget, RelatedFieldWidgetWrapper):
            widget.can_add_related = widget.can_change_related = False
            widget.can_delete_related = widget.can_view_related = False
        if isinstance(widget, AdminDateWidget):
            field.widget = forms.DateInput({"type": "date"}, format="%Y-%m-%d")
        return field

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Refuse filters by a field that no page shows: Django lets an address filter by any field
        of the model, so a token could be found out letter by letter."""
        allowed = super().lookup_allowed(lookup, value, request)  # type: ignore[arg-type]
        name = lookup.partition("__")[0]
        try:
            is_editable = getattr(self.opts.get_field(name), "editable", True)
        except FieldDoesNotExist:
            return allowed
        return allowed and (is_editable or name in self.list_display)


class ScopedAdmin(Listed[M]):
    """Lists, pages, autocompletes, choices and counts, all through `for_user`."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[M]:
        return scoped(super().get_queryset(request), request)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Refuse filters by a many-to-many field (a source's companies) to whoever does not see all
        companies: each number asked for would tell whether it is among the row's companies."""
        if not super().lookup_allowed(lookup, value, request):
            return False
        if request is not None and sees_all(request.user):
            return True
        shared = {field.name for field in self.opts.many_to_many}
        return lookup.partition("__")[0] not in shared

    def get_field_queryset(
        self, db: str | None, db_field: Any, request: HttpRequest
    ) -> QuerySet[Any] | None:
        """The choices of a foreign key or of a many-to-many field.

        Django returns None where the related model's admin sets no order.
        """
        choices: QuerySet[Any] | None = super().get_field_queryset(db, db_field, request)
        if choices is None:
            choices = db_field.remote_field.model._default_manager.all()
        return scoped(choices, request)


class ScopedRelatedFilter(RelatedFieldListFilter):
    """A filter by a related row that offers only what the person may see."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[Any]:
        rows = scoped(field.remote_field.model._default_manager.all(), request)
        return [(row.pk, str(row)) for row in rows]

    def has_output(self) -> bool:
        return bool(self.lookup_choices)


class OperatorsOnly(ReadOnly, Listed[M]):
    """Read-only for everyone, and shown to those who look after the installation."""

    actions = None

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_staff and sees_all(request.user))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)
