"""Whoever was erased is neither imported nor pushed again."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from sync.models import Profile, Push
from sync.models.states import PushStatus
from sync.services.intake.profiles import import_profiles
from sync.services.privacy import suppression
from sync.services.privacy.database_files import truncate_wal
from sync.services.privacy.erasure import erase_candidate
from sync.services.pushing.command import queue
from sync.vocabulary import ErrorCode
from tests.conftest import World
from tests.desk import make_user
from tests.dumps import dump, found_in
from tests.pushing import people
from tests.services.privacy.erasing import EMAIL, MARKS, NAME, add_zoe

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_import_does_not_bring_an_erased_person_back(world: World) -> None:
    key = add_zoe(world)
    erase_candidate(email=EMAIL)
    duplicate = add_zoe(world, first_name="Zoë")
    found = import_profiles(world.source, full=True)
    assert found.erased == 2
    assert not Profile.objects.filter(key__in=[key, duplicate]).exists()
    assert found_in(dump(), EMAIL, key, duplicate) == []


def test_dispatch_makes_no_push_for_an_erased_person_and_says_so(world: World) -> None:
    key = add_zoe(world)
    import_profiles(world.source)
    erase_candidate(email=EMAIL)
    done = world.dispatch(key)
    assert (done.created, done.erased, done.blocked) == (0, [key], [])
    report = queue(world.source, world.vacancy(), [key])
    assert not report.is_success
    assert [(line.key, line.code) for line in report.pushes] == [(key, ErrorCode.PERSON_ERASED)]
    assert people(world)[NAME] == 0


def test_a_new_profile_with_an_erased_e_mail_is_stopped_before_it_is_sent(world: World) -> None:
    add_zoe(world)
    erase_candidate(email=EMAIL)
    again = add_zoe(world)
    push = world.push(again)
    assert (push.status, push.error_code) == (PushStatus.FAILED, ErrorCode.PERSON_ERASED)
    assert world.sandbox.received() == []
    assert push.profile_key.startswith(suppression.ERASED_KEY)
    truncate_wal()
    assert found_in(dump(), *MARKS, again) == []
    push.retry(make_user("retrier"))
    world.work()
    push.refresh_from_db()
    assert (push.status, push.error_code) == (PushStatus.FAILED, ErrorCode.PERSON_ERASED)
    assert world.sandbox.received() == []


def test_a_push_on_its_way_sends_nothing_once_its_person_is_erased(world: World) -> None:
    key = add_zoe(world)
    import_profiles(world.source)
    world.dispatch(key)
    claimed = Push.objects.claim(1)
    erase_candidate(email=EMAIL)
    from sync.services.pushing.transfer import transfer
    from sync.services.queue.writer import DirectWriter
    from sync.services.reconciling.existing_applicants import ExistingApplicants

    writer = DirectWriter()
    transfer(claimed[0], writer, ExistingApplicants(writer))
    assert world.sandbox.received() == []
    assert Push.objects.count() == 0


def test_an_erased_person_who_returns_without_a_cv_leaves_no_key_behind(world: World) -> None:
    """The push fails before anybody asks whether the person may be sent."""
    world.push(add_zoe(world))
    erase_candidate(email=EMAIL)
    info = {"first_name": "Zoé", "last_name": "Q", "full_name": "Zoé Q", "email": EMAIL}
    key = world.sandbox.add_profile(info=info, attachments=[])
    push = world.push(key)
    assert (push.status, push.error_code) == (PushStatus.FAILED, ErrorCode.RESUME_MISSING)
    assert suppression.is_placeholder(push.profile_key)
    assert (push.candidate_email, push.tries.get().steps) == ("", [])


def test_hashes_survive_a_change_of_keys_and_stop_all_without_any(
    world: World, settings: Any
) -> None:
    key = add_zoe(world)
    import_profiles(world.source)
    erase_candidate(email=EMAIL)
    former = list(settings.FIELD_ENCRYPTION_KEYS)
    settings.FIELD_ENCRYPTION_KEYS = ["n" * 40, *former]
    call_command("rotate_secrets", stdout=StringIO())
    settings.FIELD_ENCRYPTION_KEYS = ["n" * 40]
    assert suppression.is_erased(profile_key=key)
    assert suppression.is_erased(EMAIL.upper())
    assert not suppression.is_erased("somebody@else.example", "k")
    settings.FIELD_ENCRYPTION_KEYS = ["x" * 40]
    suppression._opened.cache_clear()
    with pytest.raises(Exception, match="cannot be decrypted"):
        suppression.is_erased(profile_key=key)


def test_where_nobody_was_erased_no_hash_is_made(
    world: World, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(1) as context:
        assert suppression.erased_keys({f"k{n}": f"{n}@example.com" for n in range(400)}) == set()
    assert "hashkey" not in str(context.captured_queries)
