"""The table is whole: every case has a test that executes it."""

from __future__ import annotations

import ast
from collections import Counter

import pytest

from tests import ROOT
from tests.cases import Case, all_cases

FEWEST = 100


def test_there_are_enough_cases_and_none_has_the_name_of_another() -> None:
    cases = all_cases()
    assert len(cases) >= FEWEST
    names = Counter((case.kind, case.name) for case in cases)
    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize("test", sorted({case.test for case in all_cases()}))
def test_a_case_names_a_test_that_takes_the_cases(test: str) -> None:
    file, _, name = test.partition("::")
    tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
    [function] = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and n.name == name]
    decorators = " ".join(ast.unparse(one) for one in function.decorator_list)
    assert "parametrize" in decorators and "CASES" in decorators


def test_a_case_says_what_is_odd() -> None:
    assert str(Case("phones", "a date", "12/04/1990", None, "x::y")) == "a date"
