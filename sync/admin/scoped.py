"""What the admin of every noun shares: people see, choose and count only what is theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from django import forms
from django.contrib import admin
from django.contrib.admin.filters import RelatedFieldListFilter
from django.contrib.admin.options import ShowFacets
from django.contrib.admin.widgets import AdminDateWidget, RelatedFieldWidgetWrapper
from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import ForeignKey, ManyToManyField, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from sync.models.scope import ScopedQuerySet, colleagues_of, sees_all

M = TypeVar("M", bound=models.Model)
if TYPE_CHECKING:
    _Admin = admin.ModelAdmin
else:

    class _Admin(admin.ModelAdmin):
        def __class_getitem__(cls, _: Any) -> Any:
            return cls


def scoped(queryset: QuerySet[Any], request: HttpRequest) -> QuerySet[Any]:
    """Of people, one sees one's colleagues; rows of other models without companies are left."""
    if isinstance(queryset, ScopedQuerySet):
        return queryset.for_user(request.user)
    if queryset.model is get_user_model() and not sees_all(request.user):
        return queryset.filter(pk__in=colleagues_of(request.user))
    return queryset


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
            response.context_data["list_is_empty"] = self._is_empty(response.context_data)
        return response

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """The browser's own date picker, tick boxes in place of two lists that need a script, and
        no ways out of the form half way through it."""
        if isinstance(db_field, ManyToManyField):
            kwargs["widget"] = forms.CheckboxSelectMultiple
        field: Any = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None:
            _simplify(field)
        return field

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Django lets an address filter by any field of the model: one that no page shows, a
        token, could be asked for letter by letter."""
        allowed = super().lookup_allowed(lookup, value, request)  # type: ignore[arg-type]
        return allowed and not self._is_hidden(lookup.partition("__")[0])

    def _is_hidden(self, name: str) -> bool:
        try:
            field = self.opts.get_field(name)
        except FieldDoesNotExist:
            return False
        return not getattr(field, "editable", True) and name not in self.list_display

    def _is_empty(self, context: dict[str, Any]) -> bool:
        """Nothing at all, as opposed to nothing that fits a search."""
        changelist = context.get("cl")
        return bool(
            changelist
            and not changelist.result_count
            and not changelist.query
            and not changelist.has_active_filters
        )


def _simplify(field: Any) -> None:
    widget = field.widget
    if isinstance(widget, RelatedFieldWidgetWrapper):
        widget.can_add_related = widget.can_change_related = False
        widget.can_delete_related = widget.can_view_related = False
    if isinstance(widget, AdminDateWidget):
        field.widget = forms.DateInput({"type": "date"}, format="%Y-%m-%d")


class ScopedAdmin(Listed[M]):
    """Lists, pages, autocompletes, choices and counts, all through `for_user`."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[M]:
        return scoped(super().get_queryset(request), request)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """A row that companies share would tell of each number whether it is among them."""
        told = request is not None and sees_all(request.user)
        shared = {field.name for field in self.opts.many_to_many} if not told else set()
        allowed = super().lookup_allowed(lookup, value, request)
        return allowed and lookup.partition("__")[0] not in shared

    def get_field_queryset(
        self, db: str | None, db_field: Any, request: HttpRequest
    ) -> QuerySet[Any] | None:
        """The choices of a foreign key or of a many-to-many field."""
        ordered: QuerySet[Any] | None = super().get_field_queryset(db, db_field, request)
        found = ordered if ordered is not None else _everything(db_field)
        return scoped(found, request)


def _everything(db_field: ForeignKey[Any, Any] | ManyToManyField[Any, Any]) -> QuerySet[Any]:
    found: QuerySet[Any] = db_field.remote_field.model._default_manager.all()
    return found


class ScopedRelatedFilter(RelatedFieldListFilter):
    """A filter by a related row that offers only what the person may see."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[Any]:
        rows = scoped(field.remote_field.model._default_manager.all(), request)
        return [(row.pk, str(row)) for row in rows]

    def has_output(self) -> bool:
        return bool(self.lookup_choices)


class OperatorsOnly(Listed[M]):
    """Read-only for everyone, and to be seen by those who look after the installation."""

    actions = None

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_staff and sees_all(request.user))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
