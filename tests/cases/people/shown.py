"""A profile that changes between the preview and the push: told, or held where it is another's."""

from __future__ import annotations

from tests.cases import Case

_TEST = "services/selection/test_shown_and_sent.py::test_what_has_changed_of_a_person"
_ZOE = ("Zoé Riou", "zoe@example.org")


def _case(name: str, now: tuple[str, str], right: str, shown: tuple[str, str] = _ZOE) -> Case:
    """`shown`, `now`: full name and e-mail. `right`: `same`, `told` or `held`."""
    return Case("shown", name, (shown, now), right, _TEST)


CASES: list[Case] = [
    _case("nothing", _ZOE, "same"),
    _case("the name in capitals, swapped, without accents", ("RIOU Zoe", _ZOE[1]), "same"),
    _case("the e-mail in capitals", ("Zoé Riou", "ZOE@Example.org"), "same"),
    _case("a second e-mail beside the first", ("Zoé Riou", "z@b.example; zoe@example.org"), "same"),
    _case("a married name", ("Zoé Riou-Petit", _ZOE[1]), "told"),
    _case("another person's name, the same e-mail", ("Marc Petit", _ZOE[1]), "told"),
    _case("another e-mail", ("Zoé Riou", "zoe.riou@corp.example"), "told"),
    _case("no e-mail any more", ("Zoé Riou", ""), "told"),
    _case("an e-mail that was not there", _ZOE, "told", ("Zoé Riou", "")),
    _case("another person", ("Marc Petit", "marc@example.org"), "held"),
    _case("another name, and no e-mail any more", ("Marc Petit", ""), "held"),
    _case(
        "another name, and an e-mail that was not there",
        ("Marc Petit", "marc@example.org"),
        "held",
        ("Zoé Riou", ""),
    ),
    _case("another name, and no e-mail then or now", ("Marc Petit", ""), "held", ("Zoé Riou", "")),
    _case("a name where none was", _ZOE, "same", ("", "zoe@example.org")),
]
