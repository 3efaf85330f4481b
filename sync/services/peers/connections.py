"""Checking that accounts can be reached with the credentials stored for them."""

from __future__ import annotations

from sync.models import FlatchrCompany, HrFlowSource
from sync.services.peers.client_factory import flatchr_client, hrflow_client


def check_source(source: HrFlowSource) -> int | None:
    """Check credentials and source key; return how many profiles the source holds, where HrFlow
    says so.

    Raises SyncError or ConfigurationError with what exactly is wrong.
    """
    client = hrflow_client(source)
    client.check_credentials()
    return client.list_profiles(source.source_key, limit=1, return_profile=False).total


def check_company(company: FlatchrCompany) -> int:
    """Check API key and company key; return how many stages the company has.

    Raises SyncError or ConfigurationError with what exactly is wrong.
    """
    return len(flatchr_client(company).list_columns())
