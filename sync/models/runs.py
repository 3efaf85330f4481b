"""One execution: a recruiter's batch, a schedule, an event, a command."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Count, Q
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext_lazy as _

from sync.exceptions import BrokenOffError
from sync.models.accounts import HrFlowSource, ResumePolicy
from sync.models.profiles import Profile
from sync.models.scope import AnyUser, ScopedQuerySet, companies_of
from sync.models.states import ACTIVE
from sync.models.vacancies import FlatchrVacancy
from sync.models.workflows import Workflow
from sync.vocabulary import Event

# A source is read page by page, and a page takes three tries of a minute at most.
READING_DIES_AFTER = timedelta(minutes=5)
# How long the cache keeps who was on a run's vacancy before its first push.
APPLICANTS_KEPT_SECONDS = 3600

# A run of events takes those of its workflow for so long after it began. It is finished a while
# later, so that none joins a run that is being finished.
EVENTS_JOIN_FOR = timedelta(seconds=60)
EVENTS_FINISH_AFTER = timedelta(seconds=90)


class RunKind(models.TextChoices):
    BATCH = "batch", _("recruiter's selection")
    COMMAND = "command", _("command")
    WORKFLOW = "workflow", _("workflow")
    EVENT = "event", _("event")


class RunStatus(models.TextChoices):
    DRAFT = "draft", _("draft")
    RUNNING = "running", _("in progress")
    FINISHED = "finished", _("finished")


class RunQuerySet(ScopedQuerySet["Run"]):
    def membership(self, user: AnyUser) -> Q:
        """Runs of one's companies; and one's own drafts, before they have a vacancy."""
        own_drafts = Q(status=RunStatus.DRAFT, requested_by=user.pk, vacancy=None)
        return Q(vacancy__company__in=companies_of(user)) | own_drafts

    def running(self) -> Self:
        """Begun and not finished; among them are those without a push that a worker could move."""
        return self.filter(status=RunStatus.RUNNING)

    def complete_dead(self) -> int:
        """Runs whose reader of the source has died (no sign of life for `READING_DIES_AFTER`) get
        no more pushes; returns how many."""
        reading = self.running().filter(is_complete=False)
        signs = reading.annotate(last_sign=Coalesce("beat_at", "started_at"))
        dead = signs.filter(last_sign__lt=Now() - READING_DIES_AFTER)
        return dead.update(is_complete=True, reason=BrokenOffError().note)

    def taking_events(self, workflow: Workflow) -> Self:
        """Runs of events of this workflow that the next ones may join."""
        return self.running().filter(
            kind=RunKind.EVENT,
            workflow=workflow,
            source=workflow.source,
            vacancy=workflow.vacancy,
            started_at__gt=Now() - EVENTS_JOIN_FOR,
        )

    def finish_done(self) -> int:
        """Finish runs that have no push which a worker could move, 100 at most; returns how many.
        Safe to call from anywhere, any number of times."""
        joinable = Q(kind=RunKind.EVENT, started_at__gt=Now() - EVENTS_FINISH_AFTER)
        complete = self.running().filter(is_complete=True).exclude(joinable)
        done = complete.exclude(pushes__status__in=ACTIVE)
        return sum(run.finish() for run in done[:100])


class Run(models.Model):
    """Holds the configuration its pushes run under, as it was when the run began."""

    kind = models.CharField(_("kind"), max_length=10, choices=RunKind.choices)
    workflow = models.ForeignKey(
        Workflow, models.SET_NULL, null=True, blank=True, verbose_name=_("workflow")
    )
    source = models.ForeignKey(
        HrFlowSource, models.PROTECT, null=True, blank=True, verbose_name=_("source")
    )
    vacancy = models.ForeignKey(
        FlatchrVacancy, models.PROTECT, null=True, blank=True, verbose_name=_("vacancy")
    )
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        verbose_name=_("requested by"),
    )
    status = models.CharField(
        _("status"), max_length=10, choices=RunStatus.choices, default=RunStatus.RUNNING
    )
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    events = models.JSONField(_("events"), default=dict, blank=True)
    logics = models.JSONField(_("rules"), default=list, blank=True)
    format = models.CharField(_("format"), max_length=120, blank=True)
    resume_policy = models.CharField(
        _("profiles without a CV"), max_length=10, choices=ResumePolicy.choices, blank=True
    )
    answers = models.JSONField(_("answers"), default=list, blank=True)
    # False while a long source is still being read into pushes.
    is_complete = models.BooleanField(default=True, editable=False)
    beat_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), db_default=Now())
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        verbose_name = _("run")
        verbose_name_plural = _("runs")
        ordering = ["-id"]
        indexes = [
            # The sweep that finishes runs.
            models.Index(fields=["status", "-id"], name="run_status"),
        ]

    def __str__(self) -> str:
        return _("Run %(id)s") % {"id": self.pk}

    @staticmethod
    def applicants_cache_key(
        run_id: int, vacancy_id: int | None, *, epoch: str, worker_id: str
    ) -> str:
        """Of the applicants (masked) that were on the vacancy when the run began.

        Valid in one epoch of the database, and for one start of a worker group: a restore needs
        one, whether or not anybody says that it was made. The number is of the form they are
        kept in: workers of two versions may share a cache.
        """
        return f"applicants:2:{epoch}:{worker_id}:{run_id}:{vacancy_id}"

    def finish(self) -> int:
        """running → finished, with the counts of events in the seed's words; every push whose
        profile was read counts as read. Returns 0 where another was faster."""
        rows = self.pushes.exclude(event="").values_list("event").annotate(Count("pk")).order_by()
        events: Counter[str] = Counter(dict(rows))
        read = sum(count for event, count in events.items() if event != Event.READ_FAILURE)
        changed = Run.objects.filter(pk=self.pk, status=RunStatus.RUNNING).update(
            status=RunStatus.FINISHED,
            finished_at=Now(),
            events=dict(events + Counter({Event.READ_SUCCESS.value: read})),
        )
        if changed:
            self.refresh_from_db()
        return changed


class RunProfile(models.Model):
    """A profile selected on a draft run; it becomes a push when the run is confirmed."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="selection")
    profile = models.ForeignKey(Profile, models.CASCADE, related_name="+")
    # What stops or warns, found in the index when the draft was prepared.
    excluded = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "profile"], name="profile_once_per_draft")
        ]
