"""The rules shipped with the connector: each returns the candidate, or None to discard it.

To add one, write it like these in your own app's `logics.py` (docs/integrators.md). A rule does not
raise where a profile lacks something. A label and a description are what people read in the form.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sync.mapping.candidate import Candidate
from sync.mapping.enrichment import years_of_experience
from sync.mapping.parameters import Parameter, ParameterKind
from sync.mapping.profile import line, mapping, mappings, moment, names, place
from sync.mapping.registry import register_logic
from sync.mapping.text import search_form

_SKILLS = Parameter(
    "skills",
    _("Skills"),
    ParameterKind.WORDS,
    _("Separated by commas; accents and capitals make no difference."),
)
# `C++`, `C#` and `Node.js` are one word each; `Java` is not found in `JavaScript`.
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
    """A place in digits is the beginning of a postcode; any other must stand whole in the text,
    the city or the region."""
    where = place(mapping(candidate.profile.get("info")).get("location"))
    known = (where.text, where.city, where.region)
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
    """By HrFlow's date of update, else of creation; without either it is discarded."""
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
    """By the labels `{"job_key", "job_reference", "stage"}` that recruiters gave in HrFlow."""
    for label in mappings(candidate.profile.get("labels")):
        about = not job or job in (line(label.get("job_key")), line(label.get("job_reference")))
        if about and line(label.get("stage")).lower() == "no":
            return None
    return candidate


def _has_skill(profile: Mapping[str, Any], wanted: str) -> bool:
    """Among the profile's skills, or those of any of its experiences."""
    holders = (profile, *mappings(profile.get("experiences")))
    return any(_holds(name, wanted) for holder in holders for name in names(holder.get("skills")))


def _holds(text: str, wanted: str) -> bool:
    """Whether the wanted words stand in the text, whole and in their order."""
    words, sought = (_WORD.findall(search_form(value)) for value in (text, wanted))
    starts = range(len(words) - len(sought) + 1)
    return bool(sought) and any(words[i : i + len(sought)] == sought for i in starts)
