from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from sync.admin import verbs
from sync.models import Profile, Push, PushAttempt
from sync.services import statistics
from sync.vocabulary import ErrorCode
from tests.desk import (
    ALL,
    VIEW,
    Desk,
    S,
    client_of,
    make_company,
    make_user,
    make_vacancy,
    messages_of,
    text_of,
)

pytestmark = pytest.mark.django_db
LIST = "/admin/sync/push/"


def page(push: Push) -> str:
    return f"{LIST}{push.pk}/change/"


def deed(push: Push, verb: str) -> str:
    return f"{LIST}{push.pk}/do/{verb}/"


def listed(desk: Desk, query: str) -> set[int]:
    response = desk.client.get(f"{LIST}?{query}")
    assert response.status_code == 200
    return {push.pk for push in response.context["cl"].result_list}


def tick(desk: Desk, action: str, *pushes: Push, query: str = "", **more: str) -> Any:
    fields = {"action": action, "index": "0", "select_across": "0", **more}
    ticked = [str(push.pk) for push in pushes]
    return desk.client.post(f"{LIST}?{query}", {**fields, "_selected_action": ticked})


# --- the list -----------------------------------------------------------------------------------


def test_the_list_says_who_pushed_whom_where_when_and_with_what_end() -> None:
    desk = Desk()
    push = desk.push(S.FAILED)
    desk.push(S.SUCCEEDED, column="Entretien")
    text = text_of(desk.client.get(LIST))
    for word in (str(push), push.candidate_email, "Comptable", "Aviva", "recruiter", "no CV"):
        assert word in text
    assert "Entretien" in text


def test_the_history_is_read_only_for_everyone() -> None:
    desk = Desk()
    push = desk.push()
    desk.user.is_superuser = True
    desk.user.save()
    assert desk.client.get(f"{LIST}add/").status_code == 403
    assert desk.client.post(f"{LIST}{push.pk}/delete/", {"post": "yes"}).status_code == 403
    assert "delete_selected" not in text_of(desk.client.get(LIST))
    desk.client.post(page(push), {"status": "failed", "candidate_name": "changed"})
    assert Push.objects.get(pk=push.pk).candidate_name == push.candidate_name


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("state=failed", {"failed"}),
        ("state=in_flatchr", {"succeeded", "already_there"}),
        ("state=active", {"queued", "retrying", "running"}),
        ("state=todo", {"failed", "unconfirmed"}),
        ("state=nonsense", set()),
        ("reason=resume_missing", {"failed"}),
        ("reason=nonsense", set()),
        ("", {str(state) for state in S}),
    ],
)
def test_a_filter_by_state_or_reason(query: str, expected: set[str]) -> None:
    desk = Desk()
    states = {desk.push(state).pk: str(state) for state in S}
    assert {states[pk] for pk in listed(desk, query)} == expected


def test_a_filter_by_vacancy_company_person_and_run() -> None:
    desk = Desk()
    other_company = make_company("Nordique")
    other_company.members.add(desk.user)
    other = make_vacancy(other_company, "Infirmier")
    colleague = make_user("colleague", *ALL, company=desk.company)
    mine, theirs = desk.push(), desk.push(run=desk.run(vacancy=other, requested_by=colleague))
    for name, a, b in (
        ("vacancy", desk.vacancy.pk, other.pk),
        ("company", desk.company.pk, other_company.pk),
        ("by", desk.user.pk, colleague.pk),
        ("run", mine.run_id, theirs.run_id),
    ):
        assert listed(desk, f"{name}={a}") == {mine.pk}
        assert listed(desk, f"{name}={b}") == {theirs.pk}
        assert listed(desk, f"{name}=nonsense") == set()


def test_filters_offer_only_what_is_the_readers() -> None:
    desk = Desk()
    desk.push()
    stranger = make_user("stranger")
    secret = make_vacancy(make_company("Nordique"), "Secret job")
    desk.push(run=desk.run(vacancy=secret, requested_by=stranger))
    text = text_of(desk.client.get(LIST))
    assert "Comptable" in text
    for word in ("Secret job", "Nordique", "stranger"):
        assert word not in text


@pytest.mark.parametrize(
    ("query", "ages"),
    [
        ("created=today", {0}),
        ("created=7d", {0, 6}),
        ("created=30d", {0, 6, 29}),
        ("created_from={6}&created_to={6}", {6}),
        ("created_from={29}&created_to={6}", {6, 29}),
        ("created_from={6}", {0, 6}),
        ("created_to={29}", {29, 40}),
        ("created=nonsense", {0, 6, 29, 40}),
        ("created_from=2026-13-45", {0, 6, 29, 40}),
        ("created_from=x&created_to=y", {0, 6, 29, 40}),
        ("created_from=0001-01-01&created_to=9999-12-31", {0, 6, 29, 40}),
    ],
)
def test_a_filter_by_days_includes_both_ends(query: str, ages: set[int]) -> None:
    desk = Desk()
    days = {age: timezone.localdate() - timedelta(days=age) for age in (0, 6, 29, 40)}
    # The first and the last moment of each day.
    pushes = {
        desk.push(at=moment).pk: age
        for age, day in days.items()
        for moment in (
            statistics.midnight(day),
            statistics.after(day) - timedelta(microseconds=1),
        )
    }
    for age, day in days.items():
        query = query.replace(f"{{{age}}}", day.isoformat())
    found = listed(desk, query)
    assert {pushes[pk] for pk in found} == ages
    assert len(found) == 2 * len(ages)


def test_the_custom_range_keeps_the_other_filters() -> None:
    desk = Desk()
    desk.push()
    html = desk.client.get(f"{LIST}?state=succeeded&q=ada&p=0&created=7d").content.decode()
    form = html[html.index('<form class="menu__form"') :].split("</form>")[0]
    assert '<input type="hidden" name="state" value="succeeded">' in form
    assert '<input type="hidden" name="q" value="ada">' in form
    assert 'name="p"' not in form
    assert 'name="created"' not in form


@pytest.mark.parametrize(
    ("term", "found"),
    [
        ("lovelace", True),
        ("LOVE", True),
        ("lovelace ada", True),
        ("lovelace grace", False),
        ("ada@cou", True),
        ("ADA@COUNTESS.example", True),
        ("ada@elsewhere", False),
        ("ada@", True),
        ("countess@", False),
        ("4f1d9c3ab2e84d0fa6c1", True),
        ("4f1d9c3ab2e84d0fa6c2", False),
        ("z7gWQnjXG77hJRak", True),
        ("%", False),
        ("  ", True),
    ],
)
def test_a_search_by_name_e_mail_or_key(term: str, found: bool) -> None:
    desk = Desk()
    push = desk.push(
        candidate_name="Ada Lovelace",
        candidate_email="ada@countess.example",
        profile_key="4f1d9c3ab2e84d0fa6c1",
        applicant_id="z7gWQnjXG77hJRak",
    )
    response = desk.client.get(LIST, {"q": term})
    assert (push in response.context["cl"].result_list) is found


def test_a_search_by_the_beginning_of_an_e_mail_without_its_sign() -> None:
    desk = Desk()
    push = desk.push(candidate_name="", candidate_email="countess@example.com")
    assert listed(desk, "q=countess") == {push.pk}


def test_the_number_of_statements_of_the_list_does_not_grow() -> None:
    desk = Desk()
    desk.push()
    desk.client.get(LIST)
    with CaptureQueriesContext(connection) as few:
        desk.client.get(LIST)
    for number in range(40):
        vacancy = make_vacancy(desk.company, f"Job {number}")
        desk.push(list(S)[number % len(S)], vacancy=vacancy)
    with CaptureQueriesContext(connection) as many:
        desk.client.get(LIST)
    assert len(many) == len(few)
    assert len(many) <= 16


# --- one push -----------------------------------------------------------------------------------


def attempt(push: Push, **more: Any) -> PushAttempt:
    exchange = {
        "service": "flatchr",
        "method": "POST",
        "url": "https://careers.example/vacancy/candidate/json",
        "status": 400,
        "duration_ms": 1234,
        "request_excerpt": "the-request-excerpt",
        "answer_excerpt": "the-answer-excerpt",
    }
    step = {
        "stage": "create",
        "outcome": "failed",
        "duration_ms": 1300,
        "message": "the-step-message",
        "exchanges": [exchange],
    }
    values = {"number": 1, "stage": "create", "outcome": "failed", "http_status": 400}
    return PushAttempt.objects.create(push=push, steps=[step], **values | more)


def test_the_page_tells_what_happened_whose_side_it_is_on_and_what_to_do() -> None:
    desk = Desk()
    text = text_of(desk.client.get(page(desk.push(S.FAILED))))
    assert "The profile has no CV, and this company wants one." in text
    assert "the profile" in text
    assert "Add a CV to the profile in HrFlow" in text


def test_an_open_page_asks_for_news_and_hears_of_them_only() -> None:
    desk = Desk()
    push = desk.push(S.QUEUED)
    address = f"{LIST}{push.pk}/change/"
    assert 'hx-get="?seen=queued-0"' in desk.client.get(address).content.decode()
    assert desk.client.get(address, {"seen": "queued-0"}).status_code == 204
    assert desk.client.get(address, {"seen": "running-1"})["HX-Refresh"] == "true"
    ended = desk.push(S.SUCCEEDED)
    assert "?seen=" not in desk.client.get(f"{LIST}{ended.pk}/change/").content.decode()


def test_the_timeline_shows_each_attempt_with_its_steps_duration_and_status() -> None:
    desk = Desk()
    push = desk.push(S.FAILED)
    attempt(push, duration_ms=2100)
    attempt(push, number=2, outcome="unknown", http_status=None)
    text = text_of(desk.client.get(page(push)))
    for word in ("Attempt 1", "Attempt 2", "HTTP 400", "2.1 s", "Create the candidate"):
        assert word in text
    assert "the-request-excerpt" in text
    assert "the-answer-excerpt" in text


def test_what_was_sent_is_shown_to_those_with_the_permission_only() -> None:
    desk = Desk()
    push = desk.push(S.FAILED)
    attempt(push)
    client = client_of(make_user("reader", *VIEW, company=desk.company))
    text = text_of(client.get(page(push)))
    assert "Create the candidate" in text
    assert "HTTP 400" in text
    for secret in ("the-request-excerpt", "the-answer-excerpt", "the-step-message", "careers.ex"):
        assert secret not in text


def test_what_a_peer_answered_is_read_nowhere_without_the_permission_for_it() -> None:
    desk = Desk()
    push = desk.push(
        S.FAILED,
        error_code=ErrorCode.FLATCHR_REJECTED,
        error_params={"status": 422, "answer": "canary answer"},
        enrichment_status="failed",
        enrichment_error="canary enrichment",
    )
    Profile.objects.create(source=desk.source, key=push.profile_key, full_name="Ada")
    rights = ("view_profile", "export_push", *VIEW)
    recruiter = client_of(make_user("plain", *rights, company=desk.company))
    profile = Profile.objects.get()
    for path in (
        page(push),
        f"/admin/sync/run/{push.run_id}/change/",
        f"/admin/sync/profile/{profile.pk}/change/",
        "/admin/sync/push/failures/",
        "/admin/sync/push/export/",
    ):
        text = recruiter.get(path).getvalue().decode()
        assert "HTTP 422" in text and "canary" not in text, path
    for path in (page(push), "/admin/sync/push/export/"):
        assert "canary answer" in desk.client.get(path).getvalue().decode(), path
    assert "canary enrichment" in text_of(desk.client.get(page(push)))


def test_an_answer_with_tags_in_it_is_shown_as_text() -> None:
    desk = Desk()
    push = desk.push(S.FAILED, candidate_name="<b>Ada</b>")
    made = attempt(push)
    made.steps[0]["exchanges"][0]["answer_excerpt"] = "<script>alert(1)</script>"
    made.save()
    html = desk.client.get(page(push)).content.decode()
    assert "<script>alert" not in html
    assert "<b>Ada" not in html


def test_where_the_candidate_stands_now_in_flatchr_and_since_when_we_know() -> None:
    desk = Desk()
    read = timezone.now()
    push = desk.push(S.SUCCEEDED, column="Entretien", applicant_id="z7gW", confirmed_at=read)
    text = text_of(desk.client.get(page(push)))
    assert "Entretien" in text
    assert "z7gW" in text
    assert "Read back" in text


def test_the_link_to_the_vacancy_is_the_public_page_that_flatchr_names() -> None:
    desk = Desk()
    push = desk.push(vacancy=make_vacancy(desk.company, "Job"))
    assert "its public page" not in desk.client.get(page(push)).content.decode()
    push.vacancy.apply_url = "https://careers.example/vacancy/job"
    push.vacancy.save()
    html = desk.client.get(page(push)).content.decode()
    assert 'href="https://careers.example/vacancy/job"' in html


def test_the_candidates_profile_is_linked_where_the_reader_may_see_it() -> None:
    desk = Desk()
    push = desk.push()
    profile = Profile.objects.create(source=desk.source, key=push.profile_key, full_name="Ada")
    link = f"/admin/sync/profile/{profile.pk}/change/"
    assert link in desk.client.get(page(push)).content.decode()
    desk.source.companies.clear()
    assert link not in desk.client.get(page(push)).content.decode()


def test_a_push_of_another_company_is_not_found() -> None:
    desk = Desk()
    theirs = desk.push(S.UNCONFIRMED, vacancy=make_vacancy(make_company("Nordique")))
    assert desk.client.get(page(theirs)).status_code == 404
    assert desk.client.post(deed(theirs, "confirm"), {"confirmed": "1"}).status_code == 404
    assert desk.client.get(f"{LIST}nonsense/change/").status_code == 404
    theirs.refresh_from_db()
    assert theirs.status == S.UNCONFIRMED


@pytest.mark.parametrize(
    ("state", "more", "expected"),
    [
        (S.QUEUED, {}, {"cancel"}),
        (S.RETRYING, {}, {"cancel"}),
        (S.RETRYING, {"create_started_at": timezone.now()}, set()),
        (S.RUNNING, {}, set()),
        (S.UNCONFIRMED, {}, {"confirm", "push_again"}),
        (S.FAILED, {}, {"retry"}),
        (S.CANCELLED, {}, {"retry"}),
        (S.DISCARDED, {}, {"retry"}),
        (S.SUCCEEDED, {}, {"repeat"}),
        (S.SUCCEEDED, {"enrichment_status": "failed"}, {"repeat", "retry_enrichment"}),
        (S.ALREADY_THERE, {}, {"repeat"}),
    ],
)
def test_only_what_makes_sense_is_offered(
    state: str, more: dict[str, Any], expected: set[str]
) -> None:
    desk = Desk()
    push = desk.push(state, **more)
    response = desk.client.get(page(push))
    assert {verb.name for verb in response.context["verbs"]} == expected
    for name in expected:
        assert deed(push, name) in response.content.decode()


@pytest.mark.parametrize("name", list(verbs.VERBS))
def test_a_verb_without_its_permission_is_neither_offered_nor_done(name: str) -> None:
    desk = Desk()
    verb = verbs.VERBS[name]
    missing = verb.permission.removeprefix("sync.")
    others = [permission for permission in ALL if permission != missing]
    client = client_of(make_user("other", *others, company=desk.company))
    state = {"retry": S.FAILED, "cancel": S.QUEUED, "repeat": S.SUCCEEDED}.get(name, S.UNCONFIRMED)
    more = {}
    if name == "retry_enrichment":
        state, more = S.SUCCEEDED, {"enrichment_status": "failed"}
    push = desk.push(state, **more)
    offered = {verb.name for verb in client.get(page(push)).context["verbs"]}
    assert name not in offered
    assert client.get(deed(push, name)).status_code == 403
    assert client.post(deed(push, name), {"confirmed": "1"}).status_code == 403
    push.refresh_from_db()
    assert (push.status, push.repeats.count()) == (state, 0)


@pytest.mark.parametrize(
    ("state", "name", "after"),
    [
        (S.UNCONFIRMED, "confirm", S.SUCCEEDED),
        (S.UNCONFIRMED, "push_again", S.QUEUED),
        (S.FAILED, "retry", S.QUEUED),
        (S.QUEUED, "cancel", S.CANCELLED),
    ],
)
def test_a_verb_is_done_by_post_and_noted_with_who_did_it(
    state: str, name: str, after: str
) -> None:
    desk = Desk()
    push = desk.push(state)
    assert desk.client.get(deed(push, name)).status_code == 200
    push.refresh_from_db()
    assert push.status == state
    response = desk.client.post(deed(push, name), {"confirmed": "1"}, follow=True)
    assert len(messages_of(response)) == 1
    push.refresh_from_db()
    assert (push.status, push.decided_by) == (after, desk.user)


@pytest.mark.parametrize("name", ["confirm", "push_again"])
def test_a_decision_needs_a_second_click(name: str) -> None:
    desk = Desk()
    push = desk.push(S.UNCONFIRMED)
    response = desk.client.post(deed(push, name))
    assert verbs.VERBS[name].question % {"count": 1} in text_of(response)
    push.refresh_from_db()
    assert push.status == S.UNCONFIRMED


def test_pushing_again_on_purpose_makes_a_new_push_and_leads_to_it() -> None:
    desk = Desk()
    push = desk.push(S.SUCCEEDED, applicant_id="a1")
    response = desk.client.post(deed(push, "repeat"), {"confirmed": "1"})
    again = push.repeats.get()
    assert response["Location"] == page(again)
    assert (again.status, again.known_applicants) == (S.QUEUED, ["a1"])
    assert again.requested_by == desk.user
    # A second time is refused, and said so.
    second = desk.client.post(deed(push, "repeat"), {"confirmed": "1"}, follow=True)
    assert push.repeats.count() == 1
    assert "left as it is" in messages_of(second)[-1]


SENDING: dict[str, dict[str, Any]] = {
    "retry": {"status": S.FAILED},
    "push_again": {"status": S.UNCONFIRMED},
    "repeat": {"status": S.SUCCEEDED},
    "retry_enrichment": {"status": S.SUCCEEDED, "enrichment_status": "failed"},
}


@pytest.mark.parametrize("name", SENDING)
def test_nothing_is_sent_from_a_source_that_was_closed_to_the_person(name: str) -> None:
    desk = Desk()
    push = desk.push(**SENDING[name])
    before = Push.objects.values().get()
    assert name in {verb.name for verb in desk.client.get(page(push)).context["verbs"]}
    desk.source.companies.clear()
    assert name not in {verb.name for verb in desk.client.get(page(push)).context["verbs"]}
    desk.client.post(deed(push, name), {"confirmed": "1"})
    form = {"action": name, "index": "0", "_selected_action": push.pk, "confirmed": "1"}
    desk.client.post("/admin/sync/push/", form)
    assert Push.objects.values().get() == before


def test_what_sends_nothing_is_still_done_after_its_source_was_closed() -> None:
    desk = Desk()
    waiting, unsure = desk.push(S.QUEUED), desk.push(S.UNCONFIRMED)
    desk.source.companies.clear()
    desk.client.post(deed(waiting, "cancel"))
    desk.client.post(deed(unsure, "confirm"), {"confirmed": "1"})
    assert set(Push.objects.values_list("status", flat=True)) == {S.CANCELLED, S.SUCCEEDED}


def test_a_verb_that_came_too_late_is_said_so() -> None:
    desk = Desk()
    push = desk.push(S.SUCCEEDED)
    response = desk.client.post(deed(push, "retry"), follow=True)
    assert "Nothing to do" in messages_of(response)[0]
    assert desk.client.post(deed(push, "explode")).status_code == 404


def test_the_number_of_statements_of_a_page_does_not_grow_with_its_attempts() -> None:
    desk = Desk()
    push = desk.push(S.FAILED)
    attempt(push)
    desk.client.get(page(push))
    with CaptureQueriesContext(connection) as few:
        desk.client.get(page(push))
    for number in range(2, 20):
        attempt(push, number=number)
    with CaptureQueriesContext(connection) as many:
        desk.client.get(page(push))
    assert len(many) == len(few)


# --- actions on the ticked ----------------------------------------------------------------------


def test_an_action_on_the_ticked_is_asked_about_then_done() -> None:
    desk = Desk()
    failed, succeeded, unticked = desk.push(S.FAILED), desk.push(S.SUCCEEDED), desk.push(S.FAILED)
    asked = tick(desk, "retry", failed, succeeded)
    text = text_of(asked)
    assert "Try this push again?" in text
    assert "1 more that you chose is not in a state for this" in text
    assert f'name="_selected_action" value="{failed.pk}"' in asked.content.decode()
    tick(desk, "retry", failed, succeeded, confirmed="1")
    states = dict(Push.objects.values_list("pk", "status"))
    assert states == {failed.pk: S.QUEUED, succeeded.pk: S.SUCCEEDED, unticked.pk: S.FAILED}


def test_select_all_means_all_that_the_filter_shows() -> None:
    desk = Desk()
    for _ in range(3):
        desk.push(S.QUEUED)
    elsewhere = desk.push(S.QUEUED, vacancy=make_vacancy(desk.company, "Other"))
    first = Push.objects.order_by("-pk").first()
    assert first is not None
    query = f"vacancy={desk.vacancy.pk}"
    across = {"select_across": "1", "confirmed": "1"}
    tick(desk, "cancel", first, query=query, **across)
    assert Push.objects.filter(status=S.CANCELLED).count() == 3
    elsewhere.refresh_from_db()
    assert elsewhere.status == S.QUEUED


def test_many_are_done_in_goes_and_the_rest_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verbs, "MOST_AT_ONCE", 3)
    monkeypatch.setattr(verbs, "BATCH", 2)
    desk = Desk()
    pushes = [desk.push(S.QUEUED) for _ in range(5)]
    tick(desk, "cancel", *pushes, confirmed="1")
    response = desk.client.get(LIST)
    assert messages_of(response) == [
        "3 pushes were cancelled.",
        "2 more are left: do it again for those.",
    ]
    assert Push.objects.filter(status=S.CANCELLED).count() == 3


def test_a_retry_whose_place_a_newer_push_has_taken_is_left_and_told() -> None:
    desk = Desk()
    old = desk.push(S.FAILED)
    desk.push(S.QUEUED, profile_key=old.profile_key)
    free = desk.push(S.FAILED)
    tick(desk, "retry", old, free, confirmed="1")
    told = messages_of(desk.client.get(LIST))
    assert told[0] == "1 push will be tried again."
    assert "1 push was left as it is" in told[1]
    old.refresh_from_db()
    free.refresh_from_db()
    assert (old.status, free.status) == (S.FAILED, S.QUEUED)


def test_actions_are_offered_by_permission() -> None:
    desk = Desk()
    desk.push()
    assert "Retry" in text_of(desk.client.get(LIST))
    client = client_of(make_user("reader", *VIEW, company=desk.company))
    html = client.get(LIST).content.decode()
    for name in ("retry", "cancel", "confirm", "push_again", "export"):
        assert f'value="{name}"' not in html


def test_a_push_of_another_company_cannot_be_ticked() -> None:
    desk = Desk()
    desk.push(S.FAILED)
    theirs = desk.push(S.FAILED, vacancy=make_vacancy(make_company("Nordique")))
    tick(desk, "retry", theirs, confirmed="1")
    theirs.refresh_from_db()
    assert theirs.status == S.FAILED


# --- CSV ----------------------------------------------------------------------------------------


def csv_of(response: Any) -> str:
    return b"".join(response.streaming_content).decode()


def test_the_export_holds_the_filtered_list_all_its_pages() -> None:
    desk = Desk()
    for _ in range(60):
        desk.push(S.SUCCEEDED)
    failed = desk.push(S.FAILED)
    response = desk.client.get(f"{LIST}export/?state=succeeded&p=1")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"].startswith('attachment; filename="pushes-')
    text = csv_of(response)
    assert len(text.strip().splitlines()) == 61
    assert failed.candidate_email not in text
    [only] = csv_of(desk.client.get(f"{LIST}export/?q={failed.candidate_email}")).splitlines()[1:]
    assert failed.candidate_email in only


def test_the_export_holds_nothing_of_another_company() -> None:
    desk = Desk()
    mine = desk.push()
    theirs = desk.push(vacancy=make_vacancy(make_company("Nordique")))
    text = csv_of(desk.client.get(f"{LIST}export/"))
    assert mine.candidate_email in text
    assert theirs.candidate_email not in text
    assert "Nordique" not in text


def test_the_ticked_can_be_exported_alone() -> None:
    desk = Desk()
    ticked, other = desk.push(), desk.push()
    text = csv_of(tick(desk, "export", ticked))
    assert ticked.candidate_email in text
    assert other.candidate_email not in text


def test_an_export_needs_its_permission() -> None:
    desk = Desk()
    client = client_of(make_user("reader", *VIEW, company=desk.company))
    assert client.get(f"{LIST}export/").status_code == 403
    assert "Export" not in text_of(client.get(LIST))
    assert (
        f"{LIST}export/?state=failed"
        in desk.client.get(f"{LIST}?state=failed&p=0").content.decode()
    )
