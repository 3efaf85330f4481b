"""Every form of a CV in the table, downloaded over a socket."""

from __future__ import annotations

import pytest

from sync.exceptions import DoubtfulError
from sync.vocabulary import ErrorCode
from tests.cases import Case
from tests.cases.sending.resumes import CASES, FORMS
from tests.clients.resumes.resume_files import error_of, get
from tests.clients.resumes.resume_forms import DOCX, JPEG, PDF, base64_text, data_url, framed
from tests.raw_server import say, serving


@pytest.mark.parametrize("case", [one for one in CASES if one.test == FORMS], ids=str)
def test_a_cv_is_what_its_bytes_are(case: Case) -> None:
    served, declared, headers = case.input
    with serving(say(200, served, declared, **headers)) as server:
        if isinstance(case.right, ErrorCode):
            error = error_of(server)
            assert error.code == case.right
            assert isinstance(error, DoubtfulError) or error.code != ErrorCode.RESUME_CUT
            assert "%(" not in str(error)
            return
        found = get(server)
    kind, data = case.right
    assert (found.content_type, found.data) == (kind.content_type, data)
    assert found.file_name == f"CV_Zoé{kind.extension}"


@pytest.mark.parametrize(
    ("served", "as_served"),
    [(PDF, True), (base64_text(PDF), False), (data_url(PDF), False), (framed(PDF), False)],
)
def test_it_is_told_whether_the_address_serves_the_file_itself(
    served: bytes, as_served: bool
) -> None:
    with serving(say(200, served)) as server:
        assert get(server).as_served is as_served


@pytest.mark.parametrize(
    ("data", "size", "is_doubted"),
    [
        (PDF, len(PDF), False),
        (PDF, len(PDF) - 1, False),
        (PDF, len(PDF) + 1, True),
        (JPEG, 10_000, True),
        (DOCX, 10_000, False),  # the end of an archive lists what is in it
        (base64_text(PDF), len(PDF) + 1, False),
        (PDF, None, False),
    ],
)
def test_a_file_that_is_shorter_than_hrflow_says_is_doubted(
    data: bytes, size: int | None, is_doubted: bool
) -> None:
    with serving(say(200, data)) as server:
        if is_doubted:
            error = error_of(server, expected_bytes=size)
            assert (type(error), error.code) == (DoubtfulError, ErrorCode.RESUME_CUT)
        else:
            get(server, expected_bytes=size)


@pytest.mark.parametrize("wrap", [base64_text, framed, data_url])
def test_what_is_inside_obeys_the_limit_too(wrap: object) -> None:
    assert callable(wrap)
    served = wrap(PDF * 40)
    with serving(say(200, served)) as server:
        assert error_of(server, max_bytes=len(served) - 1).code == ErrorCode.RESUME_TOO_LARGE
