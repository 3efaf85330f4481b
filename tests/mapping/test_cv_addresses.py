"""The address of a CV, as it is asked for and as Flatchr is given it."""

from __future__ import annotations

import pytest

from sync.mapping.attachments import file_address, list_resumes, will_expire
from tests.cases import Case
from tests.cases.sending.resumes import ADDRESSES, CASES, EXPIRING


@pytest.mark.parametrize("case", [one for one in CASES if one.test == ADDRESSES], ids=str)
def test_an_address_is_encoded_once(case: Case) -> None:
    assert file_address(case.input) == case.right
    assert file_address(case.right) == case.right


@pytest.mark.parametrize("case", [one for one in CASES if one.test == EXPIRING], ids=str)
def test_an_address_tells_whether_it_will_expire(case: Case) -> None:
    assert will_expire(case.input) is case.right


@pytest.mark.parametrize("authority", ["a℀b.fr", "exa mple.é", "é@127.0.0.1", "é:80:90", "é..fr"])
def test_what_is_no_host_does_not_become_one(authority: str) -> None:
    address = file_address(f"https://{authority}/cv")
    assert address.isascii()
    assert "%" in address.split("/")[2] or "@" in address


def test_all_cvs_are_listed_the_best_first() -> None:
    def cv(kind: str, day: int) -> dict[str, str]:
        url = f"https://f.io/{kind}/{day}"
        return {"type": kind, "public_url": url, "created_at": f"2024-01-0{day}"}

    attachments = [cv("original", 3), cv("resume", 1), cv("photo", 4), cv("resume", 2)]
    found = [
        one.url.removeprefix("https://f.io/") for one in list_resumes({"attachments": attachments})
    ]
    assert found == ["resume/2", "resume/1", "original/3"]
