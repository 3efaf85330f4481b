"""One hierarchy of errors; the class of an error says what may be done next."""

from __future__ import annotations

import json
from typing import Any

from django.utils.translation import gettext_noop

from sync.vocabulary import EXPLANATIONS, ErrorCode, Side, sentence

LONGEST_NOTE = 500


class ToldError(Exception):
    """An error that people read, each in their language: words are chosen when it is told."""

    code: str
    params: dict[str, Any]

    def __str__(self) -> str:
        return sentence(self.code, self.params)

    @property
    def note(self) -> str:
        """What to keep of it on a row, at most `LONGEST_NOTE` characters; `told` makes words of it.

        A worker that writes the sentence itself would choose the reader's language."""
        shapes = (self._shape(most) for most in (300, 100, 30, 0))
        return next(shape for shape in shapes if len(shape) <= LONGEST_NOTE)

    def _shape(self, most: int) -> str:
        params = {name: str(value)[:most] for name, value in self.params.items()}
        return json.dumps([self.code, params], ensure_ascii=False)


class SyncError(ToldError):
    """A step of a push went wrong.

    `code` names the case, `params` fill its sentence (never secrets or a candidate's data beyond
    what the sentence needs), `http_status` is the peer's answer where there was one.
    """

    def __init__(
        self, code: ErrorCode | str, *, http_status: int | None = None, **params: Any
    ) -> None:
        self.code: ErrorCode = ErrorCode(code)
        self.http_status = http_status
        self.params = params
        if http_status is not None:
            self.params.setdefault("status", http_status)
        super().__init__(self.code, params)

    @property
    def side(self) -> Side:
        return EXPLANATIONS[self.code].side


class PermanentError(SyncError):
    """Can never work unchanged: fail at once, with a reason and a next step."""


class RetryableError(SyncError):
    """Certainly had no effect, and may work later. `retry_after`: seconds the peer asked for."""

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
    """Looks final, and may be a fault of the moment all the same: believed the second time in a
    row."""


class OutcomeUnknownError(RetryableError):
    """May have taken effect: look before sending again."""


class CredentialsError(PermanentError):
    """401 or 403: the account is at fault, not this push."""


class FormattingError(PermanentError):
    """A profile's field that cannot be turned into a candidate. `problem`: under gettext_noop;
    `params` fill it."""

    def __init__(self, field: str, problem: str, **params: Any) -> None:
        super().__init__(ErrorCode.FORMAT_FAILED, field=field, problem=problem, **params)
        self.field = field


class ConfigurationError(ToldError):
    """This installation is set up wrongly: not a push's fault, and not to be retried.

    `sentence`: in English, under gettext_noop; `params` fill it (never secrets).
    """

    def __init__(self, sentence: str, **params: Any) -> None:
        self.code, self.params = sentence, params
        super().__init__(sentence, params)


class BrokenOffError(ToldError):
    """The reading of a source ended before its end; what was queued until then stays."""

    def __init__(self) -> None:
        self.code = gettext_noop("The reading of the source broke off; the next run makes it good.")
        self.params = {}
        super().__init__()


class SecretUnreadableError(ConfigurationError):
    """A stored secret cannot be decrypted with the configured keys."""
