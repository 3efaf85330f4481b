"""JSON that a peer may write and nobody expects: found by tests/fuzz, each as small as can be."""

from __future__ import annotations

from tests.cases import Case

_TEST = "clients/test_odd_json.py::test_a_list_of_vacancies_in_odd_json"


def _case(name: str, body: bytes, right: object) -> Case:
    return Case("odd JSON", name, body, right, _TEST)


# `right`: title and number of each vacancy, or the code of the error.
CASES = [
    _case("NUL in a title", rb'[{"slug": "s", "title": "Compta\u0000ble"}]', [("Comptable", None)]),
    _case("half a surrogate pair", rb'[{"slug": "s", "title": "A\ud83d"}]', [("A", None)]),
    _case("a whole surrogate pair", rb'[{"slug": "s", "title": "\ud83d\ude00"}]', [("😀", None)]),
    _case("a slug of nothing but NUL", rb'[{"slug": "\u0000", "title": "A"}]', []),
    _case(
        "a number of 18 digits",
        b'[{"slug": "s", "vacancy_id": %d}]' % (10**18 - 1),
        [("", 10**18 - 1)],
    ),
    _case(
        "a number of 19 digits", b'[{"slug": "s", "vacancy_id": 1000000000000000000}]', [("", None)]
    ),
    _case(
        "a negative one as long",
        b'[{"slug": "s", "vacancy_id": -9999999999999999999}]',
        [("", None)],
    ),
    _case("1e999", b'[{"slug": "s", "vacancy_id": 1e999}]', [("", None)]),
    _case("NaN", b'[{"slug": "s", "vacancy_id": NaN}]', [("", None)]),
    _case("true for a number", b'[{"slug": "s", "vacancy_id": true}]', [("", None)]),
    _case(
        "a number of 5000 digits",
        b'[{"slug": "s", "vacancy_id": ' + b"9" * 5000 + b"}]",
        "flatchr_unreadable",
    ),
    _case("nested by the ten thousand", b"[" * 100_000 + b"]" * 100_000, "flatchr_unreadable"),
    _case("nested and never closed", b'{"items":' * 100_000, "flatchr_unreadable"),
    _case("a key twice", b'[{"slug": "a", "slug": "s", "title": "A"}]', [("A", None)]),
    _case("UTF-8 with a mark", b"\xef\xbb\xbf" + b'[{"slug": "s", "title": "A"}]', [("A", None)]),
    _case("UTF-16", '[{"slug": "s", "title": "É"}]'.encode("utf-16"), [("É", None)]),
    _case("Latin-1", '[{"slug": "s", "title": "É"}]'.encode("latin-1"), "flatchr_unreadable"),
    _case("empty", b"", "flatchr_unreadable"),
]
