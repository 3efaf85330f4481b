"""A company's vacancies as Flatchr lists them from one day to the next."""

from __future__ import annotations

from typing import Any

from tests.cases import Case

LISTED = "services/peers/test_vacancy_rows.py::test_a_list_meets_the_rows_of_the_one_before"
FED = "services/peers/test_vacancy_rows.py::test_a_feed_out_of_order_costs_its_extra_rows_only"


def v(slug: str, number: int | None = None, id_: str = "", *, is_open: bool = True) -> Any:
    """A vacancy of Flatchr's list."""
    status = 1 if is_open else 0
    return {"slug": slug, "vacancy_id": number, "id": id_, "title": slug.title(), "status": status}


# `input`: the list of one day and of the next; `right`: the rows then, in the order in which they
# were made: slug and whether it is open. (A row that gave its slug up has one of its own.)
CHANGED: list[tuple[str, Any, Any, Any]] = [
    ("nothing changes", [v("a", 1, "A")], [v("a", 1, "A")], [("a", True)]),
    ("a slug follows its title", [v("a", 1, "A")], [v("b", 1, "A")], [("b", True)]),
    ("a slug follows, number only", [v("a", 1)], [v("b", 1)], [("b", True)]),
    ("a slug follows, encoded id only", [v("a", None, "A")], [v("b", None, "A")], [("b", True)]),
    ("a number appears", [v("a", None, "A")], [v("b", 1, "A")], [("b", True)]),
    ("a number is left out once", [v("a", 1, "A")], [v("b", None, "A")], [("b", True)]),
    ("an encoded id changes", [v("a", 1, "A")], [v("b", 1, "Z")], [("b", True)]),
    ("only the slug stays", [v("a", 1, "A")], [v("a")], [("a", True)]),
    (
        "two exchange their slugs",
        [v("a", 1, "A"), v("b", 2, "B")],
        [v("b", 1, "A"), v("a", 2, "B")],
        [("b", True), ("a", True)],
    ),
    (
        "three hand their slugs on",
        [v("a", 1), v("b", 2), v("c", 3)],
        [v("b", 1), v("c", 2), v("a", 3)],
        [("b", True), ("c", True), ("a", True)],
    ),
    (
        "a slug is taken by a new vacancy",
        [v("a", 1, "A")],
        [v("a", 2, "B"), v("b", 1, "A")],
        [("b", True), ("a", True)],
    ),
    (
        "one takes the slug of one that is gone",
        [v("a", 1, "A"), v("b", 2, "B")],
        [v("b", 1, "A")],
        [("b", True), ("2~b", False)],
    ),
    (
        "one is renamed and closed",
        [v("a", 1, "A"), v("c", 3)],
        [v("b", 1, "A", is_open=False), v("c", 3)],
        [("b", False), ("c", True)],
    ),
    (
        "one is closed, then renamed and open",
        [v("a", 1, "A", is_open=False)],
        [v("b", 1, "A")],
        [("b", True)],
    ),
    ("one is listed twice", [v("a", 1)], [v("b", 1), v("c", 1)], [("b", True)]),
    ("ids of 0 are no ids", [v("a", 0), v("b", 0)], [v("b", 0)], [("a", False), ("b", True)]),
    ("no ids at all", [v("a"), v("b")], [v("a"), v("c")], [("a", True), ("b", False), ("c", True)]),
]
# `right`: the status of which the operator is told, None where there was no answer.
FEED: list[tuple[str, Any, Any]] = [
    ("401", {"kind": "status", "status": 401}, 401),
    ("403", {"kind": "status", "status": 403}, 403),
    ("no careers site", {"kind": "status", "status": 404}, 404),
    ("429", {"kind": "status", "status": 429}, 429),
    ("500", {"kind": "status", "status": 500}, 500),
    ("302", {"kind": "status", "status": 302}, 302),
    ("a page", {"kind": "html"}, 200),
    ("a login page", {"kind": "html", "status": 401}, 401),
    ("nothing", {"kind": "empty"}, 200),
    ("a reset", {"kind": "reset"}, None),
    ("an answer cut short", {"kind": "cut_body"}, 200),
]
CASES = [
    *(Case("vacancies", name, (before, after), right, LISTED)
      for name, before, after, right in CHANGED),
    *(Case("vacancies", f"the feed answers {name}", fault, right, FED)
      for name, fault, right in FEED),
]  # fmt: skip
