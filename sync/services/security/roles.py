"""The four roles, as groups: made when the database is migrated, and put right each time.

What a group may do is here and nowhere else, so that a look at this page answers "who can …?". An
installation that wants it otherwise makes groups of its own; these are reset at every migration.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.contrib.auth.models import Group, Permission

from sync.models.groups import AUDITOR, OPERATOR, RECRUITER, TEAM_LEAD

# What people of one company need to see to push.
_SEE = ("view_profile", "view_flatchrvacancy", "view_push", "view_run")
_RECRUITER = (*_SEE, "push_profiles", "retry_push")
_TEAM_LEAD = (
    *_RECRUITER,
    "decide_push",
    "view_payload",
    "export_push",
    "view_workflow",
    "view_flatchrcompany",
    "view_hrflowsource",
)
_OPERATOR = (
    *_TEAM_LEAD,
    "see_all_companies",
    "manage_credentials",
    "add_flatchrcompany",
    "change_flatchrcompany",
    "add_hrflowsource",
    "change_hrflowsource",
    "add_workflow",
    "change_workflow",
    "delete_workflow",
    "view_workergroup",
    "view_auditentry",
    "view_erasedperson",
    "handle_requests",
)
# Who looks after the others sees what was done, and sends nothing. No profiles: not needed.
_AUDITOR = (
    "view_flatchrvacancy",
    "view_flatchrcompany",
    "view_push",
    "view_run",
    "view_workflow",
    "view_auditentry",
    "export_audit",
    "view_erasedperson",
)
ROLES: Mapping[str, tuple[str, ...]] = {
    RECRUITER: _RECRUITER,
    TEAM_LEAD: _TEAM_LEAD,
    OPERATOR: _OPERATOR,
    AUDITOR: _AUDITOR,
}


def ensure_roles() -> None:
    """Make the groups and set their permissions. Raises LookupError for one that is not there."""
    for name, wanted in ROLES.items():
        group, _new = Group.objects.get_or_create(name=name)
        group.permissions.set(_permissions(wanted))


def _permissions(codenames: Iterable[str]) -> list[Permission]:
    wanted = set(codenames)
    found = Permission.objects.filter(content_type__app_label="sync", codename__in=wanted)
    permissions = {permission.codename: permission for permission in found}
    if missing := wanted - set(permissions):
        raise LookupError(f"no such permission: {', '.join(sorted(missing))}")
    return list(permissions.values())
