"""Who is archived in HrFlow, and how a push is asked for; `right`: the pushes that are made, by
state. `input`: when it was archived (before or after the last import, or after queueing), and the
way."""

from __future__ import annotations

from tests.cases import Case

TEST = "services/intake/test_archived.py::test_an_archived_profile_is_sent_on_no_way"
_WAYS: list[tuple[tuple[str, str], dict[str, int]]] = [
    (("before the import", "command"), {}),
    (("before the import", "sync"), {}),
    (("before the import", "incremental"), {}),
    (("before the import", "event"), {}),
    (("before the import", "event with the profile"), {}),
    (("after the import", "command"), {"failed": 1}),
    (("after the import", "sync"), {}),
    (("after the import", "incremental"), {}),
    (("after the import", "event"), {"failed": 1}),
    (("after the import", "event with the profile"), {}),
    (("after queueing", "command"), {"failed": 1}),
    (("after queueing", "sync"), {"failed": 1}),
    (("deleted", "command"), {}),
    (("taken out again", "sync"), {"succeeded": 1}),
    (("taken out again", "incremental"), {"succeeded": 1}),
    (("taken out again", "event with the profile"), {"succeeded": 1}),
    (("taken out again", "command"), {}),
]
CASES = [Case("archived", ", ".join(what), what, right, TEST) for what, right in _WAYS]
