"""Workflows: which profiles of a source go to which vacancy, under which rules."""

from __future__ import annotations

from typing import Any

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from sync.mapping.registry import validate_format, validate_logics
from sync.models.accounts import HrFlowSource, ResumePolicy
from sync.models.scope import ScopedQuerySet
from sync.models.vacancies import FlatchrVacancy
from sync.vocabulary import ReadMode


class WorkflowQuerySet(ScopedQuerySet["Workflow"]):
    company_path = "vacancy__company"


class Workflow(models.Model):
    """A lasting configuration of runs: which profiles go where, under which rules."""

    workflow_id = models.CharField(_("workflow id"), max_length=120, unique=True)
    source = models.ForeignKey(HrFlowSource, models.PROTECT, verbose_name=_("source"))
    vacancy = models.ForeignKey(FlatchrVacancy, models.PROTECT, verbose_name=_("vacancy"))
    logics = models.JSONField(
        _("rules"),
        default=list,
        blank=True,
        validators=[validate_logics],
        help_text=_('Names, or {"name": …, "params": {…}}, in the order they are applied.'),
    )
    format = models.CharField(
        _("format"),
        max_length=120,
        blank=True,
        validators=[validate_format],
        help_text=_("Empty: the standard format."),
    )
    read_mode = models.CharField(
        _("read mode"), max_length=12, choices=ReadMode.choices, default=ReadMode.sync
    )
    resume_policy = models.CharField(
        _("profiles without a CV"),
        max_length=10,
        choices=ResumePolicy.choices,
        blank=True,
        help_text=_("Empty: as the company has it."),
    )
    every_minutes = models.PositiveIntegerField(
        _("run every (minutes)"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    is_active = models.BooleanField(_("active"), default=True)
    cursor = models.DateTimeField(
        _("read up to"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("Profiles updated until then are durably queued."),
    )
    last_run_at = models.DateTimeField(_("last run"), null=True, blank=True, editable=False)

    objects = WorkflowQuerySet.as_manager()

    class Meta:
        verbose_name = _("workflow")
        verbose_name_plural = _("workflows")
        ordering = ["workflow_id"]

    def __str__(self) -> str:
        return self.workflow_id

    def save(self, *args: Any, **options: Any) -> None:
        """The cursor belongs to the way from one source to one vacancy: another begins anew."""
        before = Workflow.objects.filter(pk=self.pk).values_list("source_id", "vacancy_id").first()
        if before not in (None, (self.source_id, self.vacancy_id)):
            self.cursor = None
            if options.get("update_fields") is not None:
                options["update_fields"] = {*options["update_fields"], "cursor"}
        super().save(*args, **options)
