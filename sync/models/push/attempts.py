"""The tries of a push: each one's steps, what became of them, and how long they took."""

from __future__ import annotations

from django.db import connection, models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from sync.vocabulary import ErrorCode


class Stage(models.TextChoices):
    """The steps of a push, in their order."""

    READ = "read", _("read the profile")
    FORMAT = "format", _("format")
    LOGICS = "logics", _("rules")
    RESUME = "resume", _("CV")
    CHECK = "check", _("look for the applicant")
    CREATE = "create", _("create the candidate")
    ENRICH = "enrich", _("enrich")


class AttemptOutcome(models.TextChoices):
    STARTED = "started", _("sent, no answer yet")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")
    UNKNOWN = "unknown", _("answer lost")
    DISCARDED = "discarded", _("left out")
    LOST = "lost", _("worker stopped")
    HANDED_BACK = "handed_back", _("put off")


# What the row of an attempt is completed with when the try has ended.
COMPLETED = (
    "stage",
    "outcome",
    "http_status",
    "duration_ms",
    "error_code",
    "message",
    "steps",
    "finished_at",
)


class AttemptManager(models.Manager["PushAttempt"]):
    """A row is inserted before a candidate is sent and completed after it, many rows at once."""

    def complete(self, rows: list[PushAttempt]) -> None:
        """Write the `COMPLETED` fields of each row, in one statement for all of them:
        `bulk_update` builds a CASE for each field and row, which took a third of the time of a
        worker's database thread."""
        fields = [field for field in self.model._meta.concrete_fields if field.name in COMPLETED]
        quote = connection.ops.quote_name
        assignments = ", ".join(f"{quote(str(field.column))} = %s" for field in fields)
        table = quote(self.model._meta.db_table)
        statement = f"UPDATE {table} SET {assignments} WHERE id = %s"  # nosec
        values = [
            [*(f.get_db_prep_save(getattr(row, f.attname), connection) for f in fields), row.pk]
            for row in rows
        ]
        with connection.cursor() as cursor:
            cursor.executemany(statement, values)


class PushAttempt(models.Model):
    """One try of a push. Its row is committed before a candidate is sent, and completed after."""

    push = models.ForeignKey(
        "sync.Push", models.CASCADE, verbose_name=_("push"), related_name="tries"
    )
    number = models.PositiveSmallIntegerField(_("number"))
    stage = models.CharField(_("stage"), max_length=10, choices=Stage.choices)
    outcome = models.CharField(_("outcome"), max_length=12, choices=AttemptOutcome.choices)
    http_status = models.PositiveSmallIntegerField(_("HTTP status"), null=True, blank=True)
    duration_ms = models.PositiveIntegerField(_("duration (ms)"), default=0)
    error_code = models.CharField(_("reason"), max_length=40, choices=ErrorCode.choices, blank=True)
    message = models.TextField(_("message"), blank=True)
    # [{stage, outcome, duration_ms, exchanges: [{method, url, status, request, answer, …}]}]
    steps = models.JSONField(_("steps"), default=list, blank=True)
    worker = models.CharField(_("worker"), max_length=64, blank=True)
    started_at = models.DateTimeField(_("started"), db_default=Now())
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    objects = AttemptManager()

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        ordering = ["id"]
