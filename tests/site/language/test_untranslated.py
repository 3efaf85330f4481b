"""No sentence of the code or the templates stands outside gettext."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import ROOT
from tests.browser.words import english_in, sounds_english
from tests.site.language import prose
from tests.site.language.french import back_to_english

__all__ = ["back_to_english"]

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
        "PowerPoint Document",
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
        "a piece of work has broken the transaction",
        "its main process has ended",
        "no task was executed for too long",
        # Settings: the sentence that stops the start is for operators, as Django's own are.
        " random characters or more.",
        ", line ",
        "-----BEGIN CERTIFICATE-----",
        "give ",
        "not UTF-8 text",
        "nested too deeply",
        "\nSee docs/configuration.md.\n",
        "Wrong settings. ",
        "migrations are pending",
        "static files were not collected: run manage.py collectstatic",
        "the database does not answer",
    }
)
NAMES = frozenset({"HrFlow → Flatchr", "HTTP"})


def _modules() -> Iterator[Path]:
    for package in ("sync", "connector_site"):
        found = (ROOT / package).rglob("*.py")
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
    paths = (ROOT / "templates").rglob("*.html")
    found = {(path.name, text.strip(" ·")) for path in paths for text in prose.in_template(path)}
    assert {(name, text) for name, text in found if text not in NAMES} == set()


def test_english_without_a_translation_is_noticed_too() -> None:
    assert sounds_english("The worker is not there") and english_in(["The worker is not there"])
    assert not sounds_english("Le processus d’envoi n’est pas là : il faut le démarrer")
