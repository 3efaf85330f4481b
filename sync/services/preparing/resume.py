"""The CV of a candidate: which of the profile's files, and as a document or as a link."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_noop as _

from sync.clients.file_containers import ZIPPED
from sync.clients.resume_download import Resume, as_document, download_resume
from sync.exceptions import DoubtfulError, PermanentError, SyncError, UserFacingError
from sync.mapping.attachments import Attachment, file_address, list_resumes, will_expire
from sync.mapping.candidate import Candidate
from sync.mapping.generated_cv.document import generate_resume
from sync.models.accounts import ResumePolicy, ResumeTransport
from sync.services.peers.client_factory import Observe
from sync.services.preparing.job import Job
from sync.vocabulary import ErrorCode

PDF = "application/pdf"
# A profile may list a file for each time it was uploaded.
MOST_FILES = 3


@dataclass
class Usable:
    """The file that was taken, and what people are told about the choice."""

    url: str
    resume: Resume
    notices: list[UserFacingError] = field(default_factory=list)


def attach_resume(
    candidate: Candidate, job: Job, *, observe: Observe = None
) -> list[UserFacingError]:
    """Put the CV in, as the company wants it; a document that a format already made is kept.

    A link is opened once too, under the same rules: Flatchr must not be sent where we would not go.
    Returns what people are told.
    """
    given = candidate.get("resume")
    if isinstance(given, Mapping):
        candidate.setdefault("type", ResumeTransport.DOCUMENT)
        return []
    if not given:
        candidate["type"] = ResumeTransport.DOCUMENT
        candidate["resume"] = as_document(_generated(candidate, job))
        return []
    files, name = _files(candidate.profile, str(given)), _file_stem(candidate)
    found = first_usable(files, file_name=name, doubted=job.doubted, observe=observe)
    wanted, against = job.resume_transport, _reasons_against_a_link(found)
    if wanted == ResumeTransport.LINK and not against:
        candidate |= {"type": ResumeTransport.LINK, "resume": found.url}
        return found.notices
    candidate |= {"type": ResumeTransport.DOCUMENT, "resume": as_document(found.resume)}
    return found.notices + (against if wanted == ResumeTransport.LINK else [])


def _files(profile: Mapping[str, Any], given: str) -> list[Attachment]:
    """The file that the format chose, and the profile's others after it; only the former where it
    is not one of the profile's."""
    url, listed = file_address(given), list_resumes(profile)
    chosen = [one for one in listed if one.url == url]
    if not chosen:
        return [Attachment(url, "", "", "", None)]
    return chosen + [one for one in listed if one.url != url]


def first_usable(
    files: Sequence[Attachment],
    *,
    file_name: str,
    doubted: str = "",
    whole: bool = True,
    observe: Observe = None,
) -> Usable:
    """The first file that can be used; the next is tried where one certainly cannot.

    `doubted`: the error code of the try before: a file that is incomplete again is believed to be
    so, and one that is only shorter than HrFlow says is taken. `whole`: False takes both.
    Raises the first file's error, or
    the error of one that may work later. All of it takes no longer than one download may.
    """
    errors: list[SyncError] = []
    deadline = time.monotonic() + settings.HTTP_TIMEOUT_SECONDS
    is_believed = doubted == ErrorCode.RESUME_CUT or not whole
    for file in files[:MOST_FILES]:
        try:
            resume = download_resume(
                file.url,
                file_name=file_name,
                max_bytes=settings.RESUME_MAX_BYTES,
                allowed_private_hosts=settings.RESUME_ALLOWED_PRIVATE_HOSTS,
                timeout=max(deadline - time.monotonic(), 0.001),
                observe=observe,
                expected_bytes=None if is_believed else file.size,
                whole=whole,
            )
        except (PermanentError, DoubtfulError) as error:
            if isinstance(error, DoubtfulError) and error.code != doubted:
                raise
            errors.append(error)
        else:
            return Usable(file.url, resume, _notices(files, file, errors, resume))
    raise errors[0]


def _notices(
    files: Sequence[Attachment], taken: Attachment, errors: Sequence[SyncError], resume: Resume
) -> list[UserFacingError]:
    notices = []
    if errors:
        text = _("The file “%(kind)s” could not be used (%(last)s); “%(taken)s” was taken instead.")
        code = str(errors[0].code.value)
        notices.append(UserFacingError(text, kind=files[0].kind, taken=taken.kind, last=code))
    # Only a file that was doubted before gets here although it is shorter.
    is_zipped = resume.content_type in {kind.content_type for kind in ZIPPED}
    if resume.as_served and len(resume.data) < (taken.size or 0) and not is_zipped:
        text = _("The CV has %(got)s bytes, and HrFlow says %(expected)s; it was taken as it is.")
        notices.append(UserFacingError(text, got=len(resume.data), expected=taken.size))
    return notices


def _reasons_against_a_link(found: Usable) -> list[UserFacingError]:
    """Why Flatchr cannot be given the address, though the company wants links."""
    if will_expire(found.url):
        return [UserFacingError(_("The CV's link will expire: the document was sent instead."))]
    if not found.resume.as_served:
        text = _("The CV's link does not lead to the plain file: the document was sent instead.")
        return [UserFacingError(text)]
    return []


def _generated(candidate: Candidate, job: Job) -> Resume:
    if job.resume_policy != ResumePolicy.GENERATE:
        raise PermanentError(ErrorCode.RESUME_MISSING)
    data = generate_resume(candidate.profile, candidate)
    return Resume(data, f"{_file_stem(candidate)}.pdf", PDF, generated=True)


def _file_stem(candidate: Mapping[str, Any]) -> str:
    """`CV_Jean_Dupont`, as in Flatchr's own example."""
    name = f"CV {candidate.get('firstname', '')} {candidate.get('lastname', '')}"
    return "_".join(name.split())
