"""The errors of the application; the class of a `SyncError` says what may be done next."""

from __future__ import annotations

import json
from typing import Any

from django.utils.translation import gettext_noop

from sync.vocabulary import ErrorCode, Side
from sync.vocabulary.explanations import EXPLANATIONS, sentence

LONGEST_NOTE = 500


class UserFacingError(Exception):
    """An error that people read. Its text is composed when it is shown, in the reader's language.

    `code`: an `ErrorCode` or an English msgid. `params` fill its text: no secrets, and no more of a
    candidate's data than the text needs.
    """

    def __init__(self, code: str, /, **params: Any) -> None:
        super().__init__(code, params)
        self.code = code
        self.params = params

    def __str__(self) -> str:
        return sentence(self.code, self.params)

    @property
    def note(self) -> str:
        """The error as JSON for a row, at most `LONGEST_NOTE` characters; `told` reads it.

        A row cannot store the text itself: the worker does not know the reader's language. Long
        parameters are cut until the note fits.
        """
        for length in (300, 100, 30, 0):
            params = {name: str(value)[:length] for name, value in self.params.items()}
            note = json.dumps([self.code, params], ensure_ascii=False)
            if len(note) <= LONGEST_NOTE:
                return note
        return json.dumps([self.code, {}], ensure_ascii=False)


class SyncError(UserFacingError):
    """A step of a push failed. `http_status`: the answer's status, where there was an answer."""

    code: ErrorCode

    def __init__(
        self, code: ErrorCode | str, *, http_status: int | None = None, **params: Any
    ) -> None:
        """`params`: what the code's text names (`sync.vocabulary.explanations`).

        Raises ValueError for a code that is none.
        """
        if http_status is not None:
            params.setdefault("status", http_status)
        super().__init__(ErrorCode(code), **params)
        self.http_status = http_status

    @property
    def side(self) -> Side:
        return EXPLANATIONS[self.code].side

    @property
    def next_step(self) -> str:
        return str(EXPLANATIONS[self.code].next_step)


class PermanentError(SyncError):
    """Fails again unless something is changed: the push fails at once, with a reason."""


class RetryableError(SyncError):
    """Certainly had no effect and may work later. `retry_after`: seconds the peer asked for."""

    def __init__(
        self,
        code: ErrorCode | str,
        *,
        http_status: int | None = None,
        retry_after: float | None = None,
        **params: Any,
    ) -> None:
        super().__init__(code, http_status=http_status, **params)
        self.retry_after = retry_after


class DoubtfulError(RetryableError):
    """Looks permanent, but may be temporary: treated as permanent the second time in a row."""


class OutcomeUnknownError(RetryableError):
    """May have taken effect: ask the peer before sending again."""


class CredentialsError(PermanentError):
    """401 or 403: the account is at fault, not this push."""


class FormattingError(PermanentError):
    """A profile's `field` that cannot be turned into a candidate.

    `problem`: why, an English msgid; `params` fill it.
    """

    def __init__(self, field: str, problem: str, **params: Any) -> None:
        super().__init__(ErrorCode.FORMAT_FAILED, field=field, problem=problem, **params)
        self.field = field


class ConfigurationError(UserFacingError):
    """This installation is set up wrongly: no push is at fault, and a retry does not help."""


class SecretUnreadableError(ConfigurationError):
    """A stored secret cannot be decrypted with the configured keys."""


class BrokenOffError(UserFacingError):
    """Reading a source stopped before its end; the pushes queued until then stay queued."""

    def __init__(self) -> None:
        super().__init__(
            gettext_noop("The reading of the source broke off; the next run makes it good.")
        )


class CutShortError(UserFacingError):
    """HrFlow shows only a part of the source; what it has shown is queued."""

    def __init__(self) -> None:
        super().__init__(
            gettext_noop(
                "HrFlow showed only a part of this source, its latest profiles; the others were "
                "not looked at."
            )
        )
