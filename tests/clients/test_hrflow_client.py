"""HrFlow's envelopes, as documented and as they come on a bad day."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from sync.clients.hrflow import HrFlowClient
from sync.exceptions import CredentialsError, PermanentError, RetryableError, SyncError
from sync.vocabulary import ErrorCode
from tests.raw_server import RawServer, hang, reset, say, serving
from tests.sandbox_fixture import SandboxHandle, start_sandbox

KEY, SOURCE, SECRET = "k" * 40, "s" * 40, "ask_0123456789"


def client(server: RawServer) -> HrFlowClient:
    return HrFlowClient(
        api_user="user@example.com", api_secret=SECRET, base_url=f"{server.url}/v1/", timeout=0.5
    )


def envelope(data: Any, code: int = 200, **more: Any) -> dict[str, Any]:
    return {"code": code, "message": "said", "data": data, **more}


def read(answer: Any) -> Any:
    with serving(answer) as server:
        return client(server).read_profile(SOURCE, KEY)


def error_of(answer: Any) -> SyncError:
    with pytest.raises(SyncError) as caught:
        read(answer)
    return caught.value


def test_it_reads_a_profile_with_its_credentials() -> None:
    with serving(say(200, envelope({"key": KEY, "info": None}))) as server:
        assert client(server).read_profile(SOURCE, KEY) == {"key": KEY, "info": None}
        (request,) = server.requests
    assert request.path == f"/v1/profile/indexing?source_key={SOURCE}&key={KEY}"
    assert request.headers["x-api-key"] == SECRET
    assert request.headers["x-user-email"] == "user@example.com"


UNREADABLE = [
    say(200, "<html>login</html>", "text/html"),
    say(200, ""),
    say(200, "[]"),
    say(200, envelope(None)),
    say(200, envelope([])),
    say(200, envelope("text")),
    say(200, {}),
    say(200, envelope({"key": "somebody-else"})),
]


@pytest.mark.parametrize("answer", UNREADABLE)
def test_an_answer_that_is_no_profile_is_retryable(answer: Any) -> None:
    error = error_of(answer)
    assert (type(error), error.code) == (RetryableError, ErrorCode.HRFLOW_UNREADABLE)


NOT_FOUND = {"code": 400, "message": "Unable to find object: profile"}
ROWS = [
    (say(400, NOT_FOUND), PermanentError, ErrorCode.PROFILE_NOT_FOUND),
    (say(200, NOT_FOUND), PermanentError, ErrorCode.PROFILE_NOT_FOUND),
    (say(404, "nothing", "text/plain"), PermanentError, ErrorCode.PROFILE_NOT_FOUND),
    (say(400, envelope(None, 400)), PermanentError, ErrorCode.HRFLOW_REJECTED),
    (say(200, envelope(None, 422)), PermanentError, ErrorCode.HRFLOW_REJECTED),
    (say(401, envelope(None, 401)), CredentialsError, ErrorCode.HRFLOW_CREDENTIALS),
    (say(200, envelope(None, 403)), CredentialsError, ErrorCode.HRFLOW_CREDENTIALS),
    (say(429, "", Retry_After="4"), RetryableError, ErrorCode.HRFLOW_RATE_LIMITED),
    (say(200, envelope(None, 429)), RetryableError, ErrorCode.HRFLOW_RATE_LIMITED),
    (say(500, "oops", "text/plain"), RetryableError, ErrorCode.HRFLOW_FAULT),
    (say(200, envelope(None, 503)), RetryableError, ErrorCode.HRFLOW_FAULT),
    (say(301, "", Location="/"), RetryableError, ErrorCode.HRFLOW_FAULT),
    (reset, RetryableError, ErrorCode.HRFLOW_UNREACHABLE),
    (hang, RetryableError, ErrorCode.HRFLOW_UNREACHABLE),
]


@pytest.mark.parametrize(("answer", "kind", "code"), ROWS)
def test_it_maps_an_error(answer: Any, kind: type[SyncError], code: ErrorCode) -> None:
    error = error_of(answer)
    assert (type(error), error.code) == (kind, code)


def test_it_passes_on_the_wait_it_is_asked_for() -> None:
    error = error_of(say(429, "", Retry_After="4"))
    assert isinstance(error, RetryableError)
    assert error.retry_after == 4.0


def test_a_refusal_that_repeats_the_key_does_not_store_it() -> None:
    error = error_of(say(400, {"code": 400, "message": f"bad key {SECRET} of a@b.fr"}))
    assert "bad key [secret] of [e-mail]" in str(error)
    assert SECRET not in repr(error)


def test_it_checks_the_credentials() -> None:
    with serving(say(200, envelope({})), say(401, envelope(None, 401))) as server:
        client(server).check_credentials()
        with pytest.raises(CredentialsError):
            client(server).check_credentials()
        assert server.requests[0].path == "/v1/auth"


def test_it_lists_a_page_of_a_source() -> None:
    meta = {"page": 2, "maxPage": 5, "count": 1, "total": 9}
    with serving(say(200, envelope([{"key": KEY}], meta=meta))) as server:
        page = client(server).list_profiles(SOURCE, page=2, limit=2, return_profile=False)
        query = parse_qs(urlsplit(server.requests[0].path).query)
    assert (page.profiles, page.page, page.max_page, page.total) == ([{"key": KEY}], 2, 5, 9)
    assert query == {
        "source_keys": [json.dumps([SOURCE])],
        "page": ["2"],
        "limit": ["2"],
        "sort_by": ["updated_at"],
        "order_by": ["desc"],
        "return_profile": ["false"],
    }


@pytest.mark.parametrize(("count", "max_page"), [(2, 2), (1, 1), (0, 1)])
def test_without_a_page_count_a_full_page_may_have_another_behind_it(
    count: int, max_page: int
) -> None:
    with serving(say(200, envelope([{"key": KEY}] * count))) as server:
        assert client(server).list_profiles(SOURCE, limit=2).max_page == max_page


def test_an_unknown_source_is_a_refused_request_when_listing() -> None:
    with serving(say(400, NOT_FOUND)) as server, pytest.raises(PermanentError) as caught:
        client(server).list_profiles(SOURCE)
    assert caught.value.code == ErrorCode.HRFLOW_REJECTED


@pytest.mark.parametrize("data", [None, {}, "x", [None], ["key"]])
def test_a_list_of_anything_else_is_an_error_not_an_empty_page(data: Any) -> None:
    with serving(say(200, envelope(data))) as server, pytest.raises(RetryableError) as caught:
        client(server).list_profiles(SOURCE)
    assert caught.value.code == ErrorCode.HRFLOW_UNREADABLE


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxHandle]:
    with start_sandbox(profiles=30) as handle:
        yield handle


def account(sandbox: SandboxHandle, **changed: str) -> HrFlowClient:
    options = {"api_user": sandbox.api_user, "api_secret": sandbox.api_secret} | changed
    return HrFlowClient(base_url=sandbox.hrflow_url, **options)


def test_the_sandbox_knows_its_own_credentials_only(sandbox: SandboxHandle) -> None:
    account(sandbox).check_credentials()
    for wrong in ({"api_secret": "ask_wrong"}, {"api_user": "nobody@example.com"}):
        with pytest.raises(CredentialsError) as caught:
            account(sandbox, **wrong).check_credentials()
        assert "ask_wrong" not in repr(caught.value)


def test_every_profile_of_a_source_is_listed_and_can_be_read(sandbox: SandboxHandle) -> None:
    source, flow = sandbox.source_keys["main"], account(sandbox)
    first = flow.list_profiles(source, limit=7)
    rest = [flow.list_profiles(source, page=n, limit=7) for n in range(2, first.max_page + 1)]
    keys = {profile["key"] for page in (first, *rest) for profile in page.profiles}
    assert len(keys) == first.total == 30
    assert all(flow.read_profile(source, key)["key"] == key for key in keys)
    assert sandbox.violations() == []


def test_the_sandbox_does_not_know_a_wrong_key(sandbox: SandboxHandle) -> None:
    with pytest.raises(PermanentError) as caught:
        account(sandbox).read_profile(sandbox.source_keys["main"], "0" * 40)
    assert caught.value.code == ErrorCode.PROFILE_NOT_FOUND
