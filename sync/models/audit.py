"""Who looked at what, sent it, decided it or changed it: written once, never changed."""

from __future__ import annotations

from typing import Any, NoReturn

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from sync.models.accounts import FlatchrCompany, HrFlowSource
from sync.models.scope import AnyUser, ScopedQuerySet, colleagues_of, companies_of, sources_of


class AppendOnlyError(Exception):
    """An entry was to be changed or deleted. Only the purge removes entries, by their age."""


def _refuse(*_: Any, **__: Any) -> NoReturn:
    raise AppendOnlyError


class Action(models.TextChoices):
    SIGN_IN = "sign_in", _("signed in")
    SIGN_IN_FAILED = "sign_in_failed", _("failed to sign in")
    SIGN_OUT = "sign_out", _("signed out")
    LOOK = "look", _("looked at a candidate's data")
    DOWNLOAD_CV = "download_cv", _("downloaded a CV")
    EXPORT = "export", _("exported")
    PUSH = "push", _("pushed")
    REPEAT = "repeat", _("pushed again on purpose")
    RETRY = "retry", _("retried")
    CANCEL = "cancel", _("cancelled")
    DECIDE = "decide", _("decided")
    CREDENTIALS = "credentials", _("changed a credential")
    ACCESS = "access", _("changed who may do what")
    ERASE = "erase", _("erased a person")
    EXPORT_PERSON = "export_person", _("exported what is held of a person")
    PURGE = "purge", _("purged")
    ROTATE = "rotate", _("encrypted the secrets anew")
    RESTORE = "restore", _("said that the database was restored")


class AuditQuerySet(ScopedQuerySet["AuditEntry"]):
    def membership(self, user: AnyUser) -> Q:
        """Entries of one's companies and of the sources opened to them, but for who else these are
        opened to; and what colleagues did that is about neither. What was of a company that is
        deleted falls to nobody."""
        of_sources = Q(source__in=sources_of(user)) & ~Q(action=Action.ACCESS)
        about_neither = Q(object_id="") | Q(object_type__in=("user", "group"))
        of_colleagues = Q(company=None, source=None, user__in=colleagues_of(user)) & about_neither
        return Q(company__in=companies_of(user)) | of_sources | of_colleagues

    update = bulk_update = delete = _refuse

    def forget_before(self, moment: Any) -> int:
        """For the purge alone: delete what is older than it may be kept, past the refusal above.
        Returns how many entries."""
        return self.filter(at__lt=moment)._raw_delete(self.db)


class AuditEntry(models.Model):
    """One act of a person. It names things by kind and number, never a candidate."""

    at = models.DateTimeField(_("when"), db_default=Now())
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        verbose_name=_("user"),
        related_name="+",
    )
    # Kept when the account is deleted.
    username = models.CharField(_("user name"), max_length=150, blank=True)
    action = models.CharField(_("action"), max_length=20, choices=Action.choices)
    object_type = models.CharField(_("kind of object"), max_length=40, blank=True)
    object_id = models.CharField(_("number"), max_length=64, blank=True)
    label = models.CharField(_("object"), max_length=255, blank=True)
    details = models.JSONField(_("details"), default=dict, blank=True)
    company = models.ForeignKey(
        FlatchrCompany, models.SET_NULL, null=True, verbose_name=_("company"), related_name="+"
    )
    # Of what belongs to no one company: a source and its profiles.
    source = models.ForeignKey(
        HrFlowSource, models.SET_NULL, null=True, verbose_name=_("source"), related_name="+"
    )
    address = models.GenericIPAddressField(_("address"), null=True)

    objects = AuditQuerySet.as_manager()

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit log")
        ordering = ["-id"]
        default_permissions = ("view",)
        permissions = [("export_audit", _("Can export the audit log"))]
        indexes = [
            # The log by what was done, by whom, and of what; the purge by date.
            models.Index(fields=["action", "-id"], name="audit_action"),
            models.Index(fields=["username", "-id"], name="audit_username"),
            models.Index(fields=["object_type", "object_id"], name="audit_object"),
            models.Index(fields=["at"], name="audit_at"),
        ]

    def __str__(self) -> str:
        return f"{self.username or '—'}: {self.get_action_display()}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Once. Raises AppendOnlyError for an entry that is stored."""
        if self.pk is not None:
            raise AppendOnlyError
        super().save(*args, **kwargs)

    delete = _refuse


def known_username(name: str) -> str:
    """The name where there is such an account: people mistype a password in its place."""
    manager = get_user_model()._default_manager
    return name if manager.filter(username=name[:150]).exists() else ""
