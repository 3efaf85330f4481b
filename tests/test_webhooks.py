"""Events from outside: who may speak, what is believed, and what a repetition does."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from sync import webhooks
from sync.models import Push, Run, RunKind, Workflow
from sync.services import follow_up
from sync.signatures import is_signed
from tests.bells import Bells
from tests.conftest import World
from tests.desk import Desk, S, make_company, make_vacancy

pytestmark = pytest.mark.django_db
SECRET = "wh-secret-0123456789-é"
KEY = "a1" * 20


def digest(secret: str, message: bytes) -> str:
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode()


def plain(body: bytes, secret: str = SECRET) -> str:
    return digest(secret, body)


def over_body(body: bytes, secret: str = SECRET) -> str:
    return f"{b64(digest(secret, body).encode())}.{b64(body)}"


def over_encoded(body: bytes, secret: str = SECRET) -> str:
    encoded = b64(body).rstrip("=")
    return f"{b64(digest(secret, encoded.encode()).encode()).rstrip('=')}.{encoded}"


SCHEMES: list[Callable[..., str]] = [plain, over_body, over_encoded]


@pytest.fixture(autouse=True)
def fresh_limits(bells: Bells) -> None:
    for limiter in (webhooks.refusals, webhooks.events_taken):
        limiter.clear()


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.source.webhook_secret = SECRET
    desk.source.save()
    return desk


@pytest.fixture
def workflow(desk: Desk) -> Workflow:
    return Workflow.objects.create(workflow_id="w", source=desk.source, vacancy=desk.vacancy)


def event(desk: Desk, kind: str = "profile.parsing.success", **profile: Any) -> dict[str, Any]:
    about = {"key": KEY, "source": {"key": desk.source.source_key}, **profile}
    return {"type": kind, "origin": "api", "message": "", "profile": about}


def tell_hrflow(
    desk: Desk, what: Any, *, sign: Callable[..., str] = plain, token: str = "", **more: Any
) -> Any:
    body = what if isinstance(what, bytes) else json.dumps(what).encode()
    name = more.pop("header", "HTTP-HRFLOW-SIGNATURE")
    more.setdefault("content_type", "application/json")
    return Client(headers={name: sign(body)}).post(
        f"/hooks/hrflow/{token or desk.source.webhook_token}/", body, **more
    )


def tell_flatchr(desk: Desk, what: Any, token: str = "") -> Any:
    body = what if isinstance(what, bytes) else json.dumps(what).encode()
    url = f"/hooks/flatchr/{token or desk.company.webhook_token}/"
    return Client().post(url, body, content_type="application/json")


def headers_of(answer: Any) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name != "Expires"}


# --- signatures ---------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("header", webhooks.SIGNATURE_HEADERS)
def test_it_takes_an_event_signed_by_any_documented_scheme(
    desk: Desk, workflow: Workflow, scheme: Callable[..., str], header: str
) -> None:
    answer = tell_hrflow(desk, event(desk), sign=scheme, header=header)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert Push.objects.get().profile_key == KEY


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_signature_is_worth_nothing_with_another_body_or_secret(
    scheme: Callable[..., str],
) -> None:
    body, other = b'{"a": 1}', b'{"a": 2}'
    assert is_signed(SECRET, scheme(body), body)
    assert not is_signed(SECRET, scheme(body), other)
    assert not is_signed("another", scheme(body), body)
    assert not is_signed(SECRET, scheme(body, "another"), body)
    assert not is_signed("", scheme(body, ""), body)


BODY = b'{"type": "profile.parsing.success"}'
FORGED = [
    "",
    ".",
    "..",
    "é",
    "0" * 64,
    plain(BODY).upper(),
    plain(BODY)[:-1],
    plain(BODY) + "0",
    f"{plain(BODY)}.",
    f".{plain(BODY)}",
    f"{plain(BODY)}.{b64(BODY)}",  # the digest must be encoded
    f"{b64(plain(BODY).encode())}.",
    f".{b64(BODY)}",
    f"{b64(plain(b'').encode())}.",
    f"{b64(plain(BODY).encode())}.{b64(BODY)}.{b64(BODY)}",
    f"{b64(plain(BODY).encode())}.{b64(BODY + b' ')}",
    f"{b64(hmac.digest(SECRET.encode(), BODY, 'sha256'))}.{b64(BODY)}",
    f"{b64(hashlib.sha256(BODY).hexdigest().encode())}.{b64(BODY)}",
    f"{b64(hmac.new(SECRET.encode(), BODY, 'sha1').hexdigest().encode())}.{b64(BODY)}",
    f"{b64(plain(BODY).encode())}.%%%",
    "%%%." + b64(BODY),
    b64(b"\xff\xfe") + "." + b64(BODY),
    "a." * 50_000,
    "x" * 200_000,
]


@pytest.mark.parametrize("header", FORGED)
def test_a_forged_signature_is_refused(header: str) -> None:
    assert not is_signed(SECRET, header, BODY)


def test_what_decides_is_compared_in_constant_time(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No equality of strings, which ends at the first difference, decides who may speak."""
    compared = []
    genuine = hmac.compare_digest

    def watched(one: Any, other: Any) -> bool:
        compared.append((one, other))
        return genuine(one, other)

    monkeypatch.setattr(hmac, "compare_digest", watched)
    assert tell_hrflow(desk, BODY, sign=lambda body: "0" * 64).status_code == 404
    assert len(compared) == 2  # the token, and the signature
    compared.clear()
    assert tell_hrflow(desk, BODY, sign=over_body, token="unknown").status_code == 404
    assert len(compared) == 4  # the same work for a token that nobody has


def test_a_source_without_a_secret_takes_no_events(desk: Desk) -> None:
    desk.source.webhook_secret = ""
    desk.source.save()
    for secret in ("", SECRET):
        assert (
            tell_hrflow(desk, event(desk), sign=lambda b, s=secret: plain(b, s)).status_code == 404
        )


def test_a_source_whose_secret_cannot_be_read_takes_no_events(
    desk: Desk, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.FIELD_ENCRYPTION_KEYS = ["another-key-another-key-another-key-another"]
    assert tell_hrflow(desk, event(desk)).status_code == 404
    assert "cannot be decrypted" in caplog.text


def test_a_source_that_is_switched_off_takes_no_events(desk: Desk) -> None:
    desk.source.is_active = False
    desk.source.save()
    assert tell_hrflow(desk, event(desk)).status_code == 404


def test_an_unknown_token_is_answered_as_a_wrong_signature_is(desk: Desk) -> None:
    unknown = tell_hrflow(desk, event(desk), token="x" * 32)
    wrong = tell_hrflow(desk, event(desk), sign=lambda body: "0" * 64)
    flatchr = tell_flatchr(desk, {}, token="x" * 32)
    for answer in (unknown, wrong, flatchr):
        assert (answer.status_code, answer.content) == (404, b'{"status": "refused"}')
    assert headers_of(unknown) == headers_of(wrong) == headers_of(flatchr)


def test_an_unknown_token_asks_the_database_as_much_as_a_wrong_signature(desk: Desk) -> None:
    def queries(**more: Any) -> int:
        with CaptureQueriesContext(connection) as captured:
            tell_hrflow(desk, event(desk), sign=lambda body: "0" * 64, **more)
        return len(captured)

    assert queries() == queries(token="x" * 32) == 1


# --- what is no event at all --------------------------------------------------------------------


@pytest.mark.parametrize("path", ["hrflow", "flatchr"])
@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete", "options", "trace"])
def test_only_a_post_is_taken(desk: Desk, path: str, method: str) -> None:
    token = desk.source.webhook_token if path == "hrflow" else desk.company.webhook_token
    answer = getattr(Client(), method)(f"/hooks/{path}/{token}/")
    assert (answer.status_code, answer["Allow"]) == (405, "POST")


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "", "text/html"]
)
def test_only_json_is_taken(desk: Desk, kind: str) -> None:
    assert tell_hrflow(desk, event(desk), content_type=kind).status_code == 415


def test_json_with_a_charset_is_taken(desk: Desk) -> None:
    kind = "application/json; charset=utf-8"
    assert tell_hrflow(desk, event(desk), content_type=kind).status_code == 200


def test_a_large_body_is_refused_unread(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any) -> bool:
        raise AssertionError("read")

    monkeypatch.setattr(webhooks, "is_signed", never)
    body = b'{"a": "' + b"x" * webhooks.MOST_BYTES + b'"}'
    assert tell_hrflow(desk, body).status_code == 413
    assert tell_flatchr(desk, body).status_code == 413


MALFORMED = [
    b" ",
    b"{",
    b"null",
    b"[]",
    b'"text"',
    b"\xff\xfe",
    b"[" * 60_000,
    b'{"type": "profile.parsing.success"}',
    b'{"type": "profile.parsing.success", "profile": []}',
    b'{"type": "profile.parsing.success", "profile": {"key": "a"}}',
]


@pytest.mark.parametrize("path", ["hrflow", "flatchr"])
def test_a_body_of_undeclared_length_is_refused_and_never_taken_for_an_empty_one(
    desk: Desk, workflow: Workflow, path: str
) -> None:
    """Sent in chunks, as a real server hands it on: the body is there, its length is not."""
    body = json.dumps(event(desk)).encode()
    account = desk.source if path == "hrflow" else desk.company
    answer = Client(headers={"HTTP-HRFLOW-SIGNATURE": plain(body)}).generic(
        "POST",
        f"/hooks/{path}/{account.webhook_token}/",
        body,
        "application/json",
        CONTENT_LENGTH="",
        HTTP_TRANSFER_ENCODING="chunked",
    )
    assert (answer.status_code, answer.json()) == (411, {"status": "refused"})
    assert not Push.objects.exists()


@pytest.mark.parametrize("length", ["-1", "²", "1e3", "9" * 5000])
def test_a_length_that_is_none_is_refused(desk: Desk, length: str) -> None:
    assert tell_hrflow(desk, event(desk), CONTENT_LENGTH=length).status_code == 413


@pytest.mark.parametrize("body", MALFORMED)
def test_a_signed_body_of_another_form_is_refused_politely(desk: Desk, body: bytes) -> None:
    assert tell_hrflow(desk, body).status_code == 400


@pytest.mark.parametrize(
    "key", ["", None, 7, ["a"], "a" * 65, "../x", "a\0b", "é", "a b", "' OR 1=1"]
)
def test_a_key_that_can_be_none_is_refused(desk: Desk, workflow: Workflow, key: Any) -> None:
    assert tell_hrflow(desk, event(desk, key=key)).status_code == 400
    assert not Push.objects.exists()


def test_too_many_refusals_from_one_address_are_cut_short(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks.refusals, "per_minute", 3)
    codes = [tell_hrflow(desk, event(desk), token=f"t{n}").status_code for n in range(5)]
    assert codes == [404, 404, 404, 429, 429]
    with CaptureQueriesContext(connection) as captured:
        assert tell_hrflow(desk, event(desk)).status_code == 429
    assert len(captured) == 0


def test_the_addresses_of_one_ipv6_network_are_counted_together(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks.refusals, "per_minute", 3)
    codes = [
        tell_hrflow(desk, event(desk), token="t", REMOTE_ADDR=f"2001:db8::{n:x}").status_code
        for n in range(5)
    ]
    assert codes == [404, 404, 404, 429, 429]


def test_many_good_events_are_taken_from_one_address(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks.refusals, "per_minute", 3)
    codes = {tell_hrflow(desk, event(desk, key=f"k{n}")).status_code for n in range(20)}
    assert codes == {200}


def test_who_knows_the_address_cannot_flood_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks.events_taken, "per_minute", 2)
    assert [tell_flatchr(desk, {}).status_code for _ in range(3)] == [200, 200, 429]


def test_neither_body_nor_token_is_logged(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    body = event(desk, info={"phone": "+33 6 99 88 77 66", "summary": "canary-summary"})
    tell_hrflow(desk, body)
    tell_hrflow(desk, body, sign=lambda b: "0" * 64)
    tell_hrflow(desk, b"{" + SECRET.encode())
    tell_flatchr(desk, body)
    tell_flatchr(desk, b"{canary-summary")
    text = caplog.text
    assert "without a fitting signature" in text
    tokens = (desk.source.webhook_token, desk.company.webhook_token)
    for private in (*tokens, SECRET, "99 88 77", "canary-summary", KEY):
        assert private not in text


# --- what an event of HrFlow does ---------------------------------------------------------------


KINDS = [
    f"profile.{what}.{how}" for what in ("parsing", "storing") for how in ("success", "update")
]


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_or_changed_profile_goes_to_the_workflows_of_its_source(
    desk: Desk, workflow: Workflow, kind: str, bells: Bells, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        assert tell_hrflow(desk, event(desk, kind)).status_code == 200
    push = Push.objects.get()
    assert (push.profile_key, push.vacancy, push.status) == (KEY, desk.vacancy, S.QUEUED)
    assert (push.run.kind, push.run.workflow, push.requested_by) == (RunKind.EVENT, workflow, None)
    rung = {name for name, _ in bells.take()}
    assert rung == {"sync.tasks.import_source", "sync.tasks.work"}


OTHERS = [
    "profile.parsing.error",
    "profile.storing.error",
    "profile.searching.success",
    "profile.searching.update",
    "profile.parsing.success.x",
    "job.parsing.success",
    "",
]


@pytest.mark.parametrize("kind", OTHERS)
def test_every_other_event_is_only_acknowledged(
    desk: Desk, workflow: Workflow, kind: str, bells: Bells, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        assert tell_hrflow(desk, event(desk, kind)).status_code == 200
    assert not Run.objects.exists()
    assert bells.count == 0


@pytest.mark.parametrize("source", [{"key": "another"}, {"key": None}, {}])
def test_an_event_of_another_source_is_only_acknowledged(
    desk: Desk, workflow: Workflow, source: Any
) -> None:
    assert tell_hrflow(desk, event(desk, source=source)).status_code == 200
    assert not Run.objects.exists()


def test_an_event_taken_twice_does_what_one_does(desk: Desk, workflow: Workflow) -> None:
    for scheme in (*SCHEMES, *SCHEMES):
        assert tell_hrflow(desk, event(desk), sign=scheme).status_code == 200
    for kind in KINDS:
        assert tell_hrflow(desk, event(desk, kind)).status_code == 200
    assert Push.objects.count() == 1
    assert Run.objects.count() == 1


ENDED = [S.SUCCEEDED, S.ALREADY_THERE, S.UNCONFIRMED, S.FAILED, S.DISCARDED, S.CANCELLED]


@pytest.mark.parametrize("status", ENDED)
def test_a_late_repetition_pushes_nothing_again(
    desk: Desk, workflow: Workflow, status: str
) -> None:
    desk.push(status, profile_key=KEY)
    assert tell_hrflow(desk, event(desk)).status_code == 200
    assert Push.objects.count() == 1


@pytest.mark.parametrize("status", ENDED)
def test_a_changed_profile_is_tried_again_only_where_nobody_decided(
    desk: Desk, workflow: Workflow, status: str
) -> None:
    desk.push(status, profile_key=KEY)
    assert tell_hrflow(desk, event(desk, "profile.storing.update")).status_code == 200
    assert Push.objects.count() == (2 if status in (S.FAILED, S.DISCARDED) else 1)


def test_it_leaves_out_workflows_that_cannot_push_now(desk: Desk, workflow: Workflow) -> None:
    closed = make_vacancy(desk.company, is_open=False)
    asleep = make_vacancy(make_company("Asleep", is_active=False))
    for number, vacancy in enumerate((closed, asleep)):
        Workflow.objects.create(workflow_id=f"w{number}", source=desk.source, vacancy=vacancy)
    Workflow.objects.create(
        workflow_id="off", source=desk.source, vacancy=make_vacancy(desk.company), is_active=False
    )
    tell_hrflow(desk, event(desk))
    assert [push.vacancy for push in Push.objects.all()] == [desk.vacancy]


def test_a_broker_that_is_away_does_not_lose_the_push(
    desk: Desk,
    workflow: Workflow,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    def away(task: str, *_: Any, **__: Any) -> bool:
        raise OSError("no broker")

    monkeypatch.setattr("sync.services.doorbell.async_task", away)
    with django_capture_on_commit_callbacks(execute=True):
        assert tell_hrflow(desk, event(desk)).status_code == 200
    assert Push.objects.get().status == S.QUEUED


def test_an_event_brings_the_profile_into_index_and_flatchr(world: World) -> None:
    """The whole way, over real HTTP, from the event to the applicant."""
    from sync import tasks

    world.source.webhook_secret = SECRET
    world.source.save()
    vacancy = world.vacancy()
    Workflow.objects.create(workflow_id="w", source=world.source, vacancy=vacancy)
    key = world.sandbox.add_profile(info={"full_name": "Zoé Nouvelle", "first_name": "Zoé"})
    body = {
        "type": "profile.storing.success",
        "profile": {"key": key, "source": {"key": world.source.source_key}},
    }
    raw, asked = json.dumps(body).encode(), world.sandbox.requests()
    answer = Client(headers={"HTTP-HRFLOW-SIGNATURE": over_body(raw)}).post(
        f"/hooks/hrflow/{world.source.webhook_token}/", raw, content_type="application/json"
    )
    assert answer.status_code == 200
    assert world.sandbox.requests() == asked, "an event is answered without asking anybody"
    tasks.import_source(world.source.pk)
    world.work()
    assert world.source.profiles.filter(key=key).exists()
    assert Push.objects.get(profile_key=key).status == S.SUCCEEDED
    assert [one["resume"]["profile_key"] for one in world.sandbox.received()] == [key]


# --- what an event of Flatchr does --------------------------------------------------------------


def hint(desk: Desk, kind: str = "new_applicant", **data: Any) -> dict[str, Any]:
    about = {
        "applicant": {"id": 12},
        "candidate": {"email": "Ada@Example.com"},
        "vacancy": {"slug": desk.vacancy.slug, "id": "abc"},
        "column": "Refusé",
        "applicant_id": 12,
        **data,
    }
    return {"event": kind, "company_id": 59, "data": about}


def pushed(desk: Desk, **more: Any) -> Push:
    long_ago = timezone.now() - timedelta(hours=1)
    values: dict[str, Any] = {"candidate_email": "ada@example.com", "at": long_ago}
    return desk.push(S.SUCCEEDED, **values | more)


def is_due(push: Push) -> bool:
    return Push.objects.to_confirm().filter(pk=push.pk).exists()


@pytest.mark.parametrize("kind", ["new_applicant", "drag_applicant"])
def test_a_hint_makes_the_push_be_read_back(
    desk: Desk, kind: str, bells: Bells, django_capture_on_commit_callbacks: Any
) -> None:
    push = pushed(desk, confirm_after=timezone.now() + timedelta(hours=1))
    with django_capture_on_commit_callbacks(execute=True):
        assert tell_flatchr(desk, hint(desk, kind)).status_code == 200
    assert is_due(push)
    assert [name for name, _ in bells.take()] == ["sync.tasks.follow_up"]


def test_nothing_in_a_hint_is_believed_or_kept(desk: Desk) -> None:
    push = pushed(desk, column="Nouveau", applicant_id="x1")
    before = Push.objects.filter(pk=push.pk).values().get()
    tell_flatchr(desk, hint(desk, "drag_applicant"))
    after = Push.objects.filter(pk=push.pk).values().get()
    assert {name for name in before if before[name] != after[name]} == {"confirm_after"}


def test_a_hint_reaches_only_its_own_company_vacancy_person_and_state(desk: Desk) -> None:
    other = make_company("Other")
    strangers = [
        pushed(desk, vacancy=make_vacancy(other)),
        pushed(desk, vacancy=make_vacancy(desk.company)),
        pushed(desk, candidate_email="bob@example.com"),
        desk.push(S.FAILED, candidate_email="ada@example.com"),
        desk.push(S.UNCONFIRMED, candidate_email="ada@example.com"),
    ]
    for slug in {push.vacancy.slug for push in strangers[:1]} | {desk.vacancy.slug}:
        tell_flatchr(desk, hint(desk, vacancy={"slug": slug}))
    assert not any(is_due(push) for push in strangers)
    assert Push.objects.exclude(confirm_after=None).count() == 0


def test_a_repeated_hint_makes_nobody_look_more_often(desk: Desk) -> None:
    push = pushed(desk)
    Push.objects.filter(pk=push.pk).update(updated_at=Now())
    for _ in range(5):
        assert tell_flatchr(desk, hint(desk)).status_code == 200
    push.refresh_from_db()
    assert not is_due(push)
    assert push.confirm_after is not None
    assert push.confirm_after - push.updated_at == timedelta(seconds=60)


STRANGE = [
    {},
    {"event": "new_applicant", "data": {"vacancy": {}, "candidate": {}}},
    {"event": "new_applicant", "data": {"vacancy": {"slug": 7}, "candidate": {"email": ["a"]}}},
    {"event": ["new_applicant"], "data": 7},
    {"event": "other", "data": None},
]


@pytest.mark.parametrize("what", STRANGE)
def test_a_strange_hint_harms_nothing(desk: Desk, what: Any) -> None:
    pushed(desk)
    assert tell_flatchr(desk, what).status_code in (200, 400)
    assert Push.objects.exclude(confirm_after=None).count() == 0


def test_an_answer_does_not_tell_whether_a_candidate_is_known(desk: Desk) -> None:
    pushed(desk)
    known = tell_flatchr(desk, hint(desk))
    unknown = tell_flatchr(desk, hint(desk, candidate={"email": "nobody@example.com"}))
    assert known.content == unknown.content
    assert headers_of(known) == headers_of(unknown)


def test_a_dragged_applicant_shows_its_new_column(world: World) -> None:
    """The column comes from Flatchr's answer, not from the event."""
    push = world.push(world.keys(1)[0], source=world.bulk)
    follow_up.follow_up(5)
    push.refresh_from_db()
    assert push.applicant_id
    client_moves(world, push, column=1)
    Push.objects.update(updated_at=Now() - timedelta(hours=1))
    body = {
        "event": "drag_applicant",
        "data": {
            "vacancy": {"slug": push.vacancy.slug},
            "candidate": {"email": push.candidate_email},
            "column": "Made up",
        },
    }
    url = f"/hooks/flatchr/{world.company.webhook_token}/"
    assert Client().post(url, body, content_type="application/json").status_code == 200
    follow_up.follow_up(5)
    before = push.column
    push.refresh_from_db()
    assert push.column not in (before, "Made up", "")
    assert (push.confirm_after, push.error_code) == (None, "")


def test_an_archived_applicant_is_no_failure_of_its_push(world: World) -> None:
    push = world.push(world.keys(1)[0], source=world.bulk)
    follow_up.follow_up(5)
    push.refresh_from_db()
    world.sandbox.remove_applicant(push.applicant_id)
    Push.objects.update(confirm_after=Now())
    follow_up.follow_up(5)
    push.refresh_from_db()
    assert (push.status, push.error_code, push.confirm_after) == (S.SUCCEEDED, "", None)


def client_moves(world: World, push: Push, *, column: int) -> None:
    """As a recruiter does in Flatchr."""
    from sync.services.accounts import flatchr_client

    flatchr = flatchr_client(world.company)
    stage = flatchr.list_columns()[column]
    flatchr.move_applicant(push.vacancy.remote_id, push.applicant_id, stage.id)


def test_an_event_is_answered_at_once(desk: Desk, workflow: Workflow) -> None:
    tell_hrflow(desk, event(desk, key="warm"))
    begun = time.monotonic()
    for number in range(20):
        tell_hrflow(desk, event(desk, key=f"k{number}"))
    assert (time.monotonic() - begun) / 20 < 0.5
