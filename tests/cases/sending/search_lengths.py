"""How many applicants a search answers with, and whether others may have been left out."""

from __future__ import annotations

from tests.cases import Case

TEST = (
    "services/reconciling/test_cut_searches.py"
    "::test_a_person_is_asked_for_where_the_answer_may_be_cut"
)
# name, how many there are, the limit of the answer (0: none), whether each person is asked for
ROWS: list[tuple[str, int, int, bool]] = [
    ("nobody", 0, 0, False),
    ("one", 1, 0, False),
    ("ten of more, an unusual limit", 12, 10, False),
    ("one less than a page", 49, 0, False),
    ("a page, and no more there are", 50, 0, True),
    ("a page of more", 60, 50, True),
    ("a little more than a page", 51, 0, False),
    ("two pages of more", 101, 100, True),
    ("three pages", 150, 0, True),
    ("between two pages", 199, 0, False),
    ("five hundred of more", 501, 500, True),
    ("more than anybody lists at once", 503, 0, True),
    ("a limit of a thousand", 1001, 1000, True),
]
CASES = [
    Case("search_lengths", name, (count, limit), right, TEST) for name, count, limit, right in ROWS
]
