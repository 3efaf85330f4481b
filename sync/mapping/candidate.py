"""From a HrFlow profile to a Flatchr candidate. Pure.

The body of the create call, `POST {careers}/vacancy/candidate/json`:
https://developers.flatchr.io/docs/QuickStart/Candidats/Creer_un_candidat. `vacancy` and `token` are
added when it is sent.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from sync.exceptions import FormattingError, PermanentError
from sync.mapping.contact import format_email, format_urls, percent_encoded
from sync.mapping.enrichment import format_enrichment
from sync.mapping.names import PersonName, read_name
from sync.mapping.phones import format_phone, written_phone
from sync.mapping.profile import (
    line,
    mapping,
    mappings,
    moment,
    number,
    paragraph,
    place,
    without_empty,
)
from sync.mapping.text import has_latin_letter
from sync.vocabulary import ErrorCode

# Set when the candidate is sent; dropped from what a format returns.
_SENDERS_KEYS = ("vacancy", "token")
_SEED_CREATE, _SEED_ENRICH = "create_profile_body", "enrich_profile_body"
# Characters that a push's row can hold: a look-up must ask for exactly what was sent.
LONGEST = {"firstname": 120, "lastname": 120, "email": 254}
_EARLIEST = datetime.min.replace(tzinfo=UTC)


class Candidate(dict[str, Any]):
    """The body of Flatchr's create call, without `vacancy` and `token`.

    `profile`: the HrFlow profile that it was made from, for rules to read and not to change.
    `enrichment`: the `value` of the enrichment call (`format_enrichment`), None where it is empty.
    """

    def __init__(
        self,
        body: Mapping[str, Any],
        *,
        profile: Mapping[str, Any],
        enrichment: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(body)
        self.profile = profile
        self._enrichment = enrichment

    @property
    def enrichment(self) -> dict[str, Any] | None:
        """Computed when it is first read, because most pushes never need it."""
        if self._enrichment is None:
            self._enrichment = format_enrichment(self.profile)
        return self._enrichment or None

    @property
    def left_out(self) -> list[str]:
        """What the profile holds and the candidate does not, each a sentence for people."""
        written = written_phone(mapping(self.profile.get("info")).get("phone"))
        if self.get("phone") or not written or format_phone(written):
            return []
        words = _("The phone field holds “%(value)s”, which is no phone number: it is not sent.")
        return [words % {"value": written[:80]}]


@dataclass(frozen=True, slots=True)
class Attachment:
    """A CV as the profile lists it; nothing has been opened or checked.

    `kind`: `resume` (processed by HrFlow) or `original` (as uploaded). `extension`: `.pdf`, or
    empty. `size`: bytes, None where it is not known.
    """

    url: str
    file_name: str
    extension: str
    kind: str
    size: int | None


def format_profile(profile: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of the create call that the profile can fill; keys without a value are absent.

    `resume` is the CV's URL; the CV step replaces it by the document where the company wants one.
    Raises FormattingError where there is no profile, or no name in it.
    """
    if not isinstance(profile, Mapping):
        raise FormattingError("profile", gettext_noop("HrFlow sent no profile object."))
    info, name, resume = mapping(profile.get("info")), read_name(profile), choose_resume(profile)
    fields = {
        "firstname": name.first,
        "lastname": name.last,
        "email": format_email(info.get("email")),
        "phone": format_phone(info.get("phone"), place(info.get("location")).country_code),
        "comment": _comment(info, name),
        "urls": format_urls(info.get("urls")),
        "type": "link" if resume else None,
        "resume": resume.url if resume else None,
    }
    return without_empty(fields)


def _comment(info: Mapping[str, Any], name: PersonName) -> str:
    """The summary, and how the name that is sent differs from the one in the profile."""
    notes = [paragraph(info.get("summary"))]
    if name.original:
        notes.append(_("Name as written in the profile: %(name)s") % {"name": name.original})
    if name.single:
        notes.append(_("The profile holds only one name, shown as first and last name."))
    return "\n\n".join(filter(None, notes))


def choose_resume(profile: Mapping[str, Any]) -> Attachment | None:
    """The profile's CV: `resume` before `original`, the newest of several; None without either."""
    ranked = [
        ((attachment.kind == "resume", moment(item.get("created_at")) or _EARLIEST), attachment)
        for item in mappings(mapping(profile).get("attachments"))
        if (attachment := _attachment(item))
    ]
    return max(ranked, key=lambda pair: pair[0])[1] if ranked else None


def _attachment(item: Mapping[str, Any]) -> Attachment | None:
    """None where the item is not a CV, or has no URL."""
    address, size = item.get("public_url"), number(item.get("file_size"))
    url = percent_encoded(address.strip()) if isinstance(address, str) else ""
    file_name = line(item.get("file_name"))
    # Older profiles mark the CV by `file_name`, with or without extension, instead of `type`.
    marks = (line(item.get("type")).lower(), PurePosixPath(file_name).stem.lower())
    kind = next((mark for mark in marks if mark in ("resume", "original")), "")
    if not (kind and url):
        return None
    name = line(item.get("original_file_name")) or file_name
    return Attachment(
        url=url,
        file_name=name,
        extension=_extension(line(item.get("extension")).lower(), name, url),
        kind=kind,
        size=int(size) if size is not None and size >= 0 else None,
    )


def _extension(given: str, name: str, url: str) -> str:
    """`.pdf`: as HrFlow gives it, else from the file's name, else from its URL; or empty."""
    if given:
        return f".{given.lstrip('.')}"
    try:
        path = urlsplit(url).path
    except ValueError:
        path = ""
    suffixes = (PurePosixPath(found).suffix.lower() for found in (name, path))
    return next((end for end in suffixes if re.fullmatch(r"\.[a-z0-9]{1,5}", end)), "")


def normalise_result(result: object, profile: Mapping[str, Any], name: str = "") -> Candidate:
    """The candidate that a format's result stands for.

    `result`: the create body, or the seed's `{"create_profile_body": …, "enrich_profile_body": …}`.
    `name`: the format's, for the message. Raises PermanentError(FORMAT_EMPTY) for anything else.
    """
    body = mapping(result)
    if _SEED_CREATE in body:
        enrich = mapping(body.get(_SEED_ENRICH))
        # The seed's connector gives the whole body of the enrichment call; only `value` is kept.
        value = enrich["value"] if isinstance(enrich.get("value"), Mapping) else enrich
        body, enrichment = mapping(body.get(_SEED_CREATE)), dict(value) or None
    else:
        enrichment = getattr(result, "enrichment", None)
    if not body:
        raise PermanentError(ErrorCode.FORMAT_EMPTY, name=name or "format")
    kept = {key: value for key, value in body.items() if key not in _SENDERS_KEYS}
    return Candidate(without_empty(kept), profile=profile, enrichment=enrichment)


def check_candidate(candidate: Mapping[str, Any]) -> None:
    """Check what Flatchr demands of a candidate. To be called after the rules have changed it.

    Both names hold a Latin letter, nothing is longer than a push's row can hold, and every value
    can be sent as JSON. Raises FormattingError with the first field that does not comply.
    """
    for key in ("firstname", "lastname"):
        if not has_latin_letter(line(candidate.get(key))):
            problem = gettext_noop("Flatchr wants a name with at least one Latin letter.")
            raise FormattingError(key, problem)
    for key, limit in LONGEST.items():
        if len(str(candidate.get(key) or "")) > limit:
            problem = gettext_noop("it is longer than %(limit)s characters.")
            raise FormattingError(key, problem, limit=limit)
    for key, value in candidate.items():
        try:
            json.dumps(value, allow_nan=False).encode()
        except (TypeError, ValueError, RecursionError) as error:
            problem = gettext_noop("its value cannot be sent as JSON.")
            raise FormattingError(key, problem) from error
