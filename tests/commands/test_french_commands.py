"""Commands speak the language of the installation."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.management import BaseCommand, CommandError, call_command, load_command_class
from django.utils import translation

from tests import ROOT
from tests.browser.words import english_in
from tests.desk import Desk
from tests.site.language.french import back_to_english

__all__ = ["back_to_english"]
COMMANDS = sorted(path.stem for path in (ROOT / "sync/management/commands").glob("[a-z]*.py"))


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
