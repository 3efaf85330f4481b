"""Where nobody should be, and where a person is looked for all the same: the admin's own log, the
queue, messages that wait in sessions, notes of what went wrong."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.db.models import Model
from django_q.models import OrmQ, Task

from sync.models import FlatchrCompany, HrFlowSource, Run
from sync.services.privacy.personal_data import PersonalData

BLANK = "—"
MESSAGES = "_messages"
# Sentences about what went wrong: redacted when they were written, asked all the same.
NOTES: tuple[tuple[type[Model], str], ...] = (
    (Run, "reason"),
    (HrFlowSource, "last_error"),
    (FlatchrCompany, "last_error"),
)


@dataclass(frozen=True)
class Mention:
    """A row that mentions the person, in these texts."""

    row: Any
    texts: list[str]


@dataclass
class Mentions:
    log_entries: list[Mention] = field(default_factory=list)
    tasks: list[Mention] = field(default_factory=list)
    waiting_tasks: list[Mention] = field(default_factory=list)
    sessions: list[Mention] = field(default_factory=list)
    notes: list[Mention] = field(default_factory=list)

    def told(self) -> dict[str, list[str]]:
        """By kind: what the rows say of the person."""
        return {kind: [" ".join(t.texts) for t in found] for kind, found in vars(self).items()}

    def wipe(self) -> dict[str, int]:
        """Take the person out of all of them; returns how many rows of each kind."""
        for mention in self.log_entries:
            _blank_entry(mention)
        for mention in (*self.tasks, *self.waiting_tasks):
            mention.row.delete()
        for mention in self.sessions:
            _forget_messages(mention.row)
        for mention in self.notes:
            names = {name: "" for model, name in NOTES if isinstance(mention.row, model)}
            type(mention.row)._base_manager.filter(pk=mention.row.pk).update(**names)
        return {kind: len(found) for kind, found in vars(self).items()}


def find(held: PersonalData) -> Mentions:
    words = Words(held.needles())
    tasks = Task.objects.order_by("pk").iterator(chunk_size=500)
    sessions = Session.objects.order_by("pk").iterator(chunk_size=500)
    return Mentions(
        log_entries=list(_log_entries(held, words)),
        tasks=_mentioning(words, ((t, [t.args, t.kwargs, t.result, t.name]) for t in tasks)),
        # A doorbell names no person, so a waiting task that does is none of ours.
        waiting_tasks=_mentioning(words, ((q, q.task) for q in OrmQ.objects.order_by("pk"))),
        sessions=_mentioning(words, ((s, s.get_decoded().get(MESSAGES)) for s in sessions)),
        notes=_mentioning(words, _notes()),
    )


def _mentioning(words: Words, rows: Iterable[tuple[Any, Any]]) -> list[Mention]:
    mentions = (Mention(row, words.found_in(value)) for row, value in rows)
    return [mention for mention in mentions if mention.texts]


def _notes() -> Iterator[tuple[Model, str]]:
    for model, name in NOTES:
        for row in model._base_manager.exclude(**{name: ""}).order_by("pk"):
            yield row, getattr(row, name)


# --- words --------------------------------------------------------------------------------------


class Words:
    """Names, e-mails and keys, found as a whole: `a@b.fr` is neither in `x-a@b.fr` nor in
    `a@b.fr.example`, and Zoé Roux is not Zoé Roux-Petit."""

    def __init__(self, needles: Iterable[str]) -> None:
        found = "|".join(re.escape(_comparable(one)) for one in needles) or "(?!)"
        self._pattern = re.compile(rf"(?<![\w+%-])(?<!\w\.)(?:{found})(?![\w-]|\.\w)")

    def found_in(self, value: Any) -> list[str]:
        return [text for text in texts_of(value) if self._pattern.search(_comparable(text))]


def _comparable(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def texts_of(value: Any) -> Iterator[str]:
    """Every text in plain data; JSON, which spells letters in its own way, is read."""
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
    try:
        return json.loads(text) if text[:1] in ("[", "{") else text
    except (ValueError, RecursionError):
        return text


# --- the admin's own log ------------------------------------------------------------------------


def _log_entries(held: PersonalData, words: Words) -> Iterator[Mention]:
    """Entries that concern the person or mention them. A colleague may bear the name of a
    candidate: what concerns accounts stays."""
    concerned = {
        ("sync", model, str(pk))
        for model, rows in (("profile", held.profiles), ("push", held.pushes))
        for pk in rows.values_list("pk", flat=True)
    }
    entries = LogEntry.objects.exclude(content_type__app_label="auth").order_by("pk")
    for entry in entries.select_related("content_type").iterator(chunk_size=500):
        kind = entry.content_type
        about = (kind.app_label, kind.model, str(entry.object_id)) if kind else None
        said = [entry.object_repr, *_changes(entry)]
        texts = said if about in concerned else words.found_in(said)
        if texts:
            yield Mention(entry, texts)


def _changes(entry: LogEntry) -> Iterator[str]:
    """What a message says of objects: names of fields and of models are the program's own."""
    parsed = _parsed(entry.change_message)
    if not isinstance(parsed, list):
        yield entry.change_message
        return
    for change in parsed:
        for detail in change.values() if isinstance(change, Mapping) else ():
            if isinstance(detail, Mapping):
                yield str(detail.get("object") or "")


def _blank_entry(mention: Mention) -> None:
    """Only the part that mentions the person: the rest is the history of something else."""
    entry, texts = mention.row, set(mention.texts)
    if entry.object_repr in texts:
        entry.object_repr = BLANK
    if texts.intersection(_changes(entry)):
        entry.change_message = ""
    entry.save(update_fields=["object_repr", "change_message"])


# --- sessions -----------------------------------------------------------------------------------


def _forget_messages(session: Session) -> None:
    """The colleague who was to read them stays signed in."""
    data = session.get_decoded()
    data.pop(MESSAGES, None)
    Session.objects.filter(pk=session.pk).update(session_data=Session.objects.encode(data))
