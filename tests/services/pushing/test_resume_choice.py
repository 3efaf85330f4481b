"""Which of a profile's files is sent, what is tried again, and when a link will not do."""

from __future__ import annotations

from typing import Any

import pytest

from sync.models import FlatchrCompany, Push
from sync.models.accounts import ResumeTransport
from sync.models.states import PushStatus
from sync.vocabulary import ErrorCode
from sync.vocabulary.explanations import told
from tests.clients.resumes.resume_forms import PDF, base64_text
from tests.conftest import World
from tests.pushing import fault, finish, slow_clock
from tests.raw_server import RawServer, cut, say, serving

pytestmark = pytest.mark.django_db
__all__ = ["slow_clock"]
GOOD = say(200, PDF, "application/pdf")


def push_files(world: World, settings: Any, server: RawServer, *files: tuple[str, Any]) -> Push:
    """Push a profile whose files, a kind and a size each, lie at the server."""
    settings.RESUME_ALLOWED_PRIVATE_HOSTS = ["127.0.0.1"]
    attachments = [
        {"type": kind, "file_name": kind, "public_url": f"{server.url}/{kind}", "file_size": size}
        for kind, size in files
    ]
    return world.push(world.sandbox.add_profile(attachments=attachments))


def cv_step(push: Push) -> dict[str, Any]:
    return [one for one in push.tries.latest("pk").steps if one["stage"] == "resume"][-1]


BOTH = (("original", None), ("resume", None))
DEAD: dict[str, Any] = {
    "gone": say(404),
    "expired": say(410),
    "forbidden": say(403),
    "empty": say(200, b"", "application/pdf"),
    "a program": say(200, b"MZ\x90\0\3", "application/pdf"),
    "too large": cut(PDF, 10**9, "application/pdf"),
    "elsewhere": say(302, "", Location="http://10.0.0.1/cv"),
}


@pytest.mark.parametrize("name", DEAD)
def test_the_original_is_sent_where_the_cv_certainly_cannot_be(
    world: World, settings: Any, name: str
) -> None:
    with serving(DEAD[name], GOOD) as server:
        push = push_files(world, settings, server, *BOTH)
        assert [request.path for request in server.requests] == ["/resume", "/original"]
    assert (push.status, push.attempts) == (PushStatus.SUCCEEDED, 1)
    step = cv_step(push)
    hops = 3 if name == "elsewhere" else 2
    assert [one["service"] for one in step["exchanges"]] == ["resume"] * hops
    assert "“resume”" in step["message"] and "“original”" in told(step["note"])
    assert len(world.sandbox.received()) == 1


@pytest.mark.parametrize("trouble", [say(503), say(200, "<html>wait</html>", "text/html")])
def test_a_cv_that_may_come_later_is_waited_for(
    world: World, settings: Any, slow_clock: None, trouble: Any
) -> None:
    with serving(trouble, GOOD) as server:
        push = push_files(world, settings, server, *BOTH)
        assert push.status == PushStatus.RETRYING
        finish(world)
        assert [request.path for request in server.requests] == ["/resume", "/resume"]
    push.refresh_from_db()
    assert (push.status, cv_step(push)["note"]) == (PushStatus.SUCCEEDED, "")


def test_with_no_usable_file_the_first_one_is_blamed(world: World, settings: Any) -> None:
    with serving(say(410), say(200, b"", "application/pdf")) as server:
        push = push_files(world, settings, server, *BOTH)
    assert (push.status, push.error_code) == (PushStatus.FAILED, ErrorCode.RESUME_NOT_FOUND)


def test_an_original_that_may_come_later_is_waited_for(
    world: World, settings: Any, slow_clock: None
) -> None:
    with serving(say(404), say(503), say(404), GOOD) as server:
        push = push_files(world, settings, server, *BOTH)
        assert (push.status, push.error_code) == (
            PushStatus.RETRYING,
            ErrorCode.RESUME_UNREACHABLE,
        )
        finish(world)
    push.refresh_from_db()
    assert push.status == PushStatus.SUCCEEDED


# --- files that are cut short -------------------------------------------------------------------
def test_a_cut_pdf_is_downloaded_again_later(world: World, settings: Any, slow_clock: None) -> None:
    with serving(say(200, PDF[:-8]), GOOD) as server:
        push = push_files(world, settings, server, ("resume", len(PDF)))
        assert (push.status, push.error_code) == (PushStatus.RETRYING, ErrorCode.RESUME_CUT)
        finish(world)
    push.refresh_from_db()
    assert (push.status, push.attempts) == (PushStatus.SUCCEEDED, 2)


def test_a_pdf_that_is_cut_twice_fails_with_its_reason(
    world: World, settings: Any, slow_clock: None
) -> None:
    with serving(say(200, PDF[:-8])) as server:
        push = push_files(world, settings, server, ("resume", None))
        finish(world)
    push.refresh_from_db()
    assert (push.status, push.error_code, push.attempts) == (
        PushStatus.FAILED,
        ErrorCode.RESUME_CUT,
        2,
    )
    assert "its end is missing" in push.explanation
    assert world.sandbox.received() == []


def test_a_pdf_that_is_cut_twice_gives_way_to_the_original(
    world: World, settings: Any, slow_clock: None
) -> None:
    with serving(say(200, PDF[:-8]), say(200, PDF[:-8]), GOOD) as server:
        push = push_files(world, settings, server, *BOTH)
        finish(world)
    push.refresh_from_db()
    assert (push.status, push.attempts) == (PushStatus.SUCCEEDED, 2)
    assert "“original”" in cv_step(push)["message"]


def test_a_size_that_is_wrong_twice_costs_no_candidate(
    world: World, settings: Any, slow_clock: None
) -> None:
    """HrFlow may give the size of another version of the file."""
    with serving(GOOD) as server:
        push = push_files(world, settings, server, ("resume", str(len(PDF) + 5)))
        assert (push.status, push.error_code) == (PushStatus.RETRYING, ErrorCode.RESUME_CUT)
        finish(world)
    push.refresh_from_db()
    assert (push.status, push.attempts) == (PushStatus.SUCCEEDED, 2)
    assert str(len(PDF) + 5) in told(cv_step(push)["note"])


# --- links --------------------------------------------------------------------------------------
LINKS = [
    ("/cv", PDF, "link", ""),
    ("/cv?X-Amz-Expires=900&X-Amz-Signature=a", PDF, "document", "will expire"),
    ("/cv?se=2026-01-01&sig=a", PDF, "document", "will expire"),
    ("/cv", base64_text(PDF), "document", "plain file"),
]


@pytest.mark.parametrize(("path", "served", "sent", "said"), LINKS)
def test_a_link_that_will_not_do_is_replaced_by_the_document(
    world: World, settings: Any, path: str, served: bytes, sent: str, said: str
) -> None:
    FlatchrCompany.objects.update(resume_transport=ResumeTransport.LINK)
    settings.RESUME_ALLOWED_PRIVATE_HOSTS = ["127.0.0.1"]
    with serving(say(200, served)) as server:
        attachment = {"type": "resume", "public_url": server.url + path}
        push = world.push(world.sandbox.add_profile(attachments=[attachment]))
    assert push.status == PushStatus.SUCCEEDED
    [applicant] = world.sandbox.received()
    step = cv_step(push)
    assert (applicant["type"], said in step["message"]) == (sent, True)
    assert bool(step["note"]) is bool(said)


def test_the_link_of_the_file_that_lives_is_sent(world: World, settings: Any) -> None:
    FlatchrCompany.objects.update(resume_transport=ResumeTransport.LINK)
    with serving(say(404), GOOD) as server:
        push_files(world, settings, server, *BOTH)
        [applicant] = world.sandbox.received()
        assert applicant["link"] == f"{server.url}/original"


# --- what storage does to files -----------------------------------------------------------------
@pytest.mark.parametrize(
    "kind",
    ["file_base64", "file_data_url", "file_framed", "file_gzip_unsaid", "file_gzip_untrue"],
)
def test_the_file_itself_arrives_however_it_was_stored(world: World, kind: str) -> None:
    world.sandbox.set_faults(fault("file", kind, times=None))
    push = world.push(world.keys(1)[0], source=world.bulk)
    assert push.status == PushStatus.SUCCEEDED
    [applicant] = world.sandbox.received()
    assert applicant["resume"]["looks_like"] == "pdf"
    assert applicant["resume"]["profile_key"] == push.profile_key


def test_a_web_archive_arrives_as_the_word_document_it_pretends_to_be(world: World) -> None:
    world.sandbox.set_faults(fault("file", "file_web_archive"))
    world.push(world.keys(1)[0], source=world.bulk)
    [applicant] = world.sandbox.received()
    assert applicant["resume"]["content_type"] == "application/msword"


def test_a_file_that_storage_cut_arrives_whole_later(world: World, slow_clock: None) -> None:
    world.sandbox.set_faults(fault("file", "file_cut"))
    push = world.push(world.keys(1)[0], source=world.bulk)
    assert (push.status, push.error_code) == (PushStatus.RETRYING, ErrorCode.RESUME_CUT)
    finish(world)
    push.refresh_from_db()
    assert (push.status, push.attempts) == (PushStatus.SUCCEEDED, 2)
