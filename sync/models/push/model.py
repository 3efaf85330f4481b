"""A push: one profile to one vacancy, with the constraints that make it exactly one."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from sync.models.push.transitions.bulk import PushRows
from sync.models.push.transitions.people import SENT_ALL_THE_SAME, PeopleTransitions
from sync.models.push.transitions.read_back import ReadBackTransitions
from sync.models.push.transitions.worker import WorkerTransitions
from sync.models.states import BLOCKING, OPEN, WAITING, WITH_INTENT, PushStatus
from sync.vocabulary import Side
from sync.vocabulary.explanations import EXPLANATIONS, sentence

S = PushStatus


class Push(WorkerTransitions, ReadBackTransitions, PeopleTransitions):
    """One profile to one vacancy."""

    objects = PushRows.as_manager()

    class Meta:
        verbose_name = _("push")
        verbose_name_plural = _("pushes")
        ordering = ["-id"]
        default_permissions = ("view",)
        permissions = [
            ("push_profiles", _("Can push profiles to Flatchr")),
            ("retry_push", _("Can retry and cancel pushes")),
            ("decide_push", _("Can decide on unconfirmed pushes")),
            ("view_payload", _("Can see what was sent and answered")),
            ("export_push", _("Can export the history")),
        ]
        constraints = [
            # Exactly one: a second click, event or command meets these, whatever the code does.
            models.UniqueConstraint(
                fields=["source", "profile_key", "vacancy"],
                condition=Q(status__in=BLOCKING, repeat_of=None),
                name="one_push_per_profile_and_vacancy",
            ),
            # A repeat on purpose is no way around it: two at once would race each other.
            models.UniqueConstraint(
                fields=["source", "profile_key", "vacancy"],
                condition=Q(status__in=OPEN),
                name="one_open_push_per_profile_and_vacancy",
            ),
            models.UniqueConstraint(
                fields=["repeat_of"],
                condition=Q(status__in=BLOCKING),
                name="one_repeat_per_push",
            ),
            models.CheckConstraint(
                condition=Q(create_started_at=None) | Q(status__in=WITH_INTENT),
                name="no_end_with_an_unknown_outcome",
            ),
            models.CheckConstraint(
                condition=~Q(status=S.UNCONFIRMED) | Q(create_started_at__isnull=False),
                name="only_an_intent_can_be_unconfirmed",
            ),
            models.CheckConstraint(
                condition=Q(
                    status=S.RUNNING, claim_token__isnull=False, lease_expires_at__isnull=False
                )
                | (~Q(status=S.RUNNING) & Q(claim_token=None, lease_expires_at=None)),
                name="running_means_claimed",
            ),
            models.CheckConstraint(
                condition=Q(status__in=WAITING, next_attempt_at__isnull=False)
                | (~Q(status__in=WAITING) & Q(next_attempt_at=None)),
                name="waiting_means_due_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(status__in=OPEN) | Q(closed_at__isnull=False), name="closed_has_a_date"
            ),
        ]
        # Conditions are of the form "is not null", which SQLite can use with bound values too.
        indexes = [
            # A worker's claim: what is due, oldest first.
            models.Index(
                fields=["next_attempt_at", "id"],
                name="push_due",
                condition=Q(next_attempt_at__isnull=False),
            ),
            # The sweep: claims of dead workers.
            models.Index(
                fields=["lease_expires_at"],
                name="push_lease",
                condition=Q(lease_expires_at__isnull=False),
            ),
            # Reading a claimed batch back, and renewing it.
            models.Index(
                fields=["claim_token"],
                name="push_claim",
                condition=Q(claim_token__isnull=False),
            ),
            # The sweep: created pushes to be found again in Flatchr.
            models.Index(
                fields=["confirm_after"],
                name="push_confirm",
                condition=Q(confirm_after__isnull=False),
            ),
            models.Index(
                fields=["enrichment_after"],
                name="push_enrich",
                condition=Q(enrichment_after__isnull=False),
            ),
            # A look-up: other pushes of a namesake or of one e-mail to the same vacancy.
            models.Index(fields=["vacancy", "candidate_email"], name="push_vacancy_email"),
            models.Index(fields=["vacancy", "candidate_name"], name="push_vacancy_name"),
            # Before a create: who was sent under the same phone and another e-mail.
            models.Index(fields=["vacancy", "candidate_phone"], name="push_vacancy_phone"),
            # A profile's page: every push it ever had; and whether a push was overtaken by another.
            models.Index(fields=["source", "profile_key", "vacancy"], name="push_profile"),
            # The log, by state and by date; a run's page by state.
            models.Index(fields=["status", "-id"], name="push_status"),
            models.Index(fields=["-created_at"], name="push_created"),
            models.Index(fields=["run", "status"], name="push_run_status"),
            # A search by the beginning of an e-mail.
            models.Index(fields=["candidate_email"], name="push_email"),
        ]

    def __str__(self) -> str:
        return self.candidate_name or self.profile_key

    # --- what people read -----------------------------------------------------------------------

    @property
    def explanation(self) -> str:
        """Why the push is in its state, in the reader's language; empty where nothing is wrong.

        It may quote what a peer answered, so it is only for people who may see the payload.
        """
        return sentence(self.error_code, self.error_params) if self.error_code else ""

    @property
    def public_explanation(self) -> str:
        """As `explanation`, with dots in place of what a peer answered: for everybody who may see
        the push."""
        if "answer" not in self.error_params:
            return self.explanation
        return sentence(self.error_code, {**self.error_params, "answer": "…"})

    @property
    def side(self) -> Side | None:
        """Whose problem it is: HrFlow's, Flatchr's or ours. None where nothing is wrong."""
        found = EXPLANATIONS.get(self.error_code)
        return found.side if found else None

    @property
    def next_step(self) -> str:
        """What a person should do, in the reader's language; empty where nothing is wrong."""
        found = EXPLANATIONS.get(self.error_code)
        return str(found.next_step) if found else ""

    @property
    def is_decided(self) -> bool:
        """A person has looked who is on the vacancy, and wants it sent.

        Somebody who looks like the candidate is then no obstacle. A later word, such as another
        retry, takes this one's place.
        """
        return self.repeat_of_id is not None or self.decision in SENT_ALL_THE_SAME

    @property
    def has_unknown_outcome(self) -> bool:
        """A create was sent, or may have been, and nobody knows yet whether Flatchr took it."""
        return self.create_started_at is not None and self.status != S.SUCCEEDED
