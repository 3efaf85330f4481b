from sync.models.configs import (
    FlatchrCompany,
    FlatchrVacancy,
    HrFlowSource,
    ResumePolicy,
    ResumeTransport,
    Workflow,
)
from sync.models.limits import RateState
from sync.models.profiles import Profile
from sync.models.pushes import (
    LostClaimError,
    Push,
    PushAttempt,
    WrongStateError,
)
from sync.models.runs import Run, RunKind, RunProfile, RunStatus
from sync.models.states import EnrichmentStatus, PushStatus
from sync.models.workers import WorkerGroup

__all__ = [
    "EnrichmentStatus",
    "FlatchrCompany",
    "FlatchrVacancy",
    "HrFlowSource",
    "LostClaimError",
    "Profile",
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
    "WorkerGroup",
    "Workflow",
    "WrongStateError",
]
