"""Where the data of one person lies: rows about the person, and texts elsewhere that mention them.

`find` follows e-mails and profile keys through the tables that are about candidates.
`find_mentions` then searches the tables that should name no candidate (the admin's log, the queue,
messages waiting in sessions, notes of errors) for the person's e-mails, keys, names and phones.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.db.models import Model, Q, QuerySet
from django_q.models import OrmQ, Task

from sync.mapping.contact import addresses
from sync.models import (
    FlatchrCompany,
    HrFlowSource,
    Profile,
    Push,
    PushAttempt,
    Run,
    RunProfile,
)
from sync.models.states import WITH_INTENT

# One person has no more profiles than this in all sources together. More: a shared address.
MOST_PROFILES = 25
# A shorter word occurs in too many texts to identify a person.
SHORTEST_NEEDLE = 4
# The columns that hold e-mails, and the column of the same row that holds the profile key.
_EMAILS: tuple[tuple[type[Model], str, str], ...] = (
    (Profile, "email", "key"),
    (Push, "candidate_email", "profile_key"),
)
# Sentences about errors. They are redacted when they are written, and searched nevertheless.
_NOTES: tuple[tuple[type[Model], str], ...] = (
    (Run, "reason"),
    (HrFlowSource, "last_error"),
    (FlatchrCompany, "last_error"),
)
# The key of a session under which Django keeps the messages that wait for the next page.
_MESSAGES = "_messages"
BLANK = "—"


class SharedMarkError(Exception):
    """More than MOST_PROFILES profiles share an e-mail, so they may be several people.

    The argument is their number.
    """


# --- rows about the person ----------------------------------------------------------------------


@dataclass
class PersonalData:
    """The rows of one person. `emails` are spelled as `contact.addresses` returns them."""

    emails: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)

    @property
    def profiles(self) -> QuerySet[Profile]:
        return Profile.objects.filter(key__in=self.keys).select_related("source").order_by("pk")

    @property
    def pushes(self) -> QuerySet[Push]:
        found = Push.objects.filter(profile_key__in=self.keys)
        return found.select_related("source", "vacancy__company").order_by("pk")

    @property
    def attempts(self) -> QuerySet[PushAttempt]:
        return PushAttempt.objects.filter(push__in=self.pushes.values("pk")).order_by("pk")

    @property
    def runs(self) -> QuerySet[Run]:
        return Run.objects.filter(pk__in=self.pushes.values("run")).order_by("pk")

    @property
    def selections(self) -> QuerySet[RunProfile]:
        return RunProfile.objects.filter(profile__in=self.profiles.values("pk")).order_by("pk")

    @property
    def sent_to(self) -> list[Push]:
        """Pushes by which Flatchr has, or may have, the person: they must be erased there too."""
        there = Q(status__in=WITH_INTENT, create_started_at__isnull=False) | ~Q(applicant_id="")
        return list(self.pushes.filter(there))

    def needles(self) -> set[str]:
        """The strings by which a text would mention the person.

        Names of one word and strings under SHORTEST_NEEDLE characters are left out: they occur in
        texts about others.
        """
        names = set(self.profiles.values_list("full_name", flat=True))
        names |= set(self.pushes.values_list("candidate_name", flat=True))
        phones = set(self.pushes.values_list("candidate_phone", flat=True))
        whole = {name for name in names if len(name.split()) > 1}
        found = {*self.emails, *self.keys, *whole, *phones}
        return {one for one in found if len(one) >= SHORTEST_NEEDLE}


def find(*, email: str = "", profile_key: str = "", force: bool = False) -> PersonalData:
    """The person with this e-mail or profile key, and all their other keys and e-mails.

    Keys lead to e-mails and e-mails to keys until nothing new is found. Raises SharedMarkError
    where that leads to more than MOST_PROFILES keys; `force` takes them all.
    """
    found = PersonalData()
    emails, keys = set(addresses(email)), {profile_key.strip()} - {""}
    while emails - found.emails or keys - found.keys:
        found.emails |= emails
        found.keys |= keys
        if len(found.keys) > MOST_PROFILES and not force:
            raise SharedMarkError(len(found.keys))
        keys = _keys_of(found.emails)
        texts = set(found.profiles.values_list("email", flat=True))
        texts |= set(found.pushes.values_list("candidate_email", flat=True))
        emails = {address for text in texts for address in addresses(text)}
    return found


def _keys_of(emails: set[str]) -> set[str]:
    """The profile keys of all rows that hold one of the e-mails, alone or within a longer text.

    The database narrows the rows down by the longest ASCII part of each e-mail, since SQLite
    ignores the case of ASCII letters only; `addresses` then decides.
    """
    parts = [max(re.findall(r"[\x00-\x7f]+", email), key=len) for email in emails]
    found: set[str] = set()
    for model, email_column, key_column in _EMAILS:
        likely = (Q(**{f"{email_column}__icontains": part}) for part in parts)
        rows = model._base_manager.filter(reduce(or_, likely, Q(pk__in=[])))
        for key, text in rows.values_list(key_column, email_column):
            if not emails.isdisjoint(addresses(text)):
                found.add(key)
    return found


# --- texts that mention the person --------------------------------------------------------------


@dataclass(frozen=True)
class Mention:
    """A row, and those of its texts that mention the person."""

    row: Any
    texts: list[str]


@dataclass(frozen=True)
class Mentions:
    """By kind of row; the fields' names are the kinds of `as_texts` and `wipe`."""

    log_entries: list[Mention]
    tasks: list[Mention]
    waiting_tasks: list[Mention]
    sessions: list[Mention]
    notes: list[Mention]

    def as_texts(self) -> dict[str, list[str]]:
        """By kind: for each row, the texts that mention the person, joined."""
        return {kind: [" ".join(m.texts) for m in found] for kind, found in vars(self).items()}

    def wipe(self) -> dict[str, int]:
        """Remove the person from all these rows; returns the number of rows of each kind."""
        for mention in self.log_entries:
            # Only the part that mentions the person: the rest is the history of something else.
            entry, texts = mention.row, set(mention.texts)
            if entry.object_repr in texts:
                entry.object_repr = BLANK
            if texts.intersection(_changed_objects(entry)):
                entry.change_message = ""
            entry.save(update_fields=["object_repr", "change_message"])
        for mention in (*self.tasks, *self.waiting_tasks):
            mention.row.delete()
        for mention in self.sessions:
            # Only the messages: the colleague who was to read them stays signed in.
            data = mention.row.get_decoded()
            data.pop(_MESSAGES, None)
            encoded = Session.objects.encode(data)
            Session.objects.filter(pk=mention.row.pk).update(session_data=encoded)
        for mention in self.notes:
            names = {name: "" for model, name in _NOTES if isinstance(mention.row, model)}
            type(mention.row)._base_manager.filter(pk=mention.row.pk).update(**names)
        return {kind: len(found) for kind, found in vars(self).items()}


def find_mentions(held: PersonalData) -> Mentions:
    """All rows of the tables that should name no candidate and mention this one."""
    words = Words(held.needles())
    tasks = Task.objects.order_by("pk").iterator(chunk_size=500)
    sessions = Session.objects.order_by("pk").iterator(chunk_size=500)
    notes = (
        (row, getattr(row, name))
        for model, name in _NOTES
        for row in model._base_manager.exclude(**{name: ""}).order_by("pk")
    )
    return Mentions(
        log_entries=list(_log_entries(held, words)),
        tasks=_mentioning(words, ((t, [t.args, t.kwargs, t.result, t.name]) for t in tasks)),
        # This app's tasks carry no names: a waiting task that mentions the person is another's.
        waiting_tasks=_mentioning(words, ((q, q.task) for q in OrmQ.objects.order_by("pk"))),
        sessions=_mentioning(words, ((s, s.get_decoded().get(_MESSAGES)) for s in sessions)),
        notes=_mentioning(words, notes),
    )


def _mentioning(words: Words, rows: Iterable[tuple[Any, Any]]) -> list[Mention]:
    mentions = (Mention(row, words.found_in(value)) for row, value in rows)
    return [mention for mention in mentions if mention.texts]


def _log_entries(held: PersonalData, words: Words) -> Iterator[Mention]:
    """The admin's log entries about the person's rows, or that mention the person.

    Entries about accounts are left out: a colleague may have the name of a candidate.
    """
    about_person = {
        ("sync", model, str(pk))
        for model, rows in (("profile", held.profiles), ("push", held.pushes))
        for pk in rows.values_list("pk", flat=True)
    }
    entries = LogEntry.objects.exclude(content_type__app_label="auth").order_by("pk")
    for entry in entries.select_related("content_type").iterator(chunk_size=500):
        kind = entry.content_type
        about = (kind.app_label, kind.model, str(entry.object_id)) if kind else None
        texts = [entry.object_repr, *_changed_objects(entry)]
        if about not in about_person:
            texts = words.found_in(texts)
        if texts:
            yield Mention(entry, texts)


def _changed_objects(entry: LogEntry) -> Iterator[str]:
    """The objects that a change message names; its other words are names of fields and models.

    https://docs.djangoproject.com/en/5.2/ref/contrib/admin/#logentry-objects: JSON, in older
    entries a sentence.
    """
    changes = _parsed(entry.change_message)
    if not isinstance(changes, list):
        yield entry.change_message
        return
    for change in changes:
        for detail in change.values() if isinstance(change, Mapping) else ():
            if isinstance(detail, Mapping):
                yield str(detail.get("object") or "")


class Words:
    """Names, e-mails and keys, searched for as whole words: `a@b.fr` is found neither in
    `x-a@b.fr` nor in `a@b.fr.example`, and Zoé Roux not in Zoé Roux-Petit."""

    def __init__(self, needles: Iterable[str]) -> None:
        found = "|".join(re.escape(_comparable(one)) for one in needles) or "(?!)"
        self._pattern = re.compile(rf"(?<![\w+%-])(?<!\w\.)(?:{found})(?![\w-]|\.\w)")

    def found_in(self, value: Any) -> list[str]:
        """Those texts of `value` that hold one of the words."""
        return [text for text in texts_of(value) if self._pattern.search(_comparable(text))]


def _comparable(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def texts_of(value: Any) -> Iterator[str]:
    """Every text in plain data. A text that is JSON is parsed, since JSON escapes letters."""
    if isinstance(value, Mapping):
        value = [*value.keys(), *value.values()]
    if isinstance(value, str):
        parsed = _parsed(value)
        yield from [value] if isinstance(parsed, str) else texts_of(parsed)
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            yield from texts_of(item)
    elif value is not None:
        yield str(value)


def _parsed(text: str) -> Any:
    """A JSON array or object as data; any other text as it is."""
    try:
        return json.loads(text) if text[:1] in ("[", "{") else text
    except (ValueError, RecursionError):
        return text
