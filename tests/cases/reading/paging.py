"""How a list ends before its source does: `input` is what the sandbox is set to (60 profiles, 20 a
page), `right` how many profiles are read and whether people are told that it is a part."""

from __future__ import annotations

from typing import Any

from tests.cases import Case

TEST = "services/intake/test_paging.py::test_what_hrflow_shows_is_read_and_the_rest_is_not_gone"
_ENDS: list[tuple[str, dict[str, Any], tuple[int, bool]]] = [
    ("deep paging refused", {"list_depth": 40}, (40, True)),
    ("refused after the first page", {"list_depth": 20}, (20, True)),
    ("refused within a page", {"list_depth": 50}, (40, True)),
    ("an empty page", {"list_depth": 40, "list_end": "empty"}, (40, True)),
    ("a short page", {"list_depth": 50, "list_end": "empty"}, (50, True)),
    ("too few pages named", {"list_depth": 40, "list_end": "hidden"}, (40, True)),
    ("a short last page", {"list_depth": 30, "list_end": "hidden"}, (30, True)),
    ("the whole list", {}, (60, False)),
    ("a depth beyond the end", {"list_depth": 100}, (60, False)),
    ("exactly at the end", {"list_depth": 60}, (60, False)),
    ("a usual depth, in the total too", {"list_depth": 40, "list_end": "hidden_total"}, (40, True)),
]
CASES = [Case("paging", name, faults, right, TEST) for name, faults, right in _ENDS]
