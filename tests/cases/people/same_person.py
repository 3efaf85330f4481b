"""Who is on a vacancy already, and what becomes of a candidate who is, or may be, one of them."""

from __future__ import annotations

from tests.cases import Case

_TEST = "matching/test_comparable.py::test_who_is_there_is_not_sent_and_who_may_be_is_asked_about"
_ZOE = ("Zoé Roux", "zoe@example.org", "+33 6 39 98 11 11")


def _case(
    name: str, there: tuple[str, str, str], right: str, wanted: tuple[str, str, str] = _ZOE
) -> Case:
    """`wanted`, `there`: name, e-mail, phone. `right`: `there`, `ask` or `send`."""
    return Case("same person", name, (wanted, there), right, _TEST)


CASES: list[Case] = [
    _case("as sent", _ZOE, "there"),
    _case("e-mail in capitals, name swapped", ("ROUX Zoe", "ZOE@Example.org", ""), "there"),
    _case("e-mail alone", ("", "zoe@example.org", ""), "ask"),
    _case("one e-mail, a brother's name", ("Marc Roux", "zoe@example.org", ""), "ask"),
    _case("one e-mail, a married name", ("Zoé Roux-Petit", "zoe@example.org", ""), "ask"),
    _case(
        "one e-mail and one phone, another name",
        ("Marc Roux", "zoe@example.org", "0639981111"),
        "ask",
    ),
    _case("name and phone, another e-mail", ("Zoe Roux", "z.roux@corp.example", _ZOE[2]), "ask"),
    _case(
        "name and phone in another form, another e-mail",
        ("ROUX Zoé", "zoe@old.example", "06 39 98 11 11"),
        "ask",
    ),
    _case("name and phone, no e-mail there", ("Zoé Roux", "", "06.39.98.11.11"), "ask"),
    _case("name, another e-mail, another phone", ("Zoé Roux", "z@b.example", "0612"), "send"),
    _case("name, another e-mail, no phone", ("Zoé Roux", "z@b.example", ""), "send"),
    _case("one phone, another name and e-mail", ("Marc Roux", "m@b.example", _ZOE[2]), "send"),
    _case(
        "no e-mail here: name and phone",
        ("Zoé Roux", "zoe@example.org", _ZOE[2]),
        "there",
        ("Zoé Roux", "", _ZOE[2]),
    ),
    _case(
        "no e-mail here: a homonym with another phone",
        ("Zoé Roux", "", "0612345678"),
        "send",
        ("Zoé Roux", "", _ZOE[2]),
    ),
    _case(
        "neither e-mail nor phone here: a homonym",
        ("Zoé Roux", "", ""),
        "send",
        ("Zoé Roux", "", ""),
    ),
]
