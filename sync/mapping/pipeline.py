"""Run a format and rules on one profile: the steps between read and write. Pure, but for the log.

An error in a format or a rule is reported by the function's name and the type of the error; not by
the error's message, which may hold personal data.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_noop

from sync.exceptions import PermanentError, SyncError
from sync.mapping.candidate import Candidate, normalise_result
from sync.mapping.registry import BoundFormat, BoundLogic
from sync.vocabulary import ErrorCode

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LogicOutcome:
    """The candidate that the rules let pass, or the name of the rule that discarded it."""

    candidate: Candidate | None
    discarded_by: str = ""


def run_format(profile: Mapping[str, Any], chosen: BoundFormat) -> Candidate:
    """The candidate that the format makes of a HrFlow profile.

    Raises FormattingError, or PermanentError: FORMAT_EMPTY, FORMAT_CRASHED.
    """
    try:
        result = chosen(profile)
    except SyncError:
        raise
    except Exception as error:
        _log_place(chosen.name, error)
        problem = type(error).__name__
        raise PermanentError(ErrorCode.FORMAT_CRASHED, name=chosen.name, problem=problem) from error
    return normalise_result(result, profile, chosen.name)


def run_logics(candidate: Candidate, chosen: Iterable[BoundLogic]) -> LogicOutcome:
    """Run the rules in order; each gets what the one before it returned.

    Raises PermanentError(LOGIC_FAILED) where a rule raises, or returns neither a dict nor None.
    """
    for logic in chosen:
        try:
            result = logic(candidate)
        except Exception as error:
            _log_place(logic.name, error)
            problem = type(error).__name__
            raise PermanentError(
                ErrorCode.LOGIC_FAILED, name=logic.name, problem=problem
            ) from error
        if result is None:
            return LogicOutcome(None, logic.name)
        if not isinstance(result, dict):
            problem, kind = gettext_noop("returned %(type)s"), type(result).__name__
            raise PermanentError(
                ErrorCode.LOGIC_FAILED, name=logic.name, problem=problem, type=kind
            )
        if not isinstance(result, Candidate):
            # A plain dict: the next rule needs the profile and the enrichment as well.
            result = Candidate(result, profile=candidate.profile, enrichment=candidate.enrichment)
        candidate = result
    return LogicOutcome(candidate)


def _log_place(name: str, error: Exception) -> None:
    """Log where a rule or format failed, for who wrote it.

    Without the words of the exception: they may hold personal data.
    """
    places = "".join(traceback.format_tb(error.__traceback__))
    logger.warning("%s: %s at\n%s", name, type(error).__name__, places)
