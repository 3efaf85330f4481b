"""A CV that is downloaded from a server of the test."""

from __future__ import annotations

from typing import Any

import pytest

from sync.clients.resume_download import Resume, download_resume
from sync.exceptions import SyncError
from tests.raw_server import RawServer

PDF = b"%PDF-1.4\n1 0 obj\n%%EOF\n"


def get(where: RawServer | str, **options: Any) -> Resume:
    url = where if isinstance(where, str) else f"{where.url}/cv"
    options = {
        "file_name": "CV_Zoé",
        "max_bytes": 1_000_000,
        "allowed_private_hosts": ["127.0.0.1"],
        "timeout": 2.0,
    } | options
    return download_resume(url, **options)


def error_of(where: RawServer | str, **options: Any) -> SyncError:
    with pytest.raises(SyncError) as caught:
        get(where, **options)
    return caught.value
