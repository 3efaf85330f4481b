"""The four roles, as Django groups. Every `migrate` creates them and resets their permissions.

This module is the only place that says what a role may do. An installation that wants other rights
creates groups of its own.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.contrib.auth.models import Group, Permission

from sync.models.scope import AUDITOR, OPERATOR, RECRUITER, TEAM_LEAD

# What a recruiter sees in order to push.
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
# An auditor sees what was done and sends nothing. Profiles are not needed for that.
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
    """Create the groups and set their permissions.

    Raises LookupError where a codename in ROLES is no permission of this app.
    """
    found = Permission.objects.filter(content_type__app_label="sync")
    permissions = {permission.codename: permission for permission in found}
    for name, wanted in ROLES.items():
        if missing := set(wanted) - set(permissions):
            raise LookupError(f"no such permission: {', '.join(sorted(missing))}")
        group, _new = Group.objects.get_or_create(name=name)
        group.permissions.set([permissions[codename] for codename in wanted])
