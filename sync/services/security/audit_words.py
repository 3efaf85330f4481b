"""The audit log in words: an entry holds data, which is put into words in the reader's language.

A key or value that has no words here is shown as it is, so that entries of any age can be read.
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
from sync.models.scope import role_name
from sync.services.security.audit import COMMAND_LINE

DECISIONS: Mapping[str, Promise] = {
    "in_flatchr": gettext_lazy("Decided: it is in Flatchr"),
    "push_again": gettext_lazy("Decided: push again"),
    "push_anyway": gettext_lazy("Decided: somebody else, push anyway"),
    "same_person": gettext_lazy("Decided: the same person, already there"),
    "retry": gettext_lazy("Asked for another try"),
    "retry_enrich": gettext_lazy("Asked for another enrichment"),
    "cancel": gettext_lazy("Cancelled"),
}
# Keys of the counts in entries of purges, erasures, exports and rotations.
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
# The first word of a key such as `add group`; the second names the model of the rows added.
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
    """The name of what the entry is about; for an export of all rows of a model, the model's."""
    if entry.object_type == "group":
        return role_name(entry.label)
    model = _model(entry.object_type)
    if entry.action == Action.EXPORT and model and not entry.label:
        return str(capfirst(model._meta.verbose_name_plural))
    return entry.label


def details(entry: AuditEntry) -> str:
    """All details in one line: `profiles: 1, pushes: 2`."""
    pairs = []
    for key, value in entry.details.items():
        name = _name(key)
        if name == key:  # perhaps a field of what the entry is about, such as `is_staff`
            name = _field(entry, key)
        words = {"name": name, "value": _value(entry, key, value)}
        pairs.append(_("%(name)s: %(value)s") % words)
    return ", ".join(pairs)


def counted(found: Mapping[str, int]) -> list[tuple[str, int]]:
    """Counts by key, as `retention.purge` returns them, with the keys in words."""
    return [(_name(key), count) for key, count in found.items()]


def _name(key: str) -> str:
    change, _space, model_name = key.partition(" ")
    if change in CHANGES and (model := _model(model_name)):
        return str(CHANGES[change]) % {"kind": model._meta.verbose_name_plural}
    return str(NAMES.get(key, key))


def _value(entry: AuditEntry, key: str, value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if key == "decision":
        return str(DECISIONS.get(value, value))
    if key == "field":
        return _field(entry, value)
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _field(entry: AuditEntry, name: str) -> str:
    model = _model(entry.object_type)
    found = {field.name: field.verbose_name for field in model._meta.fields} if model else {}
    return str(found.get(name, name))


def _model(name: str) -> type[models.Model] | None:
    """The model of this name in `sync` or `auth`: an entry keeps no application's name."""
    known = (app.models.get(name) for app in map(apps.get_app_config, ("sync", "auth")))
    return next(filter(None, known), None)
