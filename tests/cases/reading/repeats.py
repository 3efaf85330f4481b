"""What a workflow does about a profile whose push has ended: `input` is how it ended, what happened
to the profile since, and how the workflow runs; `right`: whether it is pushed again."""

from __future__ import annotations

from tests.cases import Case

TEST = "services/intake/test_repeats.py::test_a_workflow_repeats_what_has_ended_after_a_change_only"
ENDS = ("failed", "discarded", "already_there", "cancelled")
WAYS = ("sync", "incremental", "hand")
_SAME = [((end, "same", way), False) for end in ENDS for way in (*WAYS, "event")]
_CHANGED = [((end, "changed", way), True) for end in ENDS for way in WAYS]
_OTHERS = [
    (("cancelled", "changed before", "sync"), False),
    (("cancelled", "changed before", "incremental"), False),
    (("failed", "no date", "sync"), False),
    (("failed", "older date", "sync"), False),
    (("failed by command", "same", "sync"), False),
    (("failed by command", "changed", "sync"), True),
    (("cancelled by command", "same", "incremental"), False),
    (("cancelled by command", "changed", "incremental"), True),
    (("succeeded", "changed", "sync"), False),
]
CASES = [
    Case("repeats", ", ".join(what), what, right, TEST)
    for what, right in (*_SAME, *_CHANGED, *_OTHERS)
]
