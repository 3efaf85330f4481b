"""No page shows a stored secret, whatever the role."""

from __future__ import annotations

import pytest

from tests.admin.access.route_rules import routes
from tests.admin.access.two_companies import Both, address, ask, both, text_of

pytestmark = pytest.mark.django_db
__all__ = ["both"]


@pytest.mark.once
@pytest.mark.parametrize("role", "RLAOSX")
def test_no_page_shows_a_stored_secret(both: Both, role: str) -> None:
    source, company = both.ours.rows["hrflowsource"], both.ours.rows["flatchrcompany"]
    source.api_secret, source.webhook_secret = "planted-api-4f2a", "planted-hook-4f2b"
    source.save()
    company.auth = "planted-auth-4f2c"
    company.save()
    for pattern, name in routes():
        for method in ("get", "post"):
            text = text_of(ask(both.clients[role], method, address(both, pattern, role, both.ours)))
            assert "planted" not in text, f"{method} {name}"


@pytest.mark.once
@pytest.mark.parametrize("role", "RLAX")
def test_only_who_manages_credentials_sees_the_address_of_a_webhook(both: Both, role: str) -> None:
    tokens = [both.ours.rows[name].webhook_token for name in ("hrflowsource", "flatchrcompany")]
    for pattern, name in routes():
        text = text_of(ask(both.clients[role], "get", address(both, pattern, role, both.ours)))
        assert not any(token in text for token in tokens), name


def test_an_operator_sees_the_address_of_a_webhook(both: Both) -> None:
    source = both.ours.rows["hrflowsource"]
    page = ask(both.clients["O"], "get", f"/admin/sync/hrflowsource/{source.pk}/change/")
    assert source.webhook_token in text_of(page)
