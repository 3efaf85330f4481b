"""The rows of the database: their fields, states, constraints, queries and transitions.

Imported from here by everybody else; `push` holds what a push is made of.
"""

from sync.models.accounts import FlatchrCompany, HrFlowSource, ResumePolicy, ResumeTransport
from sync.models.audit import Action, AppendOnlyError, AuditEntry
from sync.models.privacy import DailyCount, ErasedPerson, HashKey, PersonMark, PurgedPush
from sync.models.profiles import Profile
from sync.models.push.attempts import PushAttempt
from sync.models.push.model import Push
from sync.models.runs import Run, RunKind, RunProfile, RunStatus
from sync.models.scope import TranslatedGroup
from sync.models.states import EnrichmentStatus, LostClaimError, PushStatus, WrongStateError
from sync.models.vacancies import FlatchrVacancy
from sync.models.workers import Epoch, RateState, WorkerGroup
from sync.models.workflows import Workflow

__all__ = [
    "Action",
    "AppendOnlyError",
    "AuditEntry",
    "DailyCount",
    "EnrichmentStatus",
    "Epoch",
    "ErasedPerson",
    "FlatchrCompany",
    "FlatchrVacancy",
    "HashKey",
    "HrFlowSource",
    "LostClaimError",
    "PersonMark",
    "Profile",
    "PurgedPush",
    "Push",
    "PushAttempt",
    "PushStatus",
    "RateState",
    "ResumePolicy",
    "ResumeTransport",
    "Run",
    "RunKind",
    "RunProfile",
    "RunStatus",
    "TranslatedGroup",
    "WorkerGroup",
    "Workflow",
    "WrongStateError",
]
