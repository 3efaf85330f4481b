"""The audit log in words: entries hold data, and words are chosen in the language of who reads it.

What has no words here stands for itself, so that an entry of any age can be read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.apps import apps
from django.db import models
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sync.models import Action, AuditEntry
from sync.models.groups import role_name
from sync.services.security.audit import COMMAND_LINE

DECISIONS: Mapping[str, Promise] = {
    "in_flatchr": gettext_lazy("Decided: it is in Flatchr"),
    "push_again": gettext_lazy("Decided: push again"),
    "retry": gettext_lazy("Asked for another try"),
    "retry_enrich": gettext_lazy("Asked for another enrichment"),
    "cancel": gettext_lazy("Cancelled"),
}
# What purges, erasures, exports and rotations count.
COUNTED: Mapping[str, Promise] = {
    "attempts": gettext_lazy("attempts"),
    "audit_entries": gettext_lazy("audit entries"),
    "cache": gettext_lazy("cache entries"),
    "count": gettext_lazy("secrets encrypted anew"),
    "drafts": gettext_lazy("drafts"),
    "log_entries": gettext_lazy("entries of change logs"),
    "notes": gettext_lazy("notes about problems"),
    "payloads": gettext_lazy("payloads of attempts"),
    "profiles": gettext_lazy("profiles"),
    "pushes": gettext_lazy("pushes"),
    "reasons": gettext_lazy("answers kept with a reason"),
    "returned": gettext_lazy("profiles of erased persons"),
    "rows": gettext_lazy("rows"),
    "runs": gettext_lazy("runs"),
    "selections": gettext_lazy("places in selections"),
    "sessions": gettext_lazy("sessions"),
    "sign_ins": gettext_lazy("sign-ins"),
    "tasks": gettext_lazy("tasks"),
    "undecided": gettext_lazy("pushes nobody decided on"),
    "unreadable": gettext_lazy("unreadable secrets"),
    "waiting_tasks": gettext_lazy("waiting tasks"),
}
NAMES: Mapping[str, Promise] = {
    **COUNTED,
    "decision": gettext_lazy("decision"),
    "field": gettext_lazy("credential"),
}
# `add group`: rows of the second word came to, or went from, what the entry is about.
CHANGES: Mapping[str, Promise] = {
    "add": gettext_lazy("added (%(kind)s)"),
    "remove": gettext_lazy("removed (%(kind)s)"),
    "clear": gettext_lazy("all removed (%(kind)s)"),
}


def who(entry: AuditEntry) -> str:
    return _(COMMAND_LINE) if entry.username == COMMAND_LINE else entry.username


def kind(entry: AuditEntry) -> str:
    model = _model(entry.object_type)
    return str(model._meta.verbose_name) if model else entry.object_type


def label(entry: AuditEntry) -> str:
    """What it is about, by name; an export is of all rows of a kind."""
    if entry.object_type == "group":
        return role_name(entry.label)
    model = _model(entry.object_type)
    if entry.action == Action.EXPORT and model and not entry.label:
        return str(capfirst(model._meta.verbose_name_plural))
    return entry.label


def details(entry: AuditEntry) -> str:
    """`profiles: 1, pushes: 2`."""
    return ", ".join(_pair(_name_in(entry, key), _value(entry, key)) for key in entry.details)


def counted(found: Mapping[str, int]) -> list[tuple[str, int]]:
    return [(_name(key), count) for key, count in found.items()]


def _pair(name: str, value: object) -> str:
    return _("%(name)s: %(value)s") % {"name": name, "value": value}


def _name(key: str) -> str:
    change, _space, kind_ = key.partition(" ")
    if change in CHANGES and (model := _model(kind_)):
        return str(CHANGES[change]) % {"kind": model._meta.verbose_name_plural}
    return str(NAMES.get(key, key))


def _name_in(entry: AuditEntry, key: str) -> str:
    """A detail of an entry; a field of what it is about (`is_staff`) by that field's name."""
    name = _name(key)
    return _field(entry, key) if name == key else name


def _value(entry: AuditEntry, key: str) -> str:
    value = entry.details[key]
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if key == "decision":
        return str(DECISIONS.get(value, value))
    if key == "field":
        return _field(entry, value)
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _field(entry: AuditEntry, name: Any) -> str:
    model = _model(entry.object_type)
    found = {field.name: field.verbose_name for field in model._meta.fields} if model else {}
    return str(found.get(name, name))


def _model(name: str) -> type[models.Model] | None:
    """By the name alone, which is what an entry keeps."""
    known = (app.models.get(name) for app in map(apps.get_app_config, ("sync", "auth")))
    return next(filter(None, known), None)
