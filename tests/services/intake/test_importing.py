"""The index of profiles follows HrFlow, whose lists shift and cannot be filtered by time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from sync.clients.hrflow import HrFlowClient
from sync.exceptions import CredentialsError, RetryableError, SecretUnreadableError
from sync.models import HrFlowSource, Profile
from sync.services.intake import profiles
from sync.services.intake.profiles import ImportRunningError, ImportStoppedError, import_profiles
from sync.services.peers import profile_pages
from sync.services.queue import shutdown
from tests.conftest import World
from tests.pushing import fault

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_retention(settings: Any) -> None:
    """The sandbox's profiles have fixed dates; what is too old to be kept is tested elsewhere."""
    settings.RETENTION_DAYS = 36_500


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profile_pages, "PAGE", 20)


def source(world: World) -> HrFlowSource:
    return HrFlowSource.objects.get(pk=world.bulk.pk)


def lists(world: World) -> int:
    return world.sandbox.requests().get("list", 0)


def soon(seconds: float = 1) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S+0000")


def test_the_first_import_takes_all(world: World) -> None:
    found = import_profiles(world.bulk)
    assert (found.created, found.updated, found.gone, found.full) == (60, 0, 0, True)
    assert Profile.objects.filter(source=world.bulk).count() == 60
    row = source(world)
    assert row.imported_at and row.swept_at and row.import_cursor
    assert (row.import_beat_at, row.import_done, row.import_total) == (None, 60, 60)


def test_a_profile_is_what_hrflow_says_of_it(world: World) -> None:
    key = world.sandbox.add_profile(
        "bulk", info={"full_name": "Zoé Riou", "email": "zoe@example.org"}, reference="REF-1"
    )
    import_profiles(world.bulk)
    profile = Profile.objects.get(key=key)
    assert (profile.full_name, profile.email) == ("Zoé Riou", "zoe@example.org")
    assert (profile.reference, profile.has_resume) == ("REF-1", True)
    assert profile.remote_updated_at and profile.seen_at and profile.headline


def test_a_source_full_of_trouble_is_imported_whole(world: World) -> None:
    found = import_profiles(world.source)
    assert found.created == 60
    assert Profile.objects.get(key=world.key("no_resume")).has_resume is False


def test_an_incremental_import_stops_where_the_last_one_was(world: World) -> None:
    import_profiles(world.bulk)
    new = world.sandbox.add_profile("bulk")
    changed = world.keys(30)[25]
    world.sandbox.change_profile(changed, "bulk", info={"full_name": "Changée Depuis"})
    before = lists(world)
    found = import_profiles(source(world))
    assert (found.created, found.updated, found.full) == (1, 1, False)
    assert lists(world) - before == 1, "not all the pages again"
    assert Profile.objects.filter(key=new).exists()
    assert Profile.objects.get(key=changed).full_name == "Changée Depuis"


def test_nothing_new_changes_nothing(world: World) -> None:
    import_profiles(world.bulk)
    cursor = source(world).import_cursor
    found = import_profiles(source(world))
    assert (found.created, found.updated, found.gone) == (0, 0, 0)
    assert source(world).import_cursor == cursor


def test_what_changed_just_before_the_cursor_is_not_missed(world: World) -> None:
    """Two updates of one moment may straddle two imports: they overlap."""
    world.sandbox.add_profile("bulk", updated_at=soon(0))
    import_profiles(world.bulk)
    late = world.sandbox.add_profile("bulk", updated_at=soon(-60))
    import_profiles(source(world))
    assert Profile.objects.filter(key=late).exists()


def test_a_full_sweep_comes_once_a_day_and_on_demand(world: World) -> None:
    import_profiles(world.bulk)
    assert import_profiles(source(world)).full is False
    assert import_profiles(source(world), full=True).full is True
    HrFlowSource.objects.update(swept_at=Now() - timedelta(hours=25))
    assert import_profiles(source(world)).full is True


def test_a_full_sweep_finds_what_was_deleted(world: World) -> None:
    import_profiles(world.bulk)
    gone = world.keys(10)[7]
    world.sandbox.delete_profile(gone, "bulk")
    assert import_profiles(source(world)).gone == 0, "an increment cannot know"
    found = import_profiles(source(world), full=True)
    assert found.gone == 1
    assert Profile.objects.get(key=gone).archived_at
    assert Profile.objects.filter(source=world.bulk).present().count() == 59
    assert import_profiles(source(world), full=True).gone == 0, "and is not found gone again"


def test_asking_for_who_is_gone_shows_life_and_stops_when_asked(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_profiles(world.bulk)
    for key in world.keys(3):
        world.sandbox.delete_profile(key, "bulk")
    beats: list[bool] = []
    read = HrFlowClient.read_profile

    def slowly(client: HrFlowClient, *args: str) -> Any:
        beats.append(source(world).is_importing)
        HrFlowSource.objects.update(import_beat_at=Now() - timedelta(minutes=6))
        if len(beats) == 2:
            shutdown.requested.set()
        return read(client, *args)

    monkeypatch.setattr(HrFlowClient, "read_profile", slowly)
    try:
        with pytest.raises(ImportStoppedError):
            import_profiles(source(world), full=True)
    finally:
        shutdown.requested.clear()
    assert beats == [True, True]
    assert import_profiles(source(world), full=True).gone == 1, "the other two stay gone"


def test_a_profile_from_the_future_does_not_take_the_cursor_there(world: World) -> None:
    world.sandbox.add_profile("bulk", updated_at="2099-01-01T00:00:00+00:00")
    import_profiles(world.bulk)
    cursor = source(world).import_cursor
    assert cursor and cursor <= timezone.now()


def test_a_date_without_a_zone_is_read(world: World) -> None:
    key = world.sandbox.add_profile("bulk", updated_at="2024-01-01T00:00:00")
    assert import_profiles(world.bulk).created == 61
    assert Profile.objects.get(key=key).remote_updated_at


def test_a_key_that_is_too_long_is_left_out(world: World) -> None:
    world.sandbox.add_profile("bulk", key="k" * 65)
    assert import_profiles(world.bulk).created == 60


def test_what_hrflow_archived_is_gone(world: World) -> None:
    import_profiles(world.bulk)
    archived = world.keys(3)[1]
    world.sandbox.archive_profile(archived, "bulk")
    import_profiles(source(world))
    assert Profile.objects.get(key=archived).archived_at
    assert not Profile.objects.present().filter(key=archived).exists()


def test_what_a_shifted_page_hid_is_asked_for_before_it_is_called_gone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A deletion during the walk moves the next page up by one: somebody is on no page."""
    import_profiles(world.bulk)
    first_page = world.keys(20)
    walk = profiles.pages

    def pages(client: Any, key: str) -> Any:
        for number, page in enumerate(walk(client, key)):
            yield page
            if number == 0:
                world.sandbox.delete_profile(first_page[3], "bulk")

    monkeypatch.setattr(profiles, "pages", pages)
    found = import_profiles(source(world), full=True)
    assert len(found.seen) == 59, "one of the living was on no page"
    assert found.gone == 0
    assert Profile.objects.present().filter(source=world.bulk).count() == 60
    monkeypatch.undo()
    assert import_profiles(source(world), full=True).gone == 1


def test_a_profile_that_moves_to_the_front_is_counted_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    walk = profiles.pages
    last = world.keys(60)[59]

    def pages(client: Any, key: str) -> Any:
        for number, page in enumerate(walk(client, key)):
            yield page
            if number == 0:
                world.sandbox.change_profile(last, "bulk", updated_at=soon())

    monkeypatch.setattr(profiles, "pages", pages)
    found = import_profiles(world.bulk)
    monkeypatch.undo()
    missed = {last} - found.seen
    assert found.created + len(missed) == 60
    assert import_profiles(source(world)).created == len(missed), "the next one has it"
    assert Profile.objects.filter(source=world.bulk).count() == 60


def test_one_import_of_a_source_at_a_time(world: World) -> None:
    HrFlowSource.objects.filter(pk=world.bulk.pk).update(import_beat_at=Now())
    assert source(world).is_importing
    with pytest.raises(ImportRunningError):
        import_profiles(world.bulk)
    import_profiles(world.source)  # another source is free
    assert source(world).is_importing


def test_an_import_that_died_is_not_in_the_way(world: World) -> None:
    HrFlowSource.objects.filter(pk=world.bulk.pk).update(
        import_beat_at=Now() - timedelta(minutes=6)
    )
    assert not source(world).is_importing
    assert import_profiles(world.bulk).created == 60


def test_its_progress_can_be_seen(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[int, int | None, bool]] = []
    walk = profiles.pages

    def pages(client: Any, key: str) -> Any:
        for page in walk(client, key):
            row = source(world)
            seen.append((row.import_done, row.import_total, row.is_importing))
            yield page

    monkeypatch.setattr(profiles, "pages", pages)
    import_profiles(world.bulk)
    assert seen == [(0, None, True), (20, 60, True), (40, 60, True)]


def test_a_page_that_fails_is_asked_for_again(world: World) -> None:
    world.sandbox.set_faults(fault("list", "status", status=500), fault("list", "html"))
    assert import_profiles(world.bulk).created == 60


def test_retry_after_is_honoured(world: World) -> None:
    world.sandbox.set_faults(fault("list", "status", status=429, retry_after=1))
    begun = timezone.now()
    import_profiles(world.bulk)
    assert timezone.now() - begun >= timedelta(seconds=1)


def test_an_import_does_not_hold_a_worker_for_a_long_wait(world: World) -> None:
    world.sandbox.set_faults(fault("list", "status", status=429, retry_after=600))
    begun = timezone.now()
    with pytest.raises(RetryableError):
        import_profiles(world.bulk)
    assert timezone.now() - begun < timedelta(seconds=9)


FAILURES: list[tuple[dict[str, Any], type[Exception]]] = [
    ({"kind": "status", "status": 500}, RetryableError),
    ({"kind": "html"}, RetryableError),
    ({"kind": "empty"}, RetryableError),
    ({"kind": "status", "status": 401}, CredentialsError),
]


@pytest.mark.parametrize(("how", "error"), FAILURES)
def test_a_failure_is_noted_where_people_look(
    world: World, how: dict[str, Any], error: type[Exception]
) -> None:
    import_profiles(world.bulk)
    imported, cursor = source(world).imported_at, source(world).import_cursor
    world.sandbox.add_profile("bulk")
    world.sandbox.set_faults(fault("list", times=None, **how))
    with pytest.raises(error):
        import_profiles(source(world))
    row = source(world)
    assert row.last_error and row.import_beat_at is None
    assert (row.imported_at, row.import_cursor) == (imported, cursor), "the cursor has not moved"
    world.sandbox.set_faults()
    assert import_profiles(row).created == 1
    assert source(world).last_error == ""


def test_an_import_that_breaks_off_is_made_good_by_the_next(world: World) -> None:
    world.sandbox.set_faults(fault("list", "status", status=500, times=None, match={"page": "3"}))
    with pytest.raises(RetryableError):
        import_profiles(world.bulk)
    assert Profile.objects.filter(source=world.bulk).count() == 40, "what came stays"
    world.sandbox.set_faults()
    found = import_profiles(source(world))
    assert (found.created, found.unchanged, found.full) == (20, 40, True)


def test_a_secret_that_cannot_be_read_is_noted(world: World, settings: Any) -> None:
    row = HrFlowSource.objects.get(pk=world.bulk.pk)  # with its secret still closed
    settings.FIELD_ENCRYPTION_KEYS = ["another-key-another-key-another-key-another-key"]
    with pytest.raises(SecretUnreadableError):
        import_profiles(row)
    settings.FIELD_ENCRYPTION_KEYS = ["tests-only-field-encryption-key-0123456789"]
    assert "FIELD_ENCRYPTION_KEYS" in source(world).last_error
    assert source(world).import_beat_at is None
