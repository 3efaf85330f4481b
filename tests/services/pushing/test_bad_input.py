"""Whatever comes in, a push ends: with a code, a sentence, the side at fault and a next step."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now

from sync.models import FlatchrCompany, FlatchrVacancy, HrFlowSource, Push
from sync.models.accounts import ResumePolicy
from sync.models.states import WAITING, PushStatus
from sync.services.queue.recovery import recover
from sync.vocabulary import ErrorCode, Side
from tests.conftest import World
from tests.pushing import LOST_BEFORE, fault, finish, lose_create, slow_clock

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("slow_clock")]
__all__ = ["slow_clock"]
S = PushStatus


def push_one(world: World, key: str | None = None, **more: Any) -> Push:
    if key is None:
        key = world.keys(1)[0]
        more.setdefault("source", world.bulk)
    world.dispatch(key, **more)
    finish(world)
    return Push.objects.latest("pk")


def check_told(push: Push, code: ErrorCode, side: Side, status: PushStatus = S.FAILED) -> None:
    assert (push.status, push.error_code) == (status, code), push.explanation
    assert push.side == side
    assert len(push.explanation) > 15 and "%(" not in push.explanation
    assert len(push.next_step) > 10
    assert push.event
    assert push.tries.exists() and push.tries.latest("pk").finished_at


def check_held(code: ErrorCode, side: Side) -> None:
    """It waits, and people are told for what."""
    recover()
    push = Push.objects.get()
    assert (push.status in WAITING, push.error_code, push.side) == (True, code, side)
    assert len(push.explanation) > 15 and "goes on by itself" in push.next_step
    assert push.create_started_at is None


# --- what is not there --------------------------------------------------------------------------


def test_an_unknown_profile(world: World) -> None:
    check_told(push_one(world, "0" * 40), ErrorCode.PROFILE_NOT_FOUND, Side.HRFLOW)


def test_an_unknown_source(world: World) -> None:
    HrFlowSource.objects.filter(pk=world.source.pk).update(source_key="f" * 40)
    push = push_one(world, world.key("dates_1969"))
    check_told(push, ErrorCode.PROFILE_NOT_FOUND, Side.HRFLOW)


def test_an_unknown_vacancy(world: World) -> None:
    FlatchrVacancy.objects.filter(pk=world.vacancy().pk).update(slug="deleted-meanwhile")
    push_one(world)
    check_held(ErrorCode.VACANCY_CLOSED, Side.FLATCHR)
    assert not FlatchrVacancy.objects.get(slug="deleted-meanwhile").is_open


def test_an_unknown_company(world: World) -> None:
    FlatchrCompany.objects.filter(pk=world.company.pk).update(company="nobody/../else")
    check_told(push_one(world), ErrorCode.FLATCHR_NOT_FOUND, Side.FLATCHR)


def test_the_key_of_another_company(world: World) -> None:
    other = world.sandbox.company(premium=False)
    FlatchrCompany.objects.filter(pk=world.company.pk).update(company=other["key"])
    check_told(push_one(world), ErrorCode.FLATCHR_CREDENTIALS, Side.FLATCHR)


# --- credentials --------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", [{"api_secret": "ask_wrong"}, {"api_user": "who@example.org"}])
def test_wrong_credentials_for_hrflow(world: World, wrong: dict[str, str]) -> None:
    [key] = world.keys(1)
    for name, value in wrong.items():
        setattr(world.bulk, name, value)
    world.bulk.save()
    push = push_one(world, key, source=world.bulk)
    check_told(push, ErrorCode.HRFLOW_CREDENTIALS, Side.HRFLOW)
    assert "ask_wrong" not in str(list(push.tries.values())), "a 401 repeats the key it was sent"


def test_wrong_credentials_for_flatchr(world: World) -> None:
    world.company.auth = "wrong-key-wrong-key"
    world.company.save()
    push = push_one(world)
    check_told(push, ErrorCode.FLATCHR_CREDENTIALS, Side.FLATCHR)
    assert "wrong-key" not in str(list(push.tries.values()))


def test_credentials_that_cannot_be_written_in_a_header(world: World) -> None:
    world.company.auth = "clé “d'API”"
    world.company.save()
    check_told(push_one(world), ErrorCode.FLATCHR_CREDENTIALS, Side.FLATCHR)


@pytest.mark.parametrize("account", ["source", "company"])
def test_credentials_that_cannot_be_decrypted(world: World, settings: Any, account: str) -> None:
    keys = settings.FIELD_ENCRYPTION_KEYS
    settings.FIELD_ENCRYPTION_KEYS = ["another-key-another-key-another-key-another-key"]
    row: Any = world.bulk if account == "source" else world.company
    if account == "source":
        row.api_secret = world.sandbox.api_secret
    else:
        row.auth = world.sandbox.company()["auth"]
    row.save()
    settings.FIELD_ENCRYPTION_KEYS = keys
    world.dispatch(world.sandbox.troubles["dates_1969"], source=world.bulk)
    finish(world)
    check_told(Push.objects.get(), ErrorCode.SECRET_UNREADABLE, Side.HERE)


# --- closed since -------------------------------------------------------------------------------


def test_a_vacancy_closed_since_in_our_index(world: World) -> None:
    world.dispatch(*world.keys(1), source=world.bulk)
    world.sandbox.clear()
    FlatchrVacancy.objects.update(is_open=False)
    finish(world)
    check_held(ErrorCode.VACANCY_CLOSED, Side.FLATCHR)
    assert world.sandbox.requests() == {}, "what our own rows know needs no request"


def test_a_vacancy_closed_since_in_flatchr_only(world: World) -> None:
    world.sandbox.change_vacancy(world.vacancy().slug, open=False)
    world.dispatch(*world.keys(1), source=world.bulk)
    world.work()
    check_held(ErrorCode.VACANCY_CLOSED, Side.FLATCHR)
    [answer] = [
        exchange["answer_excerpt"]
        for step in Push.objects.get().tries.get().steps
        for exchange in step["exchanges"]
        if exchange["status"] == 400
    ]
    assert "closed" in answer, "Flatchr's own words are shown"


def test_a_company_switched_off_since(world: World) -> None:
    world.dispatch(*world.keys(1), source=world.bulk)
    FlatchrCompany.objects.update(is_active=False)
    finish(world)
    check_held(ErrorCode.COMPANY_INACTIVE, Side.HERE)


def test_a_lost_answer_is_settled_even_though_the_vacancy_is_closed_since(world: World) -> None:
    world.sandbox.set_faults(fault("create", "status_after", status=500))
    world.dispatch(*world.keys(1), source=world.bulk)
    world.work()
    FlatchrVacancy.objects.update(is_open=False)
    finish(world)
    assert Push.objects.get().status == S.SUCCEEDED


def test_a_lost_answer_that_had_no_effect_is_not_sent_to_a_vacancy_closed_since(
    world: World,
) -> None:
    world.sandbox.set_faults(lose_create(LOST_BEFORE["500"]))
    world.dispatch(*world.keys(1), source=world.bulk)
    world.work()
    FlatchrVacancy.objects.update(is_open=False)
    finish(world)
    check_held(ErrorCode.VACANCY_CLOSED, Side.FLATCHR)
    assert world.sandbox.requests()["create"] == 1


# --- answers ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["empty", "html", "cut_body", "reset"])
@pytest.mark.parametrize(
    ("endpoint", "side"),
    [("read", Side.HRFLOW), ("create", Side.FLATCHR), ("search", Side.FLATCHR)],
)
def test_an_answer_that_nobody_can_read(
    world: World, settings: Any, endpoint: str, kind: str, side: Side
) -> None:
    """Every time, for as long as it is tried: the push ends all the same."""
    settings.PUSH_MAX_ATTEMPTS = 2
    world.sandbox.set_faults(fault(endpoint, kind, times=None))
    world.dispatch(*world.keys(1), source=world.bulk)
    world.work()
    push = Push.objects.get()
    assert push.status == S.RETRYING and push.side == side
    if endpoint == "search":  # Asking costs no attempt, so here the deadline is the end.
        Push.objects.update(deadline_at=Now() - timedelta(seconds=1))
    finish(world)
    push = Push.objects.get()
    stored = len(world.sandbox.received())
    if endpoint == "create" and kind == "cut_body":  # it takes effect, and is found
        assert (push.status, stored) == (S.SUCCEEDED, 1)
        return
    code = ErrorCode.DEADLINE_PASSED if endpoint == "search" else ErrorCode.ATTEMPTS_EXHAUSTED
    check_told(push, code, Side.HERE)
    assert stored == 0


def test_an_answer_about_somebody_else(world: World) -> None:
    """Another profile's data under this key is never pushed."""
    key = world.keys(1)[0]
    change = {"action": "change", "source": "bulk", "key": key, "profile": {"key": "e" * 40}}
    world.sandbox.post("/control/profiles", change)
    world.dispatch(key, source=world.bulk)
    world.work()
    push = Push.objects.get()
    assert push.error_code == ErrorCode.HRFLOW_UNREADABLE
    assert world.sandbox.received() == []


@pytest.mark.parametrize("kind", ["empty", "html"])
def test_a_cv_that_is_not_one(world: World, kind: str) -> None:
    world.sandbox.set_faults(fault("file", kind, times=None))
    code = ErrorCode.RESUME_EMPTY if kind == "empty" else ErrorCode.RESUME_WRONG_TYPE
    check_told(push_one(world), code, Side.PROFILE)


# --- profiles -----------------------------------------------------------------------------------

TROUBLES = {
    "no_name": (ErrorCode.FORMAT_FAILED, Side.PROFILE),
    "nulls": (ErrorCode.FORMAT_FAILED, Side.PROFILE),
    "no_resume": (ErrorCode.RESUME_MISSING, Side.PROFILE),
    "resume_12mb": (ErrorCode.RESUME_TOO_LARGE, Side.PROFILE),
    "resume_empty": (ErrorCode.RESUME_EMPTY, Side.PROFILE),
    "resume_html": (ErrorCode.RESUME_WRONG_TYPE, Side.PROFILE),
    "resume_private": (ErrorCode.RESUME_FORBIDDEN_ADDRESS, Side.PROFILE),
    "resume_redirect": (ErrorCode.RESUME_FORBIDDEN_ADDRESS, Side.PROFILE),
    "resume_file_scheme": (ErrorCode.RESUME_FORBIDDEN_ADDRESS, Side.PROFILE),
    "resume_not_found": (ErrorCode.RESUME_NOT_FOUND, Side.HRFLOW),
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_profile_that_cannot_become_a_candidate(world: World, trouble: str) -> None:
    push = push_one(world, world.key(trouble))
    check_told(push, *TROUBLES[trouble])
    assert "create" not in world.sandbox.requests()


def test_every_unpushable_kind_of_the_sandbox_is_tested_here(world: World) -> None:
    assert set(world.sandbox.unpushable) == set(TROUBLES)


def test_a_profile_without_email_is_pushed(world: World) -> None:
    push = push_one(world, world.key("no_email"))
    assert (push.status, push.candidate_email) == (S.SUCCEEDED, "")
    assert world.sandbox.violations() == []


@pytest.mark.parametrize("trouble", ["no_resume", "nulls"])
def test_a_company_may_accept_a_generated_cv(world: World, trouble: str) -> None:
    FlatchrCompany.objects.update(resume_policy=ResumePolicy.GENERATE)
    push = push_one(world, world.key(trouble))
    if trouble == "nulls":  # but not a candidate without a name
        check_told(push, ErrorCode.FORMAT_FAILED, Side.PROFILE)
        return
    assert push.status == S.SUCCEEDED
    [applicant] = world.sandbox.received()
    assert applicant["resume"]["looks_like"] == "pdf"


def test_a_candidate_that_flatchr_refuses(world: World) -> None:
    world.sandbox.set_faults(fault("create", "status", status=400))
    push = push_one(world)
    check_told(push, ErrorCode.FLATCHR_REJECTED, Side.FLATCHR)
    assert "Injected fault 400" in push.explanation


# --- rules and formats --------------------------------------------------------------------------

RULES: list[tuple[dict[str, Any], ErrorCode, PushStatus]] = [
    ({"logics": ["no_such_rule"]}, ErrorCode.LOGIC_UNKNOWN, S.FAILED),
    ({"logics": [{"name": 3}]}, ErrorCode.LOGIC_UNKNOWN, S.FAILED),
    ({"format": "no_such_format"}, ErrorCode.FORMAT_UNKNOWN, S.FAILED),
]


@pytest.mark.parametrize(("options", "code", "status"), RULES)
def test_a_rule_or_format_nobody_knows(
    world: World, options: dict[str, Any], code: ErrorCode, status: PushStatus
) -> None:
    check_told(push_one(world, options=options), code, Side.HERE, status)


def test_a_rule_that_says_no(world: World) -> None:
    rule = {"name": "minimum_experience", "params": {"years": 90}}
    push = push_one(world, options={"logics": [rule]})
    check_told(push, ErrorCode.LOGIC_DISCARDED, Side.PROFILE, S.DISCARDED)


def test_nothing_personal_is_kept_of_a_refused_candidate(world: World) -> None:
    """What a peer says may repeat what it was sent."""
    world.sandbox.change_vacancy(world.vacancy().slug, open=False)
    push = push_one(world)
    kept = str(list(push.tries.values()))
    assert push.candidate_email and push.candidate_email not in kept
    assert world.sandbox.company()["auth"] not in kept
