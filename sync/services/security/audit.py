"""The audit log: who did what, when, and from which address.

What happens in models is noted by signals (`connect`), what happens on pages by `record`. The
request that is being answered is remembered for the thread, so that a service far from it knows
who asks. An entry names things, never a candidate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db import models
from django.db.models.signals import m2m_changed, post_save, pre_save
from django.http import HttpRequest, HttpResponse
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
from sync.web.client_address import client_address

if TYPE_CHECKING:
    from django.contrib.auth.models import User

COMMAND_LINE = gettext_noop("(command line)")
_request: ContextVar[HttpRequest | None] = ContextVar("audit_request", default=None)

DECISIONS = {
    "retry": Action.RETRY,
    "retry_enrich": Action.RETRY,
    "cancel": Action.CANCEL,
    "in_flatchr": Action.DECIDE,
    "push_again": Action.DECIDE,
}

# Whoever sets a password can become its owner.
POWERS = ("is_superuser", "is_staff", "is_active", "password")


class AuditMiddleware:
    """Remembers the request while it is answered."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with during(request):
            return self.get_response(request)


@contextmanager
def during(request: HttpRequest) -> Iterator[None]:
    token = _request.set(request)
    try:
        yield
    finally:
        _request.reset(token)


def record(
    who: HttpRequest | User | None,
    action: Action,
    thing: models.Model | None = None,
    *,
    kind: type[models.Model] | None = None,
    label: str = "",
    company: FlatchrCompany | int | None = None,
    details: Mapping[str, Any] | None = None,
) -> AuditEntry:
    """Write one entry. `who`: a request, a user, or None for whoever is asking now.

    `kind`: where all rows of a model are meant, and no thing. `details`: counts and the like;
    nothing of a candidate. Data, not sentences: `audit_words` has the words of both languages.
    """
    request = who if isinstance(who, HttpRequest) else _request.get()
    user = _user(who if not isinstance(who, HttpRequest) else None, request)
    model = kind or (type(thing) if thing is not None else None)
    concrete = model._meta.concrete_model if model is not None else None  # a proxy's: Group
    of_company = _company_id(thing, company)
    return AuditEntry.objects.create(
        user=user,
        username=user.get_username() if user else ("" if request else COMMAND_LINE),
        action=action,
        object_type=concrete._meta.model_name or "" if concrete is not None else "",
        object_id=str(thing.pk) if thing is not None else "",
        label=(label or _label(thing))[:255],
        details=dict(details or {}),
        company_id=of_company,
        source_id=_source_id(thing) if of_company is None else None,
        address=client_address(request) if request else None,
    )


def _user(given: Any, request: HttpRequest | None) -> User | None:
    found = given or getattr(request, "user", None)
    return found if found is not None and found.is_authenticated else None


def _label(thing: models.Model | None) -> str:
    """A push and a profile are called by where they belong to: their own names are persons."""
    if isinstance(thing, Push):
        return str(FlatchrVacancy.objects.filter(pk=thing.vacancy_id).first() or "")
    if isinstance(thing, Run):
        return str(thing.vacancy or "")
    named = isinstance(thing, FlatchrCompany | HrFlowSource | FlatchrVacancy)
    return str(thing) if named else str(getattr(thing, "source", ""))


def _company_id(thing: models.Model | None, given: FlatchrCompany | int | None) -> int | None:
    if given is not None:
        return given if isinstance(given, int) else int(given.pk)
    if isinstance(thing, FlatchrCompany):
        return thing.pk
    vacancy = thing.pk if isinstance(thing, FlatchrVacancy) else getattr(thing, "vacancy_id", None)
    if vacancy is None:
        return None
    found = FlatchrVacancy.objects.filter(pk=vacancy)
    return found.values_list("company_id", flat=True).first()


def _source_id(thing: models.Model | None) -> int | None:
    """Profiles go; who looked at them is still to be told to their source's companies."""
    if isinstance(thing, HrFlowSource):
        return thing.pk
    return thing.source_id if isinstance(thing, Profile) else None


# --- what models and Django tell ----------------------------------------------------------------


def connect() -> None:
    """Called once, when the app is ready."""
    decided.connect(_on_decided, dispatch_uid="audit")
    post_save.connect(_on_run, sender=Run, dispatch_uid="audit_run")
    post_save.connect(_on_push, sender=Push, dispatch_uid="audit_push")
    for model in (FlatchrCompany, HrFlowSource):
        pre_save.connect(_before_account, sender=model, dispatch_uid="audit_before")
        post_save.connect(_after_account, sender=model, dispatch_uid="audit_after")
    user_logged_in.connect(_on_sign_in, dispatch_uid="audit")
    user_logged_out.connect(_on_sign_out, dispatch_uid="audit")
    user_login_failed.connect(_on_failed_sign_in, dispatch_uid="audit")
    _connect_access()


def _connect_access() -> None:
    from django.contrib.auth.models import Group, User

    for through in (
        User.groups.through,
        User.user_permissions.through,
        Group.permissions.through,
        FlatchrCompany.members.through,
        HrFlowSource.companies.through,
    ):
        m2m_changed.connect(_on_access, sender=through, dispatch_uid="audit")
    pre_save.connect(_before_person, sender=User, dispatch_uid="audit_before")
    post_save.connect(_after_person, sender=User, dispatch_uid="audit_after")


def _on_decided(push: Push, decision: str, user: User | None, **_: Any) -> None:
    if user is not None:
        record(user, DECISIONS.get(decision, Action.DECIDE), push, details={"decision": decision})


def _on_run(instance: Run, created: bool, **_: Any) -> None:
    """Who asked for a batch. What workflows and events begin by themselves is in the runs."""
    by_person = instance.requested_by is not None or instance.kind == RunKind.COMMAND
    if created and by_person and instance.status != RunStatus.DRAFT:
        record(instance.requested_by, Action.PUSH, instance)


def _on_push(instance: Push, created: bool, **_: Any) -> None:
    if created and instance.repeat_of_id is not None:
        record(instance.requested_by, Action.REPEAT, instance)


def _secrets(model: type[models.Model]) -> list[str]:
    return [field.name for field in model._meta.fields if isinstance(field, EncryptedTextField)]


def _before_account(sender: Any, instance: Any, update_fields: Any = None, **_: Any) -> None:
    """Which secrets this save changes: one that is still ciphertext was not touched."""
    names = [n for n in _secrets(sender) if update_fields is None or n in update_fields]
    touched = [name for name in names if instance.__dict__.get(name) and not stored(instance, name)]
    before = sender._base_manager.filter(pk=instance.pk).first() if touched else None
    instance._changed_secrets = [name for name in touched if _is_changed(before, instance, name)]


def _is_changed(before: Any, after: Any, name: str) -> bool:
    if before is None:
        return True
    try:
        return bool(getattr(before, name) != getattr(after, name))
    except ConfigurationError:  # what cannot be read any more is changed by writing it
        return True


def _after_account(instance: Any, **_: Any) -> None:
    for name in getattr(instance, "_changed_secrets", ()):
        record(None, Action.CREDENTIALS, instance, details={"field": name})
    instance._changed_secrets = []


def _on_access(instance: Any, action: str, model: Any, pk_set: Any = None, **_: Any) -> None:
    """Groups, permissions and memberships; only what a person changes on a page."""
    if not action.startswith("post_") or _request.get() is None:
        return
    company = instance if isinstance(instance, FlatchrCompany) else None
    if pk_set or action == "post_clear":
        change = f"{action.removeprefix('post_')} {model._meta.model_name}"
        details = {change: sorted(pk_set or ())}
        label = getattr(instance, "name", "") or str(instance)  # as it is stored, not as shown
        record(None, Action.ACCESS, instance, label=label, company=company, details=details)


def _before_person(sender: Any, instance: Any, update_fields: Any = None, **_: Any) -> None:
    """Which powers this save changes. A sign-in may renew a password's hash: nobody asks yet."""
    names = [n for n in POWERS if update_fields is None or n in update_fields]
    is_asked = bool(names) and _user(None, _request.get()) is not None
    before = sender.objects.filter(pk=instance.pk).first() if is_asked else None
    changed = [n for n in names if before and getattr(before, n) != getattr(instance, n)]
    instance._changed_powers = changed
    instance._is_added = is_asked and before is None


def _after_person(instance: Any, **_: Any) -> None:
    """Of a password, that it was set; of the rest, what it is now."""
    name, changed = instance.get_username(), instance._changed_powers
    if "password" in changed:
        record(None, Action.CREDENTIALS, instance, label=name, details={"field": "password"})
    details: dict[str, Any] = {n: getattr(instance, n) for n in changed if n != "password"}
    if instance._is_added:
        details["add user"] = [instance.pk]
    if details:
        record(None, Action.ACCESS, instance, label=name, details=details)


def _on_sign_in(request: HttpRequest, user: Any, **_: Any) -> None:
    with during(request):
        record(user, Action.SIGN_IN)


def _on_sign_out(request: HttpRequest, user: Any, **_: Any) -> None:
    if user is not None:
        with during(request):
            record(user, Action.SIGN_OUT)


def _on_failed_sign_in(
    credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any
) -> None:
    """Under the name only where there is such an account: people mistype passwords there. Who must
    wait already writes nothing more: trying on must not fill the log."""
    if getattr(request, "axes_locked_out", False):
        return
    name = known_username(str(credentials.get("username") or ""))
    AuditEntry.objects.create(
        username=name,
        action=Action.SIGN_IN_FAILED,
        address=client_address(request) if request else None,
    )
