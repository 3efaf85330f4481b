"""Every address there is, asked for by every role, with one's own rows and with somebody else's.

`RULES` says who gets through. An address without a rule fails `test_every_route_has_a_rule`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.admin.access.route_rules import ROLES, RULES, SEES_ALL, routes, rule_for
from tests.admin.access.two_companies import Both, address, ask, assert_silent, both, text_of

pytestmark = pytest.mark.django_db
__all__ = ["both"]


def outcome(response: Any) -> str:
    """`through`, or how it was refused."""
    status = response.status_code
    if status == 302:
        target = response["Location"]
        if target.startswith("/admin/login/"):
            return "login"
        return "elsewhere" if target in ("/admin/", "/admin/sync/profile/") else "through"
    return "through" if status == 200 else str(status)


def test_every_route_has_a_rule() -> None:
    names = [name for _, name in routes()]
    assert [name for name in names if rule_for(name) is None] == []
    assert set(RULES) - set(names) == set(), "a rule without a route"
    assert len(names) > 140


@pytest.mark.once
@pytest.mark.parametrize("role", ROLES)
def test_each_role_gets_through_where_its_rule_says(both: Both, role: str) -> None:
    wrong = []
    for pattern, name in routes():
        rule = rule_for(name)
        assert rule is not None
        path = address(both, pattern, role, both.ours)
        told = outcome(ask(both.clients[role], rule.method, path))
        if (told == "through") != (role in rule.who):
            wrong.append(f"{rule.method} {name} ({path}): {told}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.once
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("method", ["get", "post"])
def test_no_role_gets_through_to_what_is_of_another_company(
    both: Both, role: str, method: str
) -> None:
    wrong = []
    for pattern, name in routes():
        rule = rule_for(name)
        if rule is None or rule.global_:
            continue
        told = outcome(ask(both.clients[role], method, address(both, pattern, role, both.theirs)))
        may = role in SEES_ALL and not rule.own_only
        if told == "through" and not (may and role in rule.who):
            wrong.append(f"{method} {name}: {told}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.once
@pytest.mark.parametrize("role", "RLAXN")
@pytest.mark.parametrize("method", ["get", "post"])
def test_no_page_tells_anything_of_another_company(both: Both, role: str, method: str) -> None:
    """Whatever the address, and whatever the answer: lists, pages, errors, exports."""
    assert_silent(both, role, ((method, p) for p in _all_paths(both, role)))


def _all_paths(both: Both, role: str) -> Iterator[str]:
    for pattern, _ in routes():
        for side in (both.ours, both.theirs):
            yield address(both, pattern, role, side)
    source = both.ours.rows["common"].source_id
    yield f"/admin/sync/profile/{both.ours.rows['common'].pk}/change/"
    yield f"/admin/sync/hrflowsource/{source}/change/"
    yield f"/admin/sync/hrflowsource/{source}/progress/"
    yield f"/admin/sync/profile/?source__id__exact={source}"


INLINE = re.compile(
    r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")[^>]*>|<style|\sstyle=|\son\w+=\""
    r"|javascript:|<base\b|<object|<embed|<iframe",
    re.I,
)


@pytest.mark.once
def test_no_page_has_anything_inline(both: Both) -> None:
    for pattern, name in routes():
        response = ask(both.clients["S"], "get", address(both, pattern, "S", both.ours))
        if response.headers.get("Content-Type", "").startswith("text/html"):
            assert not INLINE.findall(text_of(response)), name
