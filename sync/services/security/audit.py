"""The audit log: who did what, when, and from which address.

Signals note what happens to models (`connect`); pages and services call `record`. The request that
is being answered is kept in a context variable (`during`), so that a service that is not given it
still knows who asks. An entry names companies, vacancies and accounts, never a candidate.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import Group, User
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db import models
from django.db.models.signals import m2m_changed, post_save, pre_save
from django.dispatch import Signal
from django.http import HttpRequest
from django.utils.translation import gettext_noop

from sync.exceptions import ConfigurationError
from sync.fields import EncryptedTextField, stored
from sync.models import (
    Action,
    AuditEntry,
    FlatchrCompany,
    FlatchrVacancy,
    HrFlowSource,
    Profile,
    Push,
    Run,
    RunKind,
    RunStatus,
)
from sync.models.audit import known_username
from sync.models.push.transitions.people import decided
from sync.models.scope import AnyUser

COMMAND_LINE = gettext_noop("(command line)")

DECISIONS = {
    "retry": Action.RETRY,
    "retry_enrich": Action.RETRY,
    "cancel": Action.CANCEL,
    "in_flatchr": Action.DECIDE,
    "push_again": Action.DECIDE,
    "push_anyway": Action.DECIDE,
    "same_person": Action.DECIDE,
}

# The fields of an account that give power over it: whoever sets a password can sign in with it.
POWERS = ("is_superuser", "is_staff", "is_active", "password")


@dataclass(frozen=True)
class Caller:
    """The request that is being answered, and the address it came from (None: a Unix socket)."""

    request: HttpRequest
    address: str | None

    def user(self) -> User | None:
        """The signed-in user. Asked when an entry is written, since a sign-in changes it."""
        found = getattr(self.request, "user", None)
        return found if found is not None and found.is_authenticated else None


_caller: ContextVar[Caller | None] = ContextVar("audit_caller", default=None)


@contextmanager
def during(request: HttpRequest, address: str | None) -> Iterator[None]:
    """Entries written inside the block are this request's user's, from this IP address."""
    token = _caller.set(Caller(request, address))
    try:
        yield
    finally:
        _caller.reset(token)


def record(
    user: AnyUser | None,
    action: Action,
    thing: models.Model | None = None,
    *,
    kind: type[models.Model] | None = None,
    label: str = "",
    company: FlatchrCompany | int | None = None,
    details: Mapping[str, Any] | None = None,
) -> AuditEntry:
    """Write one entry.

    `user`: None for the user of the request that is being answered, outside of one the command
    line. `thing`: what it is about; `kind` in its place where all rows of a model are meant.
    `details`: counts and names of fields, nothing of a candidate; `audit_words` translates them.
    """
    caller = _caller.get()
    if not isinstance(user, User):
        user = caller.user() if caller else None
    model = kind or (type(thing) if thing is not None else None)
    concrete = model._meta.concrete_model if model is not None else None  # a proxy's: Group
    return AuditEntry.objects.create(
        user=user,
        username=user.get_username() if user else ("" if caller else COMMAND_LINE),
        action=action,
        object_type=concrete._meta.model_name or "" if concrete is not None else "",
        object_id=str(thing.pk) if thing is not None else "",
        label=(label or _label(thing))[:255],
        details=dict(details or {}),
        address=caller.address if caller else None,
        **_owner(thing, company),
    )


def _label(thing: models.Model | None) -> str:
    """A push, a run or a profile is named by its vacancy or source: its own name is a person's."""
    match thing:
        case Push():
            return str(FlatchrVacancy.objects.filter(pk=thing.vacancy_id).first() or "")
        case Run():
            return str(thing.vacancy or "")
        case FlatchrCompany() | HrFlowSource() | FlatchrVacancy():
            return str(thing)
        case _:
            return str(getattr(thing, "source", ""))


def _owner(
    thing: models.Model | None, company: FlatchrCompany | int | None
) -> dict[str, int | None]:
    """`company_id` or `source_id` of an entry: the people of that company, or of the companies
    that the source is opened to, may read it. A profile may be deleted; its source stays."""
    match company or thing:
        case int(pk) | FlatchrCompany(pk=pk):
            return {"company_id": pk}
        case HrFlowSource(pk=pk) | Profile(source_id=pk):
            return {"source_id": pk}
    vacancy = thing.pk if isinstance(thing, FlatchrVacancy) else getattr(thing, "vacancy_id", None)
    if vacancy is None:
        return {}
    companies = FlatchrVacancy.objects.filter(pk=vacancy).values_list("company_id", flat=True)
    return {"company_id": companies.first()}


# --- signals ------------------------------------------------------------------------------------


def connect() -> None:
    """Listen to the models and to Django's sign-in. Called once, when the app is ready."""
    decided.connect(_on_decided, dispatch_uid="audit")
    for asked in (Run, Push):
        post_save.connect(_on_created, sender=asked, dispatch_uid="audit")
    for model in (FlatchrCompany, HrFlowSource):
        pre_save.connect(_before_account, sender=model, dispatch_uid="audit_before")
        post_save.connect(_after_account, sender=model, dispatch_uid="audit_after")
    for through in (
        User.groups.through,
        User.user_permissions.through,
        Group.permissions.through,
        FlatchrCompany.members.through,
        HrFlowSource.companies.through,
    ):
        m2m_changed.connect(_on_access, sender=through, dispatch_uid="audit")
    pre_save.connect(_before_user, sender=User, dispatch_uid="audit_before")
    post_save.connect(_after_user, sender=User, dispatch_uid="audit_after")
    for signal in (user_logged_in, user_logged_out):
        signal.connect(_on_session, dispatch_uid="audit")
    user_login_failed.connect(_on_failed_sign_in, dispatch_uid="audit")


def _on_decided(push: Push, decision: str, user: User | None, **_: Any) -> None:
    if user is not None:
        record(user, DECISIONS.get(decision, Action.DECIDE), push, details={"decision": decision})


def _on_created(instance: Run | Push, created: bool, **_: Any) -> None:
    """A batch, a command, or the repetition of a push.

    Not the runs that workflows and events begin, which the list of runs tells, nor drafts.
    """
    match instance:
        case Push():
            action, is_noted = Action.REPEAT, instance.repeat_of_id is not None
        case Run():
            by_person = instance.requested_by is not None or instance.kind == RunKind.COMMAND
            action, is_noted = Action.PUSH, by_person and instance.status != RunStatus.DRAFT
    if created and is_noted:
        record(instance.requested_by, action, instance)


def _before_account(sender: Any, instance: Any, update_fields: Any = None, **_: Any) -> None:
    """Keep on the instance the names of the secrets that this save changes.

    A field that still holds the ciphertext it was loaded with (`stored`) was not assigned. A stored
    secret that no key opens any more counts as changed.
    """
    secrets = [field.name for field in sender._meta.fields if isinstance(field, EncryptedTextField)]
    saved = [name for name in secrets if update_fields is None or name in update_fields]
    assigned = [n for n in saved if instance.__dict__.get(n) and not stored(instance, n)]
    before = sender._base_manager.filter(pk=instance.pk).first() if assigned else None
    instance._changed_secrets = []
    for name in assigned:
        try:
            is_changed = before is None or getattr(before, name) != getattr(instance, name)
        except ConfigurationError:
            is_changed = True
        if is_changed:
            instance._changed_secrets.append(name)


def _after_account(instance: Any, **_: Any) -> None:
    for name in getattr(instance, "_changed_secrets", ()):
        record(None, Action.CREDENTIALS, instance, details={"field": name})
    instance._changed_secrets = []


def _on_access(instance: Any, action: str, model: Any, pk_set: Any = None, **_: Any) -> None:
    """Groups, permissions and memberships, as far as a request changes them.

    `details`: `{"add group": [1, 2]}`, the change and the primary keys of the added rows.
    """
    is_change = action.startswith("post_") and (pk_set or action == "post_clear")
    if not is_change or _caller.get() is None:
        return
    change = f"{action.removeprefix('post_')} {model._meta.model_name}"
    record(
        None,
        Action.ACCESS,
        instance,
        label=getattr(instance, "name", "") or str(instance),  # the stored name, untranslated
        company=instance if isinstance(instance, FlatchrCompany) else None,
        details={change: sorted(pk_set or ())},
    )


def _before_user(sender: Any, instance: Any, update_fields: Any = None, **_: Any) -> None:
    """Keep on the instance which of POWERS this save changes, and whether it adds the account.

    Only where somebody is signed in: at a sign-in Django may store the password under a newer hash.
    """
    names = [n for n in POWERS if update_fields is None or n in update_fields]
    caller = _caller.get()
    is_watched = bool(names) and caller is not None and caller.user() is not None
    before = sender.objects.filter(pk=instance.pk).first() if is_watched else None
    changed = [n for n in names if before and getattr(before, n) != getattr(instance, n)]
    instance._changed_powers = changed
    instance._is_added = is_watched and before is None


def _after_user(instance: Any, **_: Any) -> None:
    """`details`: the new values of the powers; of a password, only that it was set."""
    name, changed = instance.get_username(), instance._changed_powers
    if "password" in changed:
        record(None, Action.CREDENTIALS, instance, label=name, details={"field": "password"})
    details: dict[str, Any] = {n: getattr(instance, n) for n in changed if n != "password"}
    if instance._is_added:
        details["add user"] = [instance.pk]
    if details:
        record(None, Action.ACCESS, instance, label=name, details=details)


def _on_session(signal: Signal, user: User | None, **_: Any) -> None:
    """A sign-in or a sign-out; without a user where an expired session was signed out."""
    if user is not None:
        record(user, Action.SIGN_IN if signal is user_logged_in else Action.SIGN_OUT)


def _on_failed_sign_in(
    credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any
) -> None:
    """Under the name only where such an account exists: people type passwords into that field.

    A locked-out client (django-axes) writes no entries: repeated attempts must not fill the log.
    """
    if getattr(request, "axes_locked_out", False):
        return
    caller = _caller.get()
    AuditEntry.objects.create(
        username=known_username(str(credentials.get("username") or "")),
        action=Action.SIGN_IN_FAILED,
        address=caller.address if caller else None,
    )
