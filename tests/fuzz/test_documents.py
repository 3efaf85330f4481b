"""Whatever bytes come as a CV: a kind of document that we know, or a reason."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.clients import file_types
from sync.clients.resume_download import as_document
from sync.exceptions import SyncError
from tests.clients.resumes.resume_files import get
from tests.fuzz.budget import check_told, fuzz
from tests.fuzz.documents import DECLARED, files
from tests.fuzz.json_shapes import texts
from tests.fuzz.peers import links
from tests.fuzz.wire import answers, says
from tests.raw_server import RawServer, hang_up, serving

pytestmark = pytest.mark.once

declared = st.sampled_from(DECLARED) | texts


@pytest.fixture(scope="module")
def server() -> Iterator[RawServer]:
    with serving(hang_up) as server:
        yield server


@fuzz(250)
@given(files, declared)
def test_every_file_is_of_a_kind_or_of_none(data: bytes, kind: str) -> None:
    found = file_types.recognise(data, kind)
    file_types.is_page(data)
    assert found is None or (found.extension[0] == "." and "/" in found.content_type)
    # A page is never a document, whatever it is called.
    assert not data.lower().startswith((b"<!doctype html", b"<html")) or found is None


@fuzz(100)
@given(texts)
def test_a_file_name_is_plain_and_short(wanted: str) -> None:
    name = file_types.file_name(wanted, file_types.PDF)
    assert name.endswith(".pdf") and 5 <= len(name) <= 104
    assert not set(name) & set('/\\:*?"<>|\0\n')


@fuzz(60)
@given(answers(files), texts)
def test_a_download_ends_with_a_document_or_a_reason(
    server: RawServer, answer: bytes, name: str
) -> None:
    server.answer_with(says(answer))
    try:
        resume = get(server, file_name=name, timeout=0.5, max_bytes=3000)
    except SyncError as error:
        check_told(error)
    else:
        assert 0 < len(resume.data) <= 3000 and json.dumps(as_document(resume))


@fuzz(60)
@given(links)
def test_no_address_of_a_cv_breaks_the_download(address: str) -> None:
    """None of them leads to a server: nobody is asked for one here."""
    try:
        get(address.replace("example", "invalid"), timeout=0.01, max_bytes=10)
    except SyncError as error:
        check_told(error)
