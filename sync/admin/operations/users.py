"""The pages of users and groups: Django's own, on which nobody gains power."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.filters import RelatedFieldListFilter
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from sync.admin.columns import column
from sync.admin.scoped import Listed
from sync.models import TranslatedGroup
from sync.models.scope import ROLE_NAMES, companies_of, sees_all

admin.site.unregister(User)
admin.site.unregister(Group)

DATES = ("last_login", "date_joined")
POWERS = ("is_superuser", "groups", "user_permissions")
# The words of Django's own four permissions; they are stored in the language of the migration.
ACTIONS = {"add": _("Add"), "change": _("Change"), "delete": _("Delete"), "view": _("View")}


class PermissionsField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Permissions as “model | action”, in the reader's language."""

    def label_from_instance(self, obj: Any) -> str:
        action, _rest, model = obj.codename.partition("_")
        is_own = action in ACTIONS and model == obj.content_type.model
        word = ACTIONS[action] if is_own else gettext(obj.name)
        return f"{obj.content_type.name} | {word}"


class GroupFilter(RelatedFieldListFilter):
    """Django's filter by group, in the reader's language."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[Any]:
        return [(group.pk, str(group)) for group in TranslatedGroup.objects.order_by("name")]


class WithPermissions:
    """Groups and permissions in the reader's language; mixed into the admins that show them."""

    def formfield_for_manytomany(self, db_field: Any, request: Any = None, **kwargs: Any) -> Any:
        """Offers the permissions of models that have a page here: the others open nothing."""
        if db_field.remote_field.model is Permission:
            models = ContentType.objects.get_for_models(*admin.site._registry).values()
            permissions = Permission.objects.filter(content_type__in=list(models))
            kwargs["form_class"] = PermissionsField
            kwargs["queryset"] = permissions.select_related("content_type")
        if db_field.remote_field.model is Group:
            kwargs["queryset"] = TranslatedGroup.objects.order_by("name")
        return super().formfield_for_manytomany(db_field, request, **kwargs)  # type: ignore[misc]


@admin.register(User)
class PersonAdmin(WithPermissions, Listed[User], UserAdmin):  # type: ignore[type-arg]
    """Who may edit people gives nobody more than they have themselves."""

    filter_horizontal = ()
    list_display = ("username", "full_name", "email", "is_staff", "is_active", "last_login")
    list_filter = ("is_staff", "is_active", ("groups", GroupFilter))
    list_select_related = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        groups = Prefetch("groups", TranslatedGroup.objects.order_by("name"))
        return super().get_queryset(request).prefetch_related(groups)

    full_name = column(_("name"), User.get_full_name, ordering="last_name")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Superusers alone give powers; others give none, to themselves included."""
        fields = (*super().get_readonly_fields(request, obj), *DATES)
        return fields if request.user.is_superuser else (*fields, *POWERS)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and _is_below(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and _is_below(request, obj)


def _is_below(request: HttpRequest, person: User | None) -> bool:
    """Whether the signed-in person may do and see at least what `person` may: whose password one
    sets, one can become. Somebody who is switched off counts as if they were not."""
    user: Any = request.user
    if user.is_superuser or person is None:
        return True
    theirs, ours = (
        set(
            Permission.objects.filter(Q(user=one) | Q(group__user=one)).values_list("pk", flat=True)
        )
        for one in (person, user)
    )
    if person.is_superuser or not theirs <= ours:
        return False
    return sees_all(user) or not companies_of(person).difference(companies_of(user)).exists()


@admin.register(Group)
class TeamAdmin(WithPermissions, Listed[Group], GroupAdmin):
    """Read by whoever has Django's permission; what a group may do, superusers decide."""

    filter_horizontal = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        """The pages name a group as people know it (`TranslatedGroup`)."""
        return TranslatedGroup.objects.order_by(*self.get_ordering(request))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    has_add_permission = has_delete_permission = has_change_permission

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """A role is found by its stored name: the next migration would make a renamed one anew."""
        return ("role",) if obj is not None and obj.name in ROLE_NAMES else ()

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        name = "role" if obj is not None and obj.name in ROLE_NAMES else "name"
        return (name, "permissions")

    role = column(_("name"), str)

    def log_change(self, request: HttpRequest, obj: Group, message: Any) -> Any:
        return super().log_change(request, Group.objects.get(pk=obj.pk), message)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        groups = Group.objects.filter(pk__in=[group.pk for group in queryset])
        return super().log_deletions(request, groups)
