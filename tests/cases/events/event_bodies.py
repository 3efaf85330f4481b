"""Bodies of HrFlow's events: which profile keys are queued, and the status of the answer."""

from __future__ import annotations

from typing import Any

from tests.cases import Case

TEST = "web/test_event_bodies.py::test_a_body_is_taken_event_by_event"
SOURCE = {"key": "Salon"}


def event(key: Any = "a", kind: Any = "profile.parsing.success", **more: Any) -> dict[str, Any]:
    return {"type": kind, "profile": {"key": key, "source": SOURCE, **more}}


def case(name: str, body: Any, keys: list[str], status: int = 200) -> Case:
    return Case("event bodies", name, body, (status, keys), TEST)


CASES = [
    case("one event", event(), ["a"]),
    case("an array of one", [event()], ["a"]),
    case("an array of several", [event("a"), event("b"), event("c")], ["a", "b", "c"]),
    case("the same event twice", [event(), event()], ["a"]),
    case("an arrival and an update of one profile",
         [event(), event(kind="profile.storing.update")], ["a"]),
    case("a profile with the text of its CV", [event(text="é" * 150_000)], ["a"]),
    case("an event of another source",
         [{"type": "profile.parsing.success", "profile": {"key": "x", "source": {"key": "y"}}},
          event("b")], ["b"]),
    case("an event of another kind", [event("x", "job.parsing.success"), event("b")], ["b"]),
    case("only events of other kinds", [event("x", "job.parsing.success")], []),
    case("null among them", [None, event("b")], ["b"]),
    case("a text among them", ["profile.parsing.success", event("b")], ["b"]),
    case("an array among them", [[event("x")], event("b")], ["b"]),
    case("an event without a profile", [{"type": "profile.parsing.success"}, event("b")], ["b"]),
    case("an event without a source", [event("x") | {"profile": {"key": "x"}}, event("b")], ["b"]),
    case("a key that is none", [event("../x"), event(7), event(None), event("b")], ["b"]),
    case("a key with blanks around it", [event(" b ")], ["b"]),
    case("the type a number", [event("x", 7), event("b")], ["b"]),
    case("only malformed ones", [None, {"type": "profile.parsing.success"}], [], 400),
    case("an empty array", [], [], 400),
    case("a deep array", [[[[]]]], [], 400),
    case("null", None, [], 400),
]  # fmt: skip
