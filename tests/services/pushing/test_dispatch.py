"""From a wish to queued pushes, and what people may do to many of them at once."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction

from sync.exceptions import PermanentError
from sync.models import Profile, Push, Run, RunKind, RunStatus, WrongStateError
from sync.models.states import PushStatus
from sync.services.pushing import decisions
from sync.services.pushing.command import report_of
from sync.services.pushing.dispatch import Dispatched, dispatch
from sync.vocabulary import ErrorCode, Event
from tests.notifications import Notifications, notifications
from tests.rows import make_push, make_run, make_source, make_vacancy

S = PushStatus
pytestmark = pytest.mark.django_db
__all__ = ["notifications"]


def wish(*keys: str, **more: Any) -> Dispatched:
    """Of one source and vacancy, unless said otherwise."""
    run = Run.objects.first()
    source = more.pop("source", None) or (run and run.source) or make_source()
    vacancy = more.pop("vacancy", None) or (run and run.vacancy) or make_vacancy()
    return dispatch(source=source, vacancy=vacancy, keys=keys, kind=RunKind.COMMAND, **more)


def fail(push: Push) -> None:
    [claimed] = Push.objects.filter(pk=push.pk).claim(1)
    claimed.fail(PermanentError(ErrorCode.RESUME_MISSING), Event.WRITE_FAILURE)


def test_a_wish_becomes_one_run_and_one_push_a_profile() -> None:
    result = wish("a", "b", "c")
    assert (result.created, result.blocked) == (3, [])
    assert (result.run.status, result.run.kind) == (RunStatus.RUNNING, RunKind.COMMAND)
    assert set(result.run.pushes.values_list("status", flat=True)) == {S.QUEUED}
    assert Push.objects.due().count() == 3


def test_a_key_given_twice_is_pushed_once() -> None:
    assert wish("a", "b", "a").created == 2


def test_a_second_click_is_told_so() -> None:
    wish("a", "b")
    again = wish("a", "b", "c")
    assert (again.created, again.blocked) == (1, ["a", "b"])
    assert Push.objects.count() == 3


def test_a_wish_with_nothing_left_to_do_is_a_finished_run() -> None:
    wish("a")
    again = wish("a")
    assert (again.created, again.run.status) == (0, RunStatus.FINISHED)
    assert again.run.finished_at


def test_what_failed_may_be_wished_again() -> None:
    first = wish("a").run.pushes.get()
    fail(first)
    again = wish("a")
    assert (again.created, again.blocked) == (1, [])


def test_the_index_lends_its_names() -> None:
    source = make_source()
    Profile.objects.create(source=source, key="a", full_name="Zoé Riou", email="Zoe@Example.org")
    push = wish("a", source=source).run.pushes.get()
    assert (push.candidate_name, push.candidate_email) == ("Zoé Riou", "zoe@example.org")


def test_the_run_keeps_how_it_was_asked_for() -> None:
    user = User.objects.create_user("recruiter")
    answers = [{"question": "Permis B ?", "value": "oui"}]
    options = {"logics": ["has_email"], "resume_policy": "generate"}
    run = wish("a", requested_by=user, answers=answers, options=options).run
    assert (run.logics, run.resume_policy) == (["has_email"], "generate")
    assert (run.answers, run.requested_by) == (answers, user)
    assert run.pushes.get().requested_by == user


def test_a_long_wish_is_queued_in_batches(django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(120):  # SQLite takes some thirty rows a statement
        result = wish(*(f"key-{number}" for number in range(1500)))
    assert result.created == 1500


def test_workers_are_notified_once_it_is_committed(
    notifications: Notifications, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        wish("a")
        assert notifications.count == 0
    assert notifications.count > 0


def test_what_is_rolled_back_is_neither_queued_nor_notified(notifications: Notifications) -> None:
    def break_off() -> None:
        with transaction.atomic():
            wish("a")
            raise RuntimeError("the request that wished for it broke off")

    with pytest.raises(RuntimeError):
        break_off()
    assert (Push.objects.count(), Run.objects.count(), notifications.count) == (0, 0, 0)


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_the_same_moment_make_one_push() -> None:
    source, vacancy = make_source(), make_vacancy()
    start, results, errors = threading.Barrier(4), [], []

    def click() -> None:
        start.wait()
        try:
            done = wish("a", "b", "c", source=source, vacancy=vacancy)
            results.append(done.created)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=click) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert errors == []
    assert Push.objects.count() == sum(results) == 3


@pytest.mark.parametrize("lost", [["b"], ["a", "b", "c"], ["c", "a"]])
def test_a_key_lost_to_a_race_is_blocked_by_name(
    monkeypatch: pytest.MonkeyPatch, lost: list[str]
) -> None:
    """Another request queued it after this one had looked."""
    wish(*lost)
    monkeypatch.setattr("sync.services.pushing.dispatch.blocked_keys", lambda *args, **more: {})
    done = wish("a", "b", "c")
    assert sorted(done.blocked) == sorted(lost)
    assert done.created == 3 - len(lost) == done.run.pushes.count()
    assert (done.run.status == RunStatus.FINISHED) is (done.created == 0)


def test_what_was_lost_to_a_race_is_told_by_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    wish("a")
    monkeypatch.setattr("sync.services.pushing.dispatch.blocked_keys", lambda *args, **more: {})
    report = report_of(wish("a"), asked=1)
    assert (report.blocked, report.is_success) == (["a"], False)


# --- again on purpose ---------------------------------------------------------------------------


def succeeded(key: str = "a") -> Push:
    push = wish(key).run.pushes.get()
    [claimed] = Push.objects.filter(pk=push.pk).claim(1)
    claimed.begin_create(firstname="A", lastname="B", email="", phone="")
    claimed.succeed(applicant_id="applicant-1", column="Nouveaux")
    return Push.objects.get(pk=push.pk)


def test_a_repeat_is_recorded_and_knows_the_old_applicant() -> None:
    user = User.objects.create_user("recruiter")
    first = succeeded()
    again = decisions.repeat(first, requested_by=user)
    assert (again.repeat_of, again.requested_by) == (first, user)
    assert again.known_applicants == ["applicant-1"]
    assert again.run != first.run and again.run.kind == RunKind.BATCH


def test_a_push_is_repeated_once() -> None:
    first = succeeded()
    decisions.repeat(first, requested_by=None)
    runs = Run.objects.count()
    with pytest.raises(WrongStateError):
        decisions.repeat(first, requested_by=None)
    assert Run.objects.count() == runs, "a refused repeat leaves no empty run behind"


def test_only_what_is_in_flatchr_is_repeated() -> None:
    push = wish("a").run.pushes.get()
    with pytest.raises(WrongStateError):
        decisions.repeat(push, requested_by=None)
    fail(push)
    with pytest.raises(WrongStateError):
        decisions.repeat(Push.objects.get(pk=push.pk), requested_by=None)


# --- many at once -------------------------------------------------------------------------------


def test_all_failed_are_tried_again_but_for_those_overtaken(
    notifications: Notifications, django_capture_on_commit_callbacks: Any
) -> None:
    for push in wish("a", "b", "c").run.pushes.all():
        fail(push)
    wish("c")  # somebody has asked for it anew
    with django_capture_on_commit_callbacks(execute=True):
        assert decisions.retry_all(Push.objects.all(), user=None) == (2, 1)
    assert Push.objects.failed().count() == 1
    assert notifications.count > 0


def test_what_waits_is_cancelled_and_the_run_finished() -> None:
    run = wish("a", "b").run
    [claimed] = Push.objects.filter(profile_key="a").claim(1)
    assert decisions.cancel_all(Push.objects.all(), user=None) == (1, 0)
    run.refresh_from_db()
    assert run.status == RunStatus.RUNNING, "one is still on its way"
    claimed.fail(PermanentError(ErrorCode.RESUME_MISSING), Event.WRITE_FAILURE)
    Run.objects.finish_done()
    run.refresh_from_db()
    assert run.status == RunStatus.FINISHED


def test_what_may_have_been_sent_is_left_when_all_are_cancelled() -> None:
    from sync.exceptions import RetryableError

    wish("a", "b")
    [claimed] = Push.objects.filter(profile_key="a").claim(1)
    claimed.begin_create(firstname="A", lastname="B", email="", phone="")
    claimed.mark_unknown(RetryableError(ErrorCode.FLATCHR_FAULT), delay=60)
    assert decisions.cancel_all(Push.objects.all(), user=None) == (1, 1)
    assert Push.objects.get(profile_key="a").has_unknown_outcome


@pytest.mark.parametrize("in_flatchr", [True, False])
def test_a_persons_word_counts_for_many(in_flatchr: bool) -> None:
    user = User.objects.create_user("recruiter")
    run = make_run()
    for _ in range(3):
        make_push(run)
    for push in Push.objects.claim(2):
        push.begin_create(firstname="A", lastname="B", email="", phone="")
        push.mark_unconfirmed(PermanentError(ErrorCode.FLATCHR_AMBIGUOUS))
    done = decisions.decide_all(Push.objects.all(), in_flatchr=in_flatchr, user=user)
    assert done == (2, 0)
    decided = Push.objects.filter(decided_by=user, decided_at__isnull=False)
    assert set(decided.values_list("status", flat=True)) == {
        S.SUCCEEDED if in_flatchr else S.QUEUED
    }
    assert decided.count() == 2
