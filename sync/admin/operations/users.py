"""People and groups: Django's pages, for those with Django's permissions, without a way up."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from sync.admin.scoped import Listed
from sync.models.scope import companies_of, sees_all
from sync.services.security.roles import ROLES, role_name

admin.site.unregister(User)
admin.site.unregister(Group)

# Lists, choices, filters, titles and messages all ask a group for its words: one place to give ours
# in the reader's language. What is stored, and found by, stays its name.
Group.add_to_class("__str__", lambda group: role_name(group.name))

DATES = ("last_login", "date_joined")
POWERS = ("is_superuser", "groups", "user_permissions")


# The words of Django's own four permissions; they are stored in the language of the migration.
ACTIONS = {"add": _("Add"), "change": _("Change"), "delete": _("Delete"), "view": _("View")}


class PermissionsField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Any) -> str:
        action, _rest, model = obj.codename.partition("_")
        is_own = action in ACTIONS and model == obj.content_type.model
        word = ACTIONS[action] if is_own else gettext(obj.name)
        return f"{obj.content_type.name} | {word}"


def permissions_with_a_page() -> QuerySet[Permission]:
    """Of what has a page here: the rest opens nothing."""
    models = ContentType.objects.get_for_models(*admin.site._registry).values()
    found = Permission.objects.filter(content_type__in=list(models))
    return found.select_related("content_type")


class WithPermissions:
    """Permissions in the reader's language; mixed into the admins that show them."""

    def formfield_for_manytomany(self, db_field: Any, request: Any = None, **kwargs: Any) -> Any:
        if db_field.remote_field.model is Permission:
            kwargs |= {
                "form_class": PermissionsField,
                "queryset": permissions_with_a_page(),
            }
        return super().formfield_for_manytomany(db_field, request, **kwargs)  # type: ignore[misc]


@admin.register(User)
class PersonAdmin(WithPermissions, Listed[User], UserAdmin):  # type: ignore[type-arg]
    filter_horizontal = ()
    list_display = ("username", "full_name", "email", "is_staff", "is_active", "last_login")
    list_filter = ("is_staff", "is_active", "groups")
    list_select_related = False

    @admin.display(description=_("name"), ordering="last_name")
    def full_name(self, user: User) -> str:
        return user.get_full_name()

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Who may edit people but is no superuser gives nobody, themselves included, more power."""
        fields = (*super().get_readonly_fields(request, obj), *DATES)
        return fields if request.user.is_superuser else (*fields, *POWERS)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and _below(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and _below(request, obj)


def _below(request: HttpRequest, obj: Any) -> bool:
    """Whose password one sets, one can become: nobody who may or sees more than oneself."""
    user: Any = request.user
    if user.is_superuser or obj is None:
        return True
    return not obj.is_superuser and _permissions(obj) <= _permissions(user) and _sees(user, obj)


def _permissions(user: User) -> set[int]:
    """Of somebody switched off, too: they can be switched on."""
    held = Permission.objects.filter(Q(user=user) | Q(group__user=user))
    return set(held.values_list("pk", flat=True))


def _sees(user: User, other: User) -> bool:
    return sees_all(user) or not companies_of(other).difference(companies_of(user)).exists()


@admin.register(Group)
class TeamAdmin(WithPermissions, Listed[Group], GroupAdmin):
    """To be read by whoever has Django's permission; what a group may do, superusers decide."""

    filter_horizontal = ()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """A role is known by its name, and would be made anew under it."""
        return ("role",) if _is_role(obj) else ()

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("role" if _is_role(obj) else "name", "permissions")

    @admin.display(description=_("name"))
    def role(self, group: Group) -> str:
        return str(group)


def _is_role(group: Group | None) -> bool:
    return group is not None and group.name in ROLES
