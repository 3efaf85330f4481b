"""What people read is in their language: on pages, in exports, in the shell, and in what a worker
of another language has written."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import (
    BaseCommand,
    CommandError,
    call_command,
    load_command_class,
)
from django.utils import translation

from sync.clients.http import _checked_base
from sync.clients.transport import Failure
from sync.exceptions import (
    ConfigurationError,
    FormattingError,
    PermanentError,
    RetryableError,
    SecretUnreadableError,
    ToldError,
)
from sync.fields import decrypt
from sync.models import Action, AuditEntry, FlatchrCompany, HrFlowSource, Push, PushAttempt
from sync.services import audit, audit_words, exports, holdings, purging, schedules, traces
from sync.services.roles import ROLES
from sync.vocabulary import ErrorCode, told
from tests import prose
from tests.browser.words import english_in, sounds_english
from tests.desk import Desk, S, client_of

FRENCH = {"Accept-Language": "fr"}
COMMANDS = sorted(path.stem for path in (prose.ROOT / "sync/management/commands").glob("[a-z]*.py"))
# SQL, HTTP, words of the peers, and what only machines and logs are told.
NOT_FOR_PEOPLE = frozenset(
    {
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;"
        "PRAGMA cache_size=-16000; PRAGMA temp_store=MEMORY; PRAGMA mmap_size=134217728;",
        "PRAGMA wal_checkpoint(TRUNCATE)",
        "VACUUM ",
        "INSERT INTO ",
        " (run_id, profile_id, excluded) ",
        "DELETE FROM ",
        "UPDATE ",
        " SET ",
        " WHERE id = %s",
        "private, no-store",
        "application/json, text/plain;q=0.9, */*;q=0.1",
        "gzip, deflate",
        "Bearer ",
        "mono vLargeTextField",
        "rate limited",
        "not found",
        "unable to find object",
        "united states",
        "united kingdom",
        "non renseigne",
        "not specified",
        "VARIATION SELECTOR",
        "HrFlow ",
        "Flatchr ",
        "CV ",
        " characters>",
        " bytes>",
        " bytes, ",
        " and ",
        "missing: ",
        "unknown: ",
        "no claim",
        "add user",
        "a piece of work has spoilt the transaction",
        "its main process has ended",
        "no task was executed for too long",
        "migrations are pending",
        "the database does not answer",
    }
)
NAMES = frozenset({"HrFlow → Flatchr", "HTTP"})


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    """A page in French leaves its thread French, which is that of the test."""
    with translation.override("en"):
        yield


@pytest.fixture
def boss(db: None) -> Any:
    return client_of(User.objects.create_superuser("boss", "boss@example.com"))


def page(client: Any, path: str) -> str:
    """Its words, one element a line, in French."""
    response = client.get(path, headers=FRENCH)
    assert response.status_code == 200
    text = response.content.decode()
    html = re.sub(r"<(script|style|svg|pre|code)\b.*?</\1>", "", text, flags=re.S)
    return re.sub(r"\s*<[^>]*>\s*", "\n", html).replace("&#x27;", "'")


def left_in_english(texts: Iterable[str]) -> list[str]:
    return english_in(text for text in texts if text != "recruiter")  # a user name of the tests


def french(error: ToldError) -> str:
    with translation.override("fr"):
        return str(error)


# --- the code -----------------------------------------------------------------------------------


def _modules() -> Iterator[Path]:
    for package in ("sync", "connector_site"):
        found = (prose.ROOT / package).rglob("*.py")
        yield from (path for path in found if "migrations" not in path.parts)


def test_no_sentence_of_the_code_stands_outside_gettext() -> None:
    found = {(path.name, text) for path in _modules() for text in prose.in_code(path)}
    assert {(name, text) for name, text in found if text not in NOT_FOR_PEOPLE} == set()


@pytest.mark.parametrize(
    "line",
    [
        'raise ConfigurationError("the key is missing")',
        'raise CommandError(f"No source is named {name}.")',
        'messages.error(request, "It failed again.")',
        'parser.add_argument("--all", help="every one")',
        'words = f"{account} is paused"',
    ],
)
def test_such_a_sentence_would_be_found(line: str, tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text(line)
    assert list(prose.in_code(tmp_path / "module.py"))


def test_no_word_of_a_template_stands_outside_translate() -> None:
    paths = (prose.ROOT / "templates").rglob("*.html")
    found = {(path.name, text.strip(" ·")) for path in paths for text in prose.in_template(path)}
    assert {(name, text) for name, text in found if text not in NAMES} == set()


def test_english_without_a_translation_is_noticed_too() -> None:
    assert sounds_english("The worker is not there") and english_in(["The worker is not there"])
    assert not sounds_english("Le processus d’envoi n’est pas là : il faut le démarrer")


# --- errors -------------------------------------------------------------------------------------


def _errors() -> Iterator[ToldError]:
    yield from (PermanentError(code) for code in ErrorCode)
    yield FormattingError("firstname", "Flatchr wants a name with at least one Latin letter.")
    yield PermanentError(
        ErrorCode.RESUME_FORBIDDEN_ADDRESS, problem="port %(port)s is not allowed", port=8080
    )
    yield RetryableError(ErrorCode.HRFLOW_FAULT, http_status=503)
    for act in (lambda: decrypt("nonsense"), lambda: _checked_base("ftp://example.com")):
        with pytest.raises(ConfigurationError) as caught:
            act()
        yield caught.value


def test_every_error_is_told_in_french() -> None:
    assert english_in(map(french, _errors())) == []


def test_an_error_of_the_set_up_is_told_with_what_is_wrong() -> None:
    with pytest.raises(ConfigurationError) as caught:
        _checked_base("http://api.example.com/path")
    assert str(caught.value).startswith("http://api.example.com cannot be used")
    assert french(caught.value).startswith("http://api.example.com ne peut pas servir")


def test_the_problem_within_a_sentence_is_in_its_language_with_its_values() -> None:
    error = next(e for e in _errors() if "port" in e.params)
    assert "port 8080 is not allowed" in str(error)
    assert "le port 8080 n’est pas autorisé" in french(error)


# --- what rows keep -----------------------------------------------------------------------------


def test_a_note_that_an_english_worker_wrote_is_read_in_french() -> None:
    for error in _errors():
        note = error.note
        assert told(note) == str(error)
        with translation.override("fr"):
            assert told(note) == french(error)


def test_a_note_fits_its_column_whatever_the_answer() -> None:
    for answer in ("é" * 5000, '"' * 5000, "\0" * 5000):
        error = PermanentError(ErrorCode.HRFLOW_REJECTED, http_status=400, answer=answer)
        assert len(error.note) <= 500
        assert told(error.note).startswith("HrFlow refused the request (HTTP 400)")


@pytest.mark.parametrize(
    "text", ["", "HrFlow could not be reached.", "5", "null", '["a"]', "[1, 2]", "[]", "100% of it"]
)
def test_a_sentence_kept_before_there_were_notes_stands_for_itself(text: str) -> None:
    assert told(text) == text


def test_what_went_wrong_is_shown_in_french_though_the_worker_writes_english(boss: Any) -> None:
    desk = Desk()
    fault = RetryableError(ErrorCode.HRFLOW_FAULT, http_status=503)
    HrFlowSource.objects.update(last_error=fault.note)
    FlatchrCompany.objects.update(last_error=PermanentError(ErrorCode.FLATCHR_UNREACHABLE).note)
    run = desk.run(reason=SecretUnreadableError("A stored secret").note)
    push = desk.push(S.SUCCEEDED, enrichment_status="failed", enrichment_error=fault.note)
    step = {"stage": "enrich", "outcome": "failed", "message": str(fault), "note": fault.note}
    cut = {"service": "hrflow", "method": "GET", "answer_excerpt": Failure.CUT.value}
    PushAttempt.objects.create(
        push=push, number=1, stage="enrich", outcome="failed", steps=[{**step, "exchanges": [cut]}]
    )
    paths = [
        "/admin/",
        f"/admin/sync/hrflowsource/{desk.source.pk}/change/",
        f"/admin/sync/flatchrcompany/{desk.company.pk}/change/",
        f"/admin/sync/run/{run.pk}/change/",
        f"/admin/sync/push/{push.pk}/change/",
    ]
    pages = {path: page(boss, path) for path in paths}
    assert [left_in_english(text.split("\n")) for text in pages.values()] == [[]] * len(paths)
    assert pages[paths[-1]].count("HrFlow a répondu par une erreur (HTTP 503).") == 2
    assert "HrFlow a répondu" in pages[paths[0]] and "Flatchr est injoignable" in pages[paths[0]]
    assert "Flatchr est injoignable" in pages[paths[2]]
    quoted = boss.get(paths[-1], headers=FRENCH).content.decode()
    assert "la réponse s’est interrompue" in quoted


# --- roles --------------------------------------------------------------------------------------


def test_roles_are_shown_in_french_wherever_the_admin_shows_them(boss: Any) -> None:
    group = Group.objects.get(name="Team lead")
    person = User.objects.create_user("camille")
    for path in (
        "/admin/auth/group/",
        "/admin/auth/user/",
        f"/admin/auth/user/{person.pk}/change/",
        f"/admin/auth/group/{group.pk}/change/",
        f"/admin/auth/group/{group.pk}/delete/",
        f"/admin/auth/group/{group.pk}/history/",
    ):
        text = page(boss, path)
        assert "Chef d’équipe" in text, path
        assert not [name for name in ROLES if name in text.split("\n")], path


def test_a_role_keeps_the_name_it_is_known_by(boss: Any) -> None:
    group = Group.objects.get(name="Operator")
    boss.post(f"/admin/auth/group/{group.pk}/change/", {"name": "Boss"}, headers=FRENCH)
    group.refresh_from_db()
    assert group.name == "Operator"
    own = Group.objects.create(name="Interns")
    boss.post(f"/admin/auth/group/{own.pk}/change/", {"name": "Stagiaires"}, headers=FRENCH)
    own.refresh_from_db()
    assert (own.name, str(own)) == ("Stagiaires", "Stagiaires")


# --- the audit log ------------------------------------------------------------------------------


def _entries(desk: Desk) -> None:
    """One of every kind that has details, as services write them."""
    push = desk.push(S.UNCONFIRMED)
    for decision in audit_words.DECISIONS:
        audit.record(desk.user, Action.DECIDE, push, details={"decision": decision})
    audit.record(desk.user, Action.CREDENTIALS, desk.company, details={"field": "auth"})
    audit.record(
        desk.user, Action.ACCESS, desk.user, details={"is_staff": True, "is_active": False}
    )
    audit.record(desk.user, Action.ACCESS, desk.user, details={"add user": [desk.user.pk]})
    audit.record(None, Action.PURGE, details=dict.fromkeys(audit_words.COUNTED, 2))
    group = Group.objects.get(name="Auditor")
    for change in ("add permission", "remove user", "clear flatchrcompany"):
        details = {change: [3, 4]}
        audit.record(desk.user, Action.ACCESS, group, label=group.name, details=details)
    with translation.override("en"):
        list(exports.push_lines(Push.objects.all()))


def test_the_audit_log_is_read_and_exported_in_french(boss: Any) -> None:
    AuditEntry.objects.all()._raw_delete("default")
    _entries(Desk())
    log = page(boss, "/admin/sync/auditentry/")
    export = boss.get("/admin/sync/auditentry/export/", headers=FRENCH)
    lines = b"".join(export).decode().splitlines()
    cells = [cell.strip('"') for line in lines for cell in re.split("[;,]", line)]
    for texts in (log.split("\n"), cells):
        pairs = [part.strip() for text in texts for part in re.split(r",|\xa0: ?", text)]
        assert left_in_english([*texts, *pairs]) == []
        assert {"Auditeur", "(ligne de commande)", "Envois"} <= set(texts)
    for words in (
        "clé API",
        "ajout (permissions)\xa0: 3, 4",
        "retrait (utilisateurs)\xa0: 3, 4",
        "envois\xa0: 2",
        "Décision\xa0: présent dans Flatchr",
    ):
        assert words in log, words


def test_an_entry_is_read_in_french_on_its_page_too(boss: Any) -> None:
    _entries(Desk())
    for entry in AuditEntry.objects.all():
        text = page(boss, f"/admin/sync/auditentry/{entry.pk}/change/")
        assert left_in_english(text.split("\n")) == []


def test_an_entry_of_any_age_can_be_read(boss: Any) -> None:
    audit.record(None, Action.PURGE, label="as it was", details={"gone things": 3, "x": [1, "a"]})
    text = page(boss, "/admin/sync/auditentry/")
    for words in ("gone things\xa0: 3", "x\xa0: 1, a", "as it was"):  # PostgreSQL sorts the keys
        assert words in text


@pytest.mark.django_db
def test_whatever_is_counted_has_words() -> None:
    until, nobody = purging.limits(), holdings.find(email="nobody@example.org")
    keys = {*purging._purge_people(until), *purging._purge_rest(until), *purging._count(until)}
    keys |= {*traces.find(nobody).wipe(), "pushes", "attempts", "selections", "undecided"}
    assert keys | {"payloads", "reasons", "returned"} <= set(audit_words.COUNTED)


def test_every_schedule_of_ours_has_a_name_for_people() -> None:
    assert set(schedules.NAMES) == set(schedules.SCHEDULES)


# --- the shell ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_is_in_the_language_of_the_installation(name: str) -> None:
    english = _help(name)
    with translation.override("fr"):
        assert english and not english & _help(name)


def _help(name: str) -> set[str]:
    """What it says of itself, without what Django says of every command."""
    parser = load_command_class("sync", name).create_parser("manage.py", name)
    django = {one.help for one in BaseCommand().create_parser("manage.py", name)._actions}
    return {str(parser.description), *(str(one.help) for one in parser._actions)} - django


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["import_profiles", "--source", "x"], "Aucune source HrFlow ne porte le nom «\xa0x\xa0»"),
        (["sync_vacancies", "--company", "x"], "Noms connus\xa0: aucun."),
        (["push", "--source", "Salon", "--vacancy", "x", "--all"], "Aucune offre n’a"),
        (["check_connections"], "Rien n’est encore configuré"),
        (["purge"], "rien à purger"),
        (["recover"], "Envois remis en attente\xa0: 0"),
        (["rotate_secrets"], "secret chiffré à nouveau"),
    ],
)
def test_a_command_speaks_the_language_of_the_installation(words: list[str], said: str) -> None:
    if "Salon" in words:
        Desk()
    out = io.StringIO()
    with translation.override("fr"):
        try:
            call_command(*words, stdout=out)
        except (CommandError, SystemExit) as error:
            out.write(str(error))
    assert said in out.getvalue()
    assert english_in(out.getvalue().splitlines()) == []


@pytest.mark.django_db
def test_a_purge_names_what_goes_in_french(settings: Any) -> None:
    run = Desk().run(status="draft")
    type(run).objects.update(created_at="2020-01-01T00:00Z")
    out = io.StringIO()
    with translation.override("fr"):
        call_command("purge", "--dry-run", stdout=out)
    assert out.getvalue().strip() == "À supprimer\xa0: brouillons\xa0: 1"
