"""Which e-mails of a profile go nowhere, so that people are warned of them before they confirm."""

from __future__ import annotations

from tests.cases import Case

_TEST = "services/selection/test_shown_and_sent.py::test_an_email_that_is_not_sent_is_warned_of"


def _case(name: str, email: str, *, dropped: bool) -> Case:
    return Case("dropped e-mails", name, email, dropped, _TEST)


CASES: list[Case] = [
    _case("a dot before the at", "zoe.@example.com", dropped=True),
    _case("two dots in a row", "zoe..riou@example.com", dropped=True),
    _case("an accent before the at", "zoé@example.fr", dropped=True),
    _case("no domain", "zoe@laptop", dropped=True),
    _case("a domain with an underscore", "zoe@exam_ple.com", dropped=True),
    _case("a hyphen at the end of the domain", "zoe@example-.com", dropped=True),
    _case("a comma in place of a dot", "zoe@example,com", dropped=True),
    _case("an ordinary one", "zoe.riou+cv@mail.example.com", dropped=False),
    _case("capitals", "Zoe@Example.COM", dropped=False),
    _case("a sign that is allowed", "o'brien@example.com", dropped=False),
    _case("a domain with an accent", "zoe@société.example", dropped=False),
    _case(
        "one that is not valid and one that is", "zoe.@example.com, zoe@example.com", dropped=False
    ),
    _case("none", "", dropped=False),
]
