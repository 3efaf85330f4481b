"""Groups of users under the names that people read.

A group is found by its stored name. The four that `sync.services.security.roles` makes are shown in
the reader's language.
"""

from __future__ import annotations

from django.contrib.auth.models import Group
from django.utils.translation import gettext, gettext_noop

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
