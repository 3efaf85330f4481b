"""The format shipped with the connector; other apps register theirs (docs/integrators.md)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from sync.mapping import candidate
from sync.mapping.registry import DEFAULT_FORMAT, register_format

register_format(
    DEFAULT_FORMAT,
    label=_("Standard"),
    description=_("Names, e-mail, phone, links, summary as comment, and the CV."),
)(candidate.format_profile)
