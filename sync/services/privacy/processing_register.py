"""The register: what is kept, why, and for how long. The page and docs/privacy.md show it.

Made from the tables themselves: a new table without a line here fails a test, the columns of the
candidates' tables are listed as they are, and the times are the settings'.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from sync.models.runs import APPLICANTS_KEPT_SECONDS
from sync.services.privacy import retention

Words = str | Promise
Until = Callable[[], str]


class About(TextChoices):
    CANDIDATES = "candidates", gettext_lazy("Candidates")
    COLLEAGUES = "colleagues", gettext_lazy("Colleagues")
    SETUP = "setup", gettext_lazy("Set-up and technique")


@dataclass(frozen=True)
class Kept:
    """A table's line. `until` answers in words, from the settings."""

    about: About
    what: Words
    why: Words
    until: Until


@dataclass(frozen=True)
class Line:
    """A line as the page shows it; `fields` are named for the candidates' tables only."""

    table: str
    name: str
    about: str
    what: str
    why: str
    until: str
    fields: tuple[str, ...] = ()


def _days(count: int) -> str:
    return ngettext("%(n)d day", "%(n)d days", count) % {"n": count}


def _contact() -> str:
    words = _("%(time)s after the last contact, or while a consent lasts; at once on request")
    return words % {"time": _days(settings.RETENTION_DAYS)}


def _payload() -> str:
    return _("excerpts: %(time)s after the push is closed; the rest as the push") % {
        "time": _days(settings.PAYLOAD_DAYS)
    }


def _log() -> str:
    return _days(settings.AUDIT_DAYS)


def _queue() -> str:
    return _days(retention.QUEUE_DAYS)


def _drafts() -> str:
    return _days(retention.DRAFT_DAYS)


def _hour() -> str:
    minutes = APPLICANTS_KEPT_SECONDS // 60
    return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}


def _always() -> str:
    return _("as long as this installation")


def _account() -> str:
    return _("until an operator deletes it")


def _session() -> str:
    return _("until the session ends")


_CANDIDATES: dict[str, Kept] = {
    "sync.Profile": Kept(
        About.CANDIDATES,
        gettext_lazy("A small index of HrFlow's profiles. No CV and no full profile."),
        gettext_lazy("To find and choose the profiles to push."),
        _contact,
    ),
    "sync.Push": Kept(
        About.CANDIDATES,
        gettext_lazy("Who was sent to which vacancy, when, by whom, and what came of it."),
        gettext_lazy("So that nobody is sent twice, and everybody can see what was done."),
        _contact,
    ),
    "sync.PushAttempt": Kept(
        About.CANDIDATES,
        gettext_lazy(
            "Each try: when, how long, what came of it; redacted excerpts of what was sent "
            "and answered."
        ),
        gettext_lazy("To find out why a push failed."),
        _payload,
    ),
    "sync.RunProfile": Kept(
        About.CANDIDATES,
        gettext_lazy("Which profiles somebody has ticked and not yet sent."),
        gettext_lazy("To look at a selection before it is sent."),
        _drafts,
    ),
    "sync.Run": Kept(
        About.CANDIDATES,
        gettext_lazy("Each batch: when, by whom, to which vacancy, answers to its questions."),
        gettext_lazy("To follow a batch, and to count."),
        _contact,
    ),
    "sync.ErasedPerson": Kept(
        About.CANDIDATES,
        gettext_lazy("Keyed hashes of the e-mails and profile keys of erased people."),
        gettext_lazy("So that no import brings an erased person back."),
        _always,
    ),
    "sync.PurgedPush": Kept(
        About.CANDIDATES,
        gettext_lazy("Keyed hashes of source, profile key and vacancy of deleted pushes."),
        gettext_lazy("So that nobody is sent to the same vacancy a second time."),
        _always,
    ),
    "sync.DailyCount": Kept(
        About.CANDIDATES,
        gettext_lazy("How many deleted pushes a day and vacancy had: numbers, nobody's."),
        gettext_lazy("Statistics."),
        _always,
    ),
    "cache": Kept(
        About.CANDIDATES,
        gettext_lazy("Keyed hashes of who is on a vacancy in Flatchr; locks and counters."),
        gettext_lazy("So that Flatchr is asked once a run, not once a push."),
        _hour,
    ),
}
_COLLEAGUES: dict[str, Kept] = {
    "auth.User": Kept(
        About.COLLEAGUES,
        gettext_lazy("User name, name, e-mail, password hash, last sign-in."),
        gettext_lazy("To let people in, and to say who did what."),
        _account,
    ),
    "sync.AuditEntry": Kept(
        About.COLLEAGUES,
        gettext_lazy("Who looked, exported, pushed, decided or changed what, from which address."),
        gettext_lazy("To be able to account for the use of personal data."),
        _log,
    ),
    "admin.LogEntry": Kept(
        About.COLLEAGUES,
        gettext_lazy("Changes made on set-up pages."),
        gettext_lazy("To see who set up what."),
        _log,
    ),
    "sessions.Session": Kept(
        About.COLLEAGUES,
        gettext_lazy("Who is signed in."),
        gettext_lazy("To keep people signed in."),
        _session,
    ),
    "axes.AccessAttempt": Kept(
        About.COLLEAGUES,
        gettext_lazy("Failed sign-ins: name or its hash, address, browser."),
        gettext_lazy("To stop somebody who guesses passwords."),
        _log,
    ),
    "axes.AccessAttemptExpiration": Kept(
        About.COLLEAGUES,
        gettext_lazy("When a failed sign-in is forgotten."),
        gettext_lazy("To stop somebody who guesses passwords."),
        _log,
    ),
    "axes.AccessFailureLog": Kept(
        About.COLLEAGUES,
        gettext_lazy("Failed sign-ins: name or its hash, address, browser."),
        gettext_lazy("To stop somebody who guesses passwords."),
        _log,
    ),
    "axes.AccessLog": Kept(
        About.COLLEAGUES,
        gettext_lazy("Sign-ins: name, address, browser."),
        gettext_lazy("To notice a stranger's sign-in."),
        _log,
    ),
}
_NOBODY = gettext_lazy("Nobody's data.")
_WORK = gettext_lazy("To do the work.")
_SETUP: dict[str, Kept] = {
    "sync.FlatchrCompany": Kept(
        About.SETUP,
        gettext_lazy("Companies, their encrypted API keys, and who belongs to them."),
        gettext_lazy("To send candidates to Flatchr."),
        _account,
    ),
    "sync.HrFlowSource": Kept(
        About.SETUP,
        gettext_lazy("Sources, their encrypted API keys and the e-mail these belong to."),
        gettext_lazy("To read profiles from HrFlow."),
        _account,
    ),
    "sync.FlatchrVacancy": Kept(About.SETUP, _NOBODY, _WORK, _always),
    "sync.Workflow": Kept(About.SETUP, _NOBODY, _WORK, _account),
    "sync.RateState": Kept(About.SETUP, _NOBODY, _WORK, _always),
    "sync.WorkerGroup": Kept(
        About.SETUP, gettext_lazy("Names of the machines that work."), _WORK, _always
    ),
    "sync.HashKey": Kept(
        About.SETUP,
        gettext_lazy("The encrypted key of the hashes."),
        gettext_lazy("So that a stolen database does not tell who was erased."),
        _always,
    ),
    "auth.Group": Kept(About.SETUP, _NOBODY, _WORK, _account),
    "auth.Permission": Kept(About.SETUP, _NOBODY, _WORK, _always),
    "contenttypes.ContentType": Kept(About.SETUP, _NOBODY, _WORK, _always),
    "django_q.Schedule": Kept(About.SETUP, _NOBODY, _WORK, _always),
    "django_q.OrmQ": Kept(
        About.SETUP,
        gettext_lazy("Tasks that say “there is work”, and nobody's data."),
        _WORK,
        _queue,
    ),
    "django_q.Task": Kept(
        About.SETUP, gettext_lazy("What became of such tasks: numbers and faults."), _WORK, _queue
    ),
}
REGISTER: dict[str, Kept] = {**_CANDIDATES, **_COLLEAGUES, **_SETUP}


# Tables that no other page shows, so that their models have no name for people.
NAMES: dict[str, Words] = {
    "sync.RunProfile": gettext_lazy("profiles of a selection"),
    "sync.PurgedPush": gettext_lazy("deleted pushes"),
    "sync.DailyCount": gettext_lazy("daily counts"),
    "sync.RateState": gettext_lazy("request rates"),
    "cache": gettext_lazy("cache"),
}


def tables() -> Iterator[str]:
    """Every table there is that holds rows of its own."""
    for model in apps.get_models():
        if not model._meta.proxy and model._meta.managed:
            yield model._meta.label
    yield "cache"


def lines() -> list[Line]:
    """The register in the reader's language, people first; raises KeyError for a new table."""
    found = [_line(table, REGISTER[table]) for table in tables()]
    order = list(REGISTER)
    return sorted(found, key=lambda line: order.index(line.table))


def _line(table: str, kept: Kept) -> Line:
    model: Any = None if table == "cache" else apps.get_model(table)
    name = str(NAMES.get(table) or model._meta.verbose_name_plural)
    fields = model._meta.concrete_fields if model and kept.about is About.CANDIDATES else ()
    return Line(
        table=table,
        name=capfirst(name),
        about=str(kept.about.label),
        what=str(kept.what),
        why=str(kept.why),
        until=kept.until(),
        fields=tuple(_column(field) for field in fields if not field.primary_key),
    )


def _column(field: Any) -> str:
    """In words where it has any; else what nobody ever reads elsewhere, as the database has it."""
    words = str(field.verbose_name)
    return str(field.name) if words == field.name.replace("_", " ") else words
