"""What is shown before a push is what is sent, or else a person is told."""

from __future__ import annotations

import json

import pytest

from sync.admin.history.push_page import timeline
from sync.models import Profile, Push, Run
from sync.models.states import PushStatus
from sync.services.intake.profiles import import_profiles
from sync.services.preparing import identity
from sync.services.preparing.identity import Shown, changes
from sync.services.selection import drafts, live_profile, preview
from sync.vocabulary import ErrorCode
from tests.admin.push.profile_pages import PERMISSIONS, make_profile
from tests.admin.push.push_flow import begin, choose, desk, url
from tests.cases import Case
from tests.cases.people import dropped_emails, shown
from tests.conftest import World
from tests.desk import Desk, client_of, make_user, text_of
from tests.pushing import add_person, finish

pytestmark = pytest.mark.django_db
__all__ = ["desk"]
S = PushStatus


@pytest.mark.parametrize("case", shown.CASES, ids=str)
def test_what_has_changed_of_a_person(case: Case) -> None:
    before, now = (
        Shown.of_profile({"info": {"full_name": name, "email": email}})
        for name, email in case.input
    )
    found = changes(before, now)
    held = identity.NAME in found and identity.EMAIL in found
    assert case.right == ("held" if held else "told" if found else "same")


@pytest.mark.parametrize("case", dropped_emails.CASES, ids=str)
def test_an_email_that_is_not_sent_is_warned_of(case: Case, desk: Desk) -> None:
    email = case.input.lower()
    run = begin(desk, make_profile(desk.source, "Zoé Riou", email=email))
    choose(desk, run)
    page = text_of(desk.client.get(url("draft", run)))
    assert ("no valid address" in page) is case.right
    assert ("e-mail not valid" in page) is case.right
    assert drafts.counts(run).dropped_email == case.right


def selection(world: World, key: str) -> tuple[Run, Profile]:
    import_profiles(world.source)
    user = make_user("recruiter", *PERMISSIONS, company=world.company)
    profile = Profile.objects.get(key=key)
    chosen = Profile.objects.filter(pk=profile.pk)
    return drafts.begin(chosen, user=user, vacancy=world.vacancy()), profile


def change(world: World, key: str, full_name: str, email: str) -> None:
    first, last = full_name.split(" ", 1)
    names = {"first_name": first, "last_name": last, "full_name": full_name}
    found = world.sandbox.change_profile(key)["info"]
    world.sandbox.change_profile(key, info={**found, **names, "email": email})


def confirm(run: Run, world: World) -> Push:
    [made] = drafts.confirm(run, user=run.requested_by)  # type: ignore[arg-type]
    finish(world)
    return made.run.pushes.get()


def test_a_name_that_changed_since_is_sent_and_told(world: World) -> None:
    key = add_person(world, "Zoé", "Riou", email="zoe@example.org")
    run, _profile = selection(world, key)
    change(world, key, "Zoé Riou-Petit", "zoe@example.org")
    push = confirm(run, world)
    assert (push.status, push.candidate_name) == (S.SUCCEEDED, "Zoé Riou-Petit")
    told = [step.message for entry in timeline(push, payload=False) for step in entry.steps]
    assert "The profile has changed since it was confirmed: another name." in told


def test_another_person_is_held_until_somebody_has_looked(world: World) -> None:
    key = add_person(world, "Zoé", "Riou", email="zoe@example.org")
    run, profile = selection(world, key)
    change(world, key, "Marc Petit", "marc@example.org")
    push = confirm(run, world)
    assert (push.status, push.error_code) == (S.FAILED, ErrorCode.IDENTITY_CHANGED)
    assert world.sandbox.received() == []
    push.retry(None)
    finish(world)
    push.refresh_from_db()
    assert push.error_code == ErrorCode.IDENTITY_CHANGED, "a retry shows nobody who it is"
    live_profile.read_profile(profile)
    user = run.requested_by
    assert user is not None
    again = drafts.begin(Profile.objects.filter(pk=profile.pk), user=user, vacancy=world.vacancy())
    assert drafts.rows(again).get().profile.full_name == "Marc Petit"
    assert confirm(again, world).status == S.SUCCEEDED
    assert [one["lastname"] for one in world.sandbox.received()] == ["Petit"]


def test_the_preview_tells_what_the_list_did_not_show_and_what_is_left_out(world: World) -> None:
    key = add_person(world, "Zoé", "Riou", email="zoe@example.org")
    run, profile = selection(world, key)
    change(world, key, "Zoé Petit", "zoe.@example.org")
    found = preview.exact(run, profile)
    assert len(found.warnings) == 3
    assert "no valid address" in found.warnings[-1]
    assert "email" not in json.loads(found.body)
    # What was shown is what is confirmed.
    assert confirm(run, world).status == S.SUCCEEDED


def test_answers_are_part_of_exactly_what_will_be_sent(world: World) -> None:
    key = add_person(world, "Zoé", "Riou", email="zoe@example.org")
    run, profile = selection(world, key)
    assert run.vacancy is not None and run.requested_by is not None
    run.vacancy.questions = [{"text": "Permis B ?", "required": True, "options": []}]
    run.vacancy.save()
    answers = [{"question": "Permis B ?", "value": "oui"}]
    body = json.loads(preview.exact(run, profile, answers).body)
    assert body["answers"] == answers
    client = client_of(run.requested_by)
    page = client.post(url("exact", run, profile.pk), {"question_0": "bien sûr"})
    assert "bien sûr" in text_of(page)
    assert "as you give them" not in text_of(page)
    assert "as you give them" in text_of(client.get(url("exact", run, profile.pk)))
    assert world.sandbox.received() == []
