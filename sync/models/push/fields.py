"""What a push's row holds."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from sync.models.accounts import HrFlowSource
from sync.models.profiles import LONGEST_KEY
from sync.models.runs import Run
from sync.models.states import EnrichmentStatus, PushStatus
from sync.models.vacancies import FlatchrVacancy
from sync.vocabulary import ErrorCode, Event


class PushFields(models.Model):
    run = models.ForeignKey(Run, models.PROTECT, verbose_name=_("run"), related_name="pushes")
    source = models.ForeignKey(HrFlowSource, models.PROTECT, verbose_name=_("source"))
    profile_key = models.CharField(_("profile key"), max_length=LONGEST_KEY)
    # The state of the profile that this push has read, or was queued for, where it is known: when
    # HrFlow had last changed it, and a digest where that was just before.
    profile_updated_at = models.DateTimeField(null=True, blank=True, editable=False)
    profile_mark = models.CharField(max_length=32, blank=True, editable=False)
    vacancy = models.ForeignKey(FlatchrVacancy, models.PROTECT, verbose_name=_("vacancy"))
    repeat_of = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="repeats",
        verbose_name=_("repeats"),
        help_text=_("The push that this one repeats on purpose."),
    )
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        verbose_name=_("requested by"),
    )

    candidate_name = models.CharField(_("candidate"), max_length=255, blank=True)
    candidate_email = models.CharField(_("e-mail"), max_length=254, blank=True)
    # What a look-up after a lost answer asks for; the phone as a hash, only to be compared.
    candidate_lastname = models.CharField(max_length=255, blank=True, editable=False)
    candidate_phone = models.CharField(_("phone"), max_length=64, blank=True, editable=False)

    status = models.CharField(
        _("status"), max_length=16, choices=PushStatus.choices, default=PushStatus.QUEUED
    )
    event = models.CharField(
        _("event"), max_length=20, choices=Event.choices, blank=True, editable=False
    )
    error_code = models.CharField(_("reason"), max_length=40, choices=ErrorCode.choices, blank=True)
    error_message = models.TextField(_("message"), blank=True)
    error_params = models.JSONField(default=dict, blank=True, editable=False)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    lookups = models.PositiveSmallIntegerField(default=0, editable=False)
    # Null unless the push waits: so its index holds the waiting ones only.
    next_attempt_at = models.DateTimeField(
        _("next attempt"), null=True, blank=True, db_default=Now()
    )
    deadline_at = models.DateTimeField(_("given up after"), null=True, blank=True)
    claim_token = models.CharField(max_length=32, null=True, blank=True, editable=False)
    lease_expires_at = models.DateTimeField(null=True, blank=True, editable=False)
    create_started_at = models.DateTimeField(
        _("create sent"), null=True, blank=True, editable=False
    )
    # Applicants that were there before a create: the old ones that no look-up may mistake for ours.
    known_applicants = models.JSONField(default=list, blank=True, editable=False)

    applicant_id = models.CharField(_("applicant"), max_length=64, blank=True)
    column = models.CharField(_("column"), max_length=120, blank=True)
    confirm_after = models.DateTimeField(null=True, blank=True, editable=False)
    confirmed_at = models.DateTimeField(_("found in Flatchr"), null=True, blank=True)
    confirm_tries = models.PositiveSmallIntegerField(default=0, editable=False)
    enrichment_status = models.CharField(
        _("enrichment"),
        max_length=8,
        choices=EnrichmentStatus.choices,
        default=EnrichmentStatus.NONE,
    )
    enrichment_tries = models.PositiveSmallIntegerField(default=0, editable=False)
    enrichment_after = models.DateTimeField(null=True, blank=True, editable=False)
    enrichment_error = models.CharField(max_length=500, blank=True, editable=False)

    decision = models.CharField(_("decision"), max_length=20, blank=True, editable=False)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("decided by"),
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("asked for"), db_default=Now())
    updated_at = models.DateTimeField(_("changed"), db_default=Now())
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    class Meta:
        abstract = True
