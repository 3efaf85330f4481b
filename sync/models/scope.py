"""Who sees what: every query that people see goes through `for_user`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, TypeAlias, TypeVar

from django.db import models

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

AnyUser: TypeAlias = "User | AnonymousUser"
M = TypeVar("M", bound=models.Model)
SEE_ALL = "sync.see_all_companies"


def sees_all(user: AnyUser) -> bool:
    return bool(user.is_active and (user.is_superuser or user.has_perm(SEE_ALL)))


class ScopedQuerySet(models.QuerySet[M]):
    """Rows a user may see: all with the permission, else those of the companies they belong to."""

    def for_user(self, user: AnyUser) -> Self:
        if sees_all(user):
            return self
        if not user.is_active or user.pk is None:
            return self.none()
        return self.filter(self.membership(user))

    def membership(self, user: AnyUser) -> models.Q:
        """A condition of subqueries, never of joins, so that no row comes twice."""
        raise NotImplementedError
