"""Who sees what: every query that people see goes through `for_user`; and the roles by name.

A group is found by its stored name. The four that `sync.services.security.roles` makes are shown in
the reader's language.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeAlias, TypeVar

from django.apps import apps
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext, gettext_noop

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

AnyUser: TypeAlias = "User | AnonymousUser"
M = TypeVar("M", bound=models.Model)
SEE_ALL = "sync.see_all_companies"


def sees_all(user: AnyUser) -> bool:
    """Administrators, and whoever has the permission to see every company."""
    return bool(user.is_active and (user.is_superuser or user.has_perm(SEE_ALL)))


def companies_of(user: AnyUser) -> QuerySet[Any, Any]:
    """The keys of the companies a user is a member of, as a subquery."""
    members = apps.get_model("sync", "FlatchrCompany").members.through.objects
    return members.filter(user_id=user.pk or 0).values("flatchrcompany_id")


def colleagues_of(user: AnyUser) -> QuerySet[Any, Any]:
    """The keys of the people who belong to the companies of a user, as a subquery."""
    members = apps.get_model("sync", "FlatchrCompany").members.through.objects
    return members.filter(flatchrcompany_id__in=companies_of(user)).values("user_id")


def sources_of(user: AnyUser) -> QuerySet[Any, Any]:
    """The keys of the sources opened to the companies of a user, as a subquery."""
    opened = apps.get_model("sync", "HrFlowSource").companies.through.objects
    return opened.filter(flatchrcompany_id__in=companies_of(user)).values("hrflowsource_id")


class ScopedQuerySet(QuerySet[M]):
    """Rows a user may see: all with the permission, else those of the companies they belong to.

    A subclass names the way from a row to its company, or to its source where it has no company.
    """

    company_path: ClassVar[str] = ""
    source_path: ClassVar[str] = ""

    def for_user(self, user: AnyUser) -> Self:
        """All rows for whoever `sees_all`, none for a user who is inactive or not signed in, and
        those of `membership` for the others."""
        if sees_all(user):
            return self
        if not user.is_active or user.pk is None:
            return self.none()
        return self.filter(self.membership(user))

    def membership(self, user: AnyUser) -> Q:
        """A condition of subqueries, never of joins, so that no row comes twice."""
        if self.source_path:
            return Q(**{f"{self.source_path}__in": sources_of(user)})
        return Q(**{f"{self.company_path}__in": companies_of(user)})


# --- roles --------------------------------------------------------------------------------------

RECRUITER, TEAM_LEAD = gettext_noop("Recruiter"), gettext_noop("Team lead")
OPERATOR, AUDITOR = gettext_noop("Operator"), gettext_noop("Auditor")
ROLE_NAMES = frozenset({RECRUITER, TEAM_LEAD, OPERATOR, AUDITOR})


def role_name(group: str) -> str:
    """The name of a group as it is shown: a role's translated, any other as it is stored."""
    return gettext(group) if group in ROLE_NAMES else group


class TranslatedGroup(Group):
    """Django's group, for pages that show it as `role_name` has it."""

    class Meta:
        proxy = True
        # Who may see and change groups is said by the permissions of Django's own model.
        default_permissions = ()
        verbose_name = Group._meta.verbose_name  # type: ignore[assignment]
        verbose_name_plural = Group._meta.verbose_name_plural  # type: ignore[assignment]

    def __str__(self) -> str:
        return role_name(self.name)
