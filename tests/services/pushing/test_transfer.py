"""One push, from a claimed row to an applicant, over real HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError

from sync.models import FlatchrCompany, HrFlowSource, Push
from sync.models.accounts import ResumeTransport
from sync.models.push.attempts import AttemptOutcome
from sync.models.states import PushStatus
from sync.services.pushing.transfer import transfer
from sync.services.queue.writer import DirectWriter
from sync.services.reconciling.existing_applicants import ExistingApplicants
from sync.vocabulary import ErrorCode
from tests.conftest import World
from tests.pushing import fault, finish

pytestmark = pytest.mark.django_db


def test_it_creates_one_candidate_with_its_own_cv(world: World) -> None:
    key = world.keys(1)[0]
    push = world.push(key, source=world.bulk)
    assert (push.status, push.explanation) == (PushStatus.SUCCEEDED, "")
    received = world.sandbox.received()
    assert len(received) == 1
    assert received[0]["resume"]["profile_key"] == key
    assert world.sandbox.violations() == []


def test_it_pushes_every_pushable_profile_of_a_source_and_says_why_not(world: World) -> None:
    from sync.services.pushing.command import keys_of

    done = world.dispatch(*keys_of(world.source))
    world.work(seconds=60, wait=True)
    pushes = {push.profile_key: push for push in done.run.pushes.all()}
    wrong = {world.sandbox.troubles[k]: k for k in world.sandbox.unpushable}
    for key, push in pushes.items():
        expected = {PushStatus.FAILED} if key in wrong else {PushStatus.SUCCEEDED}
        assert push.status in expected, (wrong.get(key), push.status, push.explanation)
    assert world.sandbox.violations() == []
    assert Push.objects.filter(status=PushStatus.FAILED, error_code="").count() == 0


def test_it_asks_no_more_than_it_needs(world: World) -> None:
    keys = world.keys(4)
    world.sandbox.clear()
    world.dispatch(*keys, source=world.bulk)
    world.work()
    assert world.sandbox.requests() == {"read": 4, "file": 4, "search": 1, "create": 4}


def test_every_step_is_recorded_and_nothing_personal_with_it(world: World) -> None:
    push = world.push(world.keys(1)[0], source=world.bulk)
    attempt = push.tries.get()
    assert (attempt.number, attempt.outcome) == (1, AttemptOutcome.DONE)
    assert (attempt.stage, attempt.http_status) == ("create", 200)
    assert attempt.started_at and attempt.finished_at
    stages = [step["stage"] for step in attempt.steps]
    assert stages == ["read", "format", "logics", "resume", "check", "create"]
    assert {step["outcome"] for step in attempt.steps} == {AttemptOutcome.DONE}
    exchanges = [exchange for step in attempt.steps for exchange in step["exchanges"]]
    assert [one["service"] for one in exchanges] == ["hrflow", "resume", "flatchr", "flatchr"]
    kept = str(attempt.steps)
    secrets = [world.sandbox.api_secret, world.sandbox.company()["auth"]]
    for word in [*secrets, push.candidate_email, push.candidate_lastname]:
        assert word and word not in kept


def test_a_download_is_recorded_without_the_path_that_tells_who_it_is_of(world: World) -> None:
    push = world.push(world.keys(1)[0], source=world.bulk)
    [step] = [step for step in push.tries.get().steps if step["stage"] == "resume"]
    [download] = step["exchanges"]
    assert (download["service"], download["status"]) == ("resume", 200)
    assert download["url"] == f"{world.sandbox.address}/…"


def test_a_retried_push_has_an_attempt_a_try(world: World) -> None:
    world.sandbox.set_faults(fault("read", "status", status=500, times=2))
    world.dispatch(*world.keys(1), source=world.bulk)
    finish(world)
    tries = list(Push.objects.get().tries.values_list("number", "outcome", "error_code"))
    assert tries == [
        (1, AttemptOutcome.FAILED, ErrorCode.HRFLOW_FAULT),
        (2, AttemptOutcome.FAILED, ErrorCode.HRFLOW_FAULT),
        (3, AttemptOutcome.DONE, ""),
    ]


def test_answers_to_the_questions_are_sent(world: World) -> None:
    answers = [{"question": "Télétravail souhaité", "value": "partiel"}]
    world.push(world.keys(1)[0], source=world.bulk, answers=answers)
    assert world.sandbox.received()[0]["answers"] == answers


def test_a_company_may_want_the_link_of_the_cv(world: World) -> None:
    FlatchrCompany.objects.update(resume_transport=ResumeTransport.LINK)
    world.sandbox.clear()
    push = world.push(world.key("dates_1969"))
    assert push.status == PushStatus.SUCCEEDED
    [applicant] = world.sandbox.received()
    assert (applicant["type"], applicant["resume"]) == ("link", None)
    assert applicant["link"].startswith(world.sandbox.address)
    assert world.sandbox.requests()["file"] == 1, "opened once, to see that it leads to a CV"


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "http://10.0.0.1/cv.pdf", "http://169.254.169.254/latest"]
)
def test_a_link_that_we_would_not_open_is_not_passed_on(world: World, url: str) -> None:
    FlatchrCompany.objects.update(resume_transport=ResumeTransport.LINK)
    attachment = {"type": "resume", "file_name": "resume", "public_url": url, "extension": ".pdf"}
    info = {"first_name": "Li", "last_name": "Enne", "full_name": "Li Enne", "email": "li@x.fr"}
    push = world.push(world.sandbox.add_profile(info=info, attachments=[attachment]))
    assert (push.status, push.error_code) == (PushStatus.FAILED, ErrorCode.RESUME_FORBIDDEN_ADDRESS)
    assert world.sandbox.received() == []


def test_a_source_that_is_switched_off_sends_nothing(world: World) -> None:
    HrFlowSource.objects.update(is_active=False)
    push = world.push(world.key("dates_1969"))
    assert (push.status, push.error_code) == (PushStatus.QUEUED, ErrorCode.SOURCE_INACTIVE)
    assert "read" not in world.sandbox.requests()


class FailingWriter(DirectWriter):
    """The database is away for the n-th piece of work."""

    def __init__(self, lame: int) -> None:
        self.count, self.lame = 0, lame

    def run(self, work: Any) -> Any:
        self.count += 1
        if self.count == self.lame:
            raise OperationalError("the database is away")
        return super().run(work)


@pytest.mark.parametrize("lame", range(1, 6))
def test_a_database_that_is_away_for_a_moment_fails_no_push(world: World, lame: int) -> None:
    world.dispatch(*world.keys(1), source=world.bulk)
    [claimed] = Push.objects.claim(1)
    writer = FailingWriter(lame)
    try:
        transfer(claimed, writer, ExistingApplicants(writer))
    except OperationalError:
        # It was away when the end was to be recorded: the lease will run out.
        Push.objects.update(lease_expires_at=claimed.created_at)
        Push.objects.release_expired()
    push = Push.objects.get()
    assert push.status in (PushStatus.RETRYING, PushStatus.SUCCEEDED)
    finish(world)
    assert Push.objects.get().status == PushStatus.SUCCEEDED
    assert len(world.sandbox.received()) == 1
