"""Applying a format and its rules to one profile: read, *format, logics*, write. Pure.

What a format or a rule does wrong ends the push with the name of the one at fault and the kind of
error; never with the error's own words, which may hold personal data.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_noop

from sync.exceptions import PermanentError, SyncError
from sync.mapping.candidate import Candidate, normalise_result
from sync.mapping.registry import BoundFormat, BoundLogic
from sync.vocabulary import ErrorCode


@dataclass(frozen=True, slots=True)
class LogicOutcome:
    """The candidate the rules let pass, or the name of the rule that left it out."""

    candidate: Candidate | None
    discarded_by: str = ""


def run_format(profile: Mapping[str, Any], chosen: BoundFormat) -> Candidate:
    """Raises FormattingError, or PermanentError: FORMAT_EMPTY, FORMAT_CRASHED."""
    try:
        result = chosen(profile)
    except SyncError:
        raise
    except Exception as error:
        problem = type(error).__name__
        raise PermanentError(ErrorCode.FORMAT_CRASHED, name=chosen.name, problem=problem) from error
    return normalise_result(result, profile, chosen.name)


def run_logics(candidate: Candidate, chosen: Iterable[BoundLogic]) -> LogicOutcome:
    """Each rule gets what the one before returned. Raises PermanentError(LOGIC_FAILED)."""
    for logic in chosen:
        result = _run_logic(candidate, logic)
        if result is None:
            return LogicOutcome(None, logic.name)
        candidate = result
    return LogicOutcome(candidate)


def _run_logic(candidate: Candidate, logic: BoundLogic) -> Candidate | None:
    try:
        result = logic(candidate)
    except Exception as error:
        raise _failed(logic, type(error).__name__) from error
    if result is None or isinstance(result, Candidate):
        return result
    if not isinstance(result, dict):
        raise _failed(logic, gettext_noop("returned %(type)s"), type=type(result).__name__)
    # A copy or a new dict: what the next rule may look at goes along.
    return Candidate(result, profile=candidate.profile, enrichment=candidate.enrichment)


def _failed(logic: BoundLogic, problem: str, **params: Any) -> PermanentError:
    return PermanentError(ErrorCode.LOGIC_FAILED, name=logic.name, problem=problem, **params)
