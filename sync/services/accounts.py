"""Clients for the accounts as they are set up: decrypted credentials, limits, time-outs."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings

from sync.clients.flatchr import FlatchrClient
from sync.clients.hrflow import HrFlowClient
from sync.clients.http import Exchange
from sync.models import FlatchrCompany, HrFlowSource

Observe = Callable[[Exchange], None] | None
Throttle = Callable[[], None] | None


def hrflow_client(
    source: HrFlowSource, *, throttle: Throttle = None, observe: Observe = None
) -> HrFlowClient:
    """Raises SecretUnreadableError where the stored key cannot be decrypted."""
    return HrFlowClient(
        api_user=source.api_user,
        api_secret=source.api_secret,
        base_url=settings.HRFLOW_API_URL,
        timeout=settings.HTTP_TIMEOUT_SECONDS,
        throttle=throttle,
        observe=observe,
    )


def flatchr_client(
    company: FlatchrCompany, *, throttle: Throttle = None, observe: Observe = None
) -> FlatchrClient:
    """Raises SecretUnreadableError where the stored key cannot be decrypted."""
    return FlatchrClient(
        auth=company.auth,
        company=company.company,
        api_url=settings.FLATCHR_API_URL,
        careers_url=settings.FLATCHR_CAREERS_URL,
        timeout=settings.HTTP_TIMEOUT_SECONDS,
        throttle=throttle,
        observe=observe,
    )
