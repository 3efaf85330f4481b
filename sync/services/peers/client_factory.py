"""The only place that builds clients: credentials, time-outs, and the account's rate limit."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings

from sync.clients.flatchr import FlatchrClient
from sync.clients.hrflow import HrFlowClient
from sync.clients.http import Exchange
from sync.models import FlatchrCompany, HrFlowSource
from sync.services.peers.rate_limits import company_throttle, hrflow_throttle
from sync.services.queue.writer import DirectWriter, Writer

Observe = Callable[[Exchange], None] | None
Throttle = Callable[[], None] | None


def hrflow_client(
    source: HrFlowSource, writer: Writer | None = None, *, observe: Observe = None
) -> HrFlowClient:
    """For a source; waits for its user's turn before each request.

    `writer`: takes the turns; none in code that owns its thread. Raises SecretUnreadableError where
    the stored key cannot be decrypted.
    """
    return hrflow_client_with(
        api_user=source.api_user,
        api_secret=source.api_secret,
        throttle=hrflow_throttle(source, writer or DirectWriter()),
        observe=observe,
    )


def hrflow_client_with(
    *, api_user: str, api_secret: str, throttle: Throttle = None, observe: Observe = None
) -> HrFlowClient:
    """With credentials that lie in no row of ours."""
    return HrFlowClient(
        api_user=api_user,
        api_secret=api_secret,
        base_url=settings.HRFLOW_API_URL,
        timeout=settings.HTTP_TIMEOUT_SECONDS,
        throttle=throttle,
        observe=observe,
    )


def flatchr_client(
    company: FlatchrCompany,
    writer: Writer | None = None,
    *,
    throttle: Throttle = None,
    observe: Observe = None,
) -> FlatchrClient:
    """For a company; waits for its turn before each request, or as `throttle` says.

    Raises SecretUnreadableError where the stored key cannot be decrypted.
    """
    return flatchr_client_with(
        auth=company.auth,
        company=company.company,
        throttle=throttle or company_throttle(company, writer or DirectWriter()),
        observe=observe,
    )


def flatchr_client_with(
    *, auth: str, company: str, throttle: Throttle = None, observe: Observe = None
) -> FlatchrClient:
    """With credentials that lie in no row of ours."""
    return FlatchrClient(
        auth=auth,
        company=company,
        api_url=settings.FLATCHR_API_URL,
        careers_url=settings.FLATCHR_CAREERS_URL,
        timeout=settings.HTTP_TIMEOUT_SECONDS,
        throttle=throttle,
        observe=observe,
    )
