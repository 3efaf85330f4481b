"""The register of processing (GDPR, article 30): what is kept, why, and for how long.

The register page shows it, and docs/privacy.md. It is made from the tables themselves: a table
without an entry here fails a test, the columns of the candidates' tables are read from the models,
and the times from the settings.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
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


class About(TextChoices):
    CANDIDATES = "candidates", gettext_lazy("Candidates")
    COLLEAGUES = "colleagues", gettext_lazy("Colleagues")
    SETUP = "setup", gettext_lazy("Set-up and technique")


class Until(Enum):
    """How long a table's rows are kept; `_until_in_words` has the times."""

    CONTACT = auto()
    PAYLOAD = auto()
    LOG = auto()
    QUEUE = auto()
    DRAFT = auto()
    SEARCH = auto()
    ALWAYS = auto()
    DELETED = auto()
    SESSION = auto()


@dataclass(frozen=True)
class Kept:
    """The register's entry for a table."""

    about: About
    what: Words
    why: Words
    until: Until


@dataclass(frozen=True)
class Line:
    """An entry as the page shows it. `fields`: the columns, of the candidates' tables only."""

    table: str
    name: str
    about: str
    what: str
    why: str
    until: str
    fields: tuple[str, ...] = ()


_CANDIDATES: dict[str, Kept] = {
    "sync.Profile": Kept(
        About.CANDIDATES,
        gettext_lazy("A small index of HrFlow's profiles. No CV and no full profile."),
        gettext_lazy("To find and choose the profiles to push."),
        Until.CONTACT,
    ),
    "sync.Push": Kept(
        About.CANDIDATES,
        gettext_lazy("Who was sent to which vacancy, when, by whom, and what came of it."),
        gettext_lazy("So that nobody is sent twice, and everybody can see what was done."),
        Until.CONTACT,
    ),
    "sync.PushAttempt": Kept(
        About.CANDIDATES,
        gettext_lazy(
            "Each try: when, how long, what came of it; redacted excerpts of what was sent "
            "and answered."
        ),
        gettext_lazy("To find out why a push failed."),
        Until.PAYLOAD,
    ),
    "sync.RunProfile": Kept(
        About.CANDIDATES,
        gettext_lazy("Which profiles somebody has ticked and not yet sent."),
        gettext_lazy("To look at a selection before it is sent."),
        Until.DRAFT,
    ),
    "sync.Run": Kept(
        About.CANDIDATES,
        gettext_lazy("Each batch: when, by whom, to which vacancy, answers to its questions."),
        gettext_lazy("To follow a batch, and to count."),
        Until.CONTACT,
    ),
    "sync.ErasedPerson": Kept(
        About.CANDIDATES,
        gettext_lazy("Keyed hashes of the e-mails and profile keys of erased people."),
        gettext_lazy("So that no import brings an erased person back."),
        Until.ALWAYS,
    ),
    "sync.PurgedPush": Kept(
        About.CANDIDATES,
        gettext_lazy("Keyed hashes of source, profile key and vacancy of deleted pushes."),
        gettext_lazy("So that nobody is sent to the same vacancy a second time."),
        Until.ALWAYS,
    ),
    "sync.DailyCount": Kept(
        About.CANDIDATES,
        gettext_lazy("How many deleted pushes a day and vacancy had: numbers, nobody's."),
        gettext_lazy("Statistics."),
        Until.ALWAYS,
    ),
    "cache": Kept(
        About.CANDIDATES,
        gettext_lazy("Keyed hashes of who is on a vacancy in Flatchr; locks and counters."),
        gettext_lazy("So that Flatchr is asked once a run, not once a push."),
        Until.SEARCH,
    ),
}
_COLLEAGUES: dict[str, Kept] = {
    "auth.User": Kept(
        About.COLLEAGUES,
        gettext_lazy("User name, name, e-mail, password hash, last sign-in."),
        gettext_lazy("To let people in, and to say who did what."),
        Until.DELETED,
    ),
    "sync.AuditEntry": Kept(
        About.COLLEAGUES,
        gettext_lazy("Who looked, exported, pushed, decided or changed what, from which address."),
        gettext_lazy("To be able to account for the use of personal data."),
        Until.LOG,
    ),
    "admin.LogEntry": Kept(
        About.COLLEAGUES,
        gettext_lazy("Changes made on set-up pages."),
        gettext_lazy("To see who set up what."),
        Until.LOG,
    ),
    "sessions.Session": Kept(
        About.COLLEAGUES,
        gettext_lazy("Who is signed in."),
        gettext_lazy("To keep people signed in."),
        Until.SESSION,
    ),
    "axes.AccessAttempt": Kept(
        About.COLLEAGUES,
        gettext_lazy("Failed sign-ins: name or its hash, address, browser."),
        gettext_lazy("To stop somebody who guesses passwords."),
        Until.LOG,
    ),
    "axes.AccessAttemptExpiration": Kept(
        About.COLLEAGUES,
        gettext_lazy("When a failed sign-in is forgotten."),
        gettext_lazy("To stop somebody who guesses passwords."),
        Until.LOG,
    ),
    "axes.AccessFailureLog": Kept(
        About.COLLEAGUES,
        gettext_lazy("Failed sign-ins: name or its hash, address, browser."),
        gettext_lazy("To stop somebody who guesses passwords."),
        Until.LOG,
    ),
    "axes.AccessLog": Kept(
        About.COLLEAGUES,
        gettext_lazy("Sign-ins: name, address, browser."),
        gettext_lazy("To notice a stranger's sign-in."),
        Until.LOG,
    ),
}
_NOBODY = gettext_lazy("Nobody's data.")
_WORK = gettext_lazy("To do the work.")
_SETUP: dict[str, Kept] = {
    "sync.FlatchrCompany": Kept(
        About.SETUP,
        gettext_lazy("Companies, their encrypted API keys, and who belongs to them."),
        gettext_lazy("To send candidates to Flatchr."),
        Until.DELETED,
    ),
    "sync.HrFlowSource": Kept(
        About.SETUP,
        gettext_lazy("Sources, their encrypted API keys and the e-mail these belong to."),
        gettext_lazy("To read profiles from HrFlow."),
        Until.DELETED,
    ),
    "sync.FlatchrVacancy": Kept(About.SETUP, _NOBODY, _WORK, Until.ALWAYS),
    "sync.Workflow": Kept(About.SETUP, _NOBODY, _WORK, Until.DELETED),
    "sync.RateState": Kept(About.SETUP, _NOBODY, _WORK, Until.ALWAYS),
    "sync.Epoch": Kept(About.SETUP, _NOBODY, _WORK, Until.ALWAYS),
    "sync.WorkerGroup": Kept(
        About.SETUP, gettext_lazy("Names of the machines that work."), _WORK, Until.ALWAYS
    ),
    "sync.HashKey": Kept(
        About.SETUP,
        gettext_lazy("The encrypted key of the hashes."),
        gettext_lazy("So that a stolen database does not tell who was erased."),
        Until.ALWAYS,
    ),
    "auth.Group": Kept(About.SETUP, _NOBODY, _WORK, Until.DELETED),
    "auth.Permission": Kept(About.SETUP, _NOBODY, _WORK, Until.ALWAYS),
    "contenttypes.ContentType": Kept(About.SETUP, _NOBODY, _WORK, Until.ALWAYS),
    "django_q.Schedule": Kept(About.SETUP, _NOBODY, _WORK, Until.ALWAYS),
    "django_q.OrmQ": Kept(
        About.SETUP,
        gettext_lazy("Tasks that say “there is work”, and nobody's data."),
        _WORK,
        Until.QUEUE,
    ),
    "django_q.Task": Kept(
        About.SETUP,
        gettext_lazy("What became of such tasks: numbers and faults."),
        _WORK,
        Until.QUEUE,
    ),
}
REGISTER: dict[str, Kept] = {**_CANDIDATES, **_COLLEAGUES, **_SETUP}

# Names of the tables whose models have no `verbose_name`, since no other page shows them.
NAMES: dict[str, Words] = {
    "sync.RunProfile": gettext_lazy("profiles of a selection"),
    "sync.PurgedPush": gettext_lazy("deleted pushes"),
    "sync.DailyCount": gettext_lazy("daily counts"),
    "sync.RateState": gettext_lazy("request rates"),
    "sync.Epoch": gettext_lazy("restores of the database"),
    "cache": gettext_lazy("cache"),
}


def tables() -> Iterator[str]:
    """The labels of all models that have a table of their own, and `cache`."""
    for model in apps.get_models():
        if not model._meta.proxy and model._meta.managed:
            yield model._meta.label
    yield "cache"


def lines() -> list[Line]:
    """The register in the reader's language, in the order of REGISTER.

    Raises KeyError for a table that REGISTER does not have.
    """
    found = []
    for table in tables():
        kept = REGISTER[table]
        model: Any = None if table == "cache" else apps.get_model(table)
        columns = model._meta.concrete_fields if model and kept.about is About.CANDIDATES else ()
        line = Line(
            table=table,
            name=capfirst(str(NAMES.get(table) or model._meta.verbose_name_plural)),
            about=str(kept.about.label),
            what=str(kept.what),
            why=str(kept.why),
            until=_until_in_words(kept.until),
            fields=tuple(_column(column) for column in columns if not column.primary_key),
        )
        found.append(line)
    order = list(REGISTER)
    return sorted(found, key=lambda line: order.index(line.table))


def _until_in_words(until: Until) -> str:
    match until:
        case Until.CONTACT:
            words = _(
                "%(time)s after the last contact, or while a consent lasts; at once on request"
            )
            return words % {"time": _days(settings.RETENTION_DAYS)}
        case Until.PAYLOAD:
            words = _("excerpts: %(time)s after the push is closed; the rest as the push")
            return words % {"time": _days(settings.PAYLOAD_DAYS)}
        case Until.LOG:
            return _days(settings.AUDIT_DAYS)
        case Until.QUEUE:
            return _days(retention.QUEUE_DAYS)
        case Until.DRAFT:
            return _days(retention.DRAFT_DAYS)
        case Until.SEARCH:
            minutes = APPLICANTS_KEPT_SECONDS // 60
            return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}
        case Until.ALWAYS:
            return _("as long as this installation")
        case Until.DELETED:
            return _("until an operator deletes it")
        case Until.SESSION:
            return _("until the session ends")


def _days(count: int) -> str:
    return ngettext("%(n)d day", "%(n)d days", count) % {"n": count}


def _column(field: Any) -> str:
    """The field's `verbose_name`, or where none was given, the column's name."""
    words = str(field.verbose_name)
    return str(field.name) if words == field.name.replace("_", " ") else words
