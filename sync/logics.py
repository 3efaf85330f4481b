"""The rules shipped with the connector: each passes the candidate on, or None to leave it out.

To add one, write it like these in your own app's `logics.py`. Rules read and decide; they never
raise over what a profile lacks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sync.mapping.candidate import Candidate
from sync.mapping.enrichment import years_of_experience
from sync.mapping.parameters import Parameter, ParameterKind
from sync.mapping.profile import line, mapping, mappings, moment, names, place
from sync.mapping.registry import register_logic
from sync.mapping.text import fold

_SKILLS = Parameter(
    "skills",
    _("Skills"),
    ParameterKind.WORDS,
    _("Separated by commas; accents and capitals make no difference."),
)
# `C++`, `C#` and `Node.js` are words of their own; `Java` is not found in `JavaScript`.
_WORD = re.compile(r"[\w+#]+(?:\.[\w+#]+)*")


@register_logic(label=_("Has an e-mail address"))
def has_email(candidate: Candidate) -> Candidate | None:
    return candidate if candidate.get("email") else None


@register_logic(label=_("Has a phone number"))
def has_phone(candidate: Candidate) -> Candidate | None:
    return candidate if candidate.get("phone") else None


@register_logic(
    label=_("Has a CV"), description=_("A CV of their own: one made from the profile is none.")
)
def has_resume(candidate: Candidate) -> Candidate | None:
    return candidate if candidate.get("resume") else None


@register_logic(
    label=_("Minimum experience"),
    description=_("Unknown experience counts as none."),
    parameters=[Parameter("years", _("Years"), ParameterKind.NUMBER)],
)
def minimum_experience(candidate: Candidate, years: float) -> Candidate | None:
    return candidate if (years_of_experience(candidate.profile) or 0) >= years else None


@register_logic(label=_("At least one of these skills"), parameters=[_SKILLS])
def any_skill(candidate: Candidate, skills: list[str]) -> Candidate | None:
    return candidate if any(_has_skill(candidate.profile, skill) for skill in skills) else None


@register_logic(label=_("All of these skills"), parameters=[_SKILLS])
def all_skills(candidate: Candidate, skills: list[str]) -> Candidate | None:
    return candidate if all(_has_skill(candidate.profile, skill) for skill in skills) else None


@register_logic(
    label=_("Lives in one of these places"),
    description=_("An unknown place counts as elsewhere."),
    parameters=[
        Parameter(
            "places",
            _("Places"),
            ParameterKind.WORDS,
            _("Towns or regions, or how postcodes begin: “Lyon, 69, 01”."),
        )
    ],
)
def lives_in(candidate: Candidate, places: list[str]) -> Candidate | None:
    where = place(mapping(candidate.profile.get("info")).get("location"))
    known = [_words(text) for text in (where.text, where.city, where.region)]
    postcodes = [where.postcode, *re.findall(r"\b[0-9]{5}\b", where.text)]
    for wanted in places:
        begins = wanted.isdigit() and any(code.startswith(wanted) for code in postcodes)
        if begins or (not wanted.isdigit() and any(_holds(text, wanted) for text in known)):
            return candidate
    return None


@register_logic(
    label=_("Updated lately"),
    description=_("Leaves out profiles that HrFlow has not seen change for longer."),
    parameters=[Parameter("days", _("Days"), ParameterKind.NUMBER)],
)
def updated_within(candidate: Candidate, days: float) -> Candidate | None:
    profile = candidate.profile
    changed = moment(profile.get("updated_at")) or moment(profile.get("created_at"))
    age = timezone.now() - changed if changed else timedelta.max
    return candidate if age <= timedelta(days=min(days, 36_500)) else None


@register_logic(
    label=_("Not refused by a recruiter"),
    description=_("Leaves out profiles labelled “no” in HrFlow."),
    parameters=[
        Parameter(
            "job",
            _("Job"),
            help_text=_("Key or reference of the HrFlow job; empty: any job."),
            required=False,
        )
    ],
)
def not_refused(candidate: Candidate, job: str = "") -> Candidate | None:
    for label in mappings(candidate.profile.get("labels")):
        about = not job or job in (line(label.get("job_key")), line(label.get("job_reference")))
        if about and line(label.get("stage")).lower() == "no":
            return None
    return candidate


def _has_skill(profile: Mapping[str, Any], wanted: str) -> bool:
    return any(_holds(_words(name), wanted) for name in _skill_names(profile))


def _skill_names(profile: Mapping[str, Any]) -> Iterator[str]:
    yield from names(profile.get("skills"))
    for job in mappings(profile.get("experiences")):
        yield from names(job.get("skills"))


def _words(text: str) -> list[str]:
    return _WORD.findall(fold(text))


def _holds(words: list[str], wanted: str) -> bool:
    """Whether the wanted words stand in the text, in their order and whole."""
    sought = _words(wanted)
    starts = range(len(words) - len(sought) + 1)
    return bool(sought) and any(words[i : i + len(sought)] == sought for i in starts)
