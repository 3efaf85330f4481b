"""Secrets on forms: they are entered, never shown; leaving one empty keeps what is stored."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.translation import gettext as _

from sync.exceptions import ConfigurationError
from sync.fields import hint


class SecretsForm(forms.ModelForm):  # type: ignore[type-arg]
    """Name the secret fields in `secrets`; without `may_manage` they cannot be entered.

    A stored secret is ciphertext in the row's `__dict__` until its attribute is read, which fails
    where no configured key decrypts it: a page must open all the same, to enter it again.
    """

    secrets: tuple[str, ...] = ()
    may_manage = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """ModelForm reads every field of its row: the secrets are set aside meanwhile."""
        instance = kwargs.get("instance")
        row: dict[str, Any] = instance.__dict__ if instance and instance.pk else {}
        held = {name: row[name] for name in self.secrets if row}
        row.update(dict.fromkeys(held, ""))
        super().__init__(*args, **kwargs)
        row.update(held)
        for name in self.secrets:
            if name in self.fields:
                self._prepare(name)

    def _prepare(self, name: str) -> None:
        """An empty password field, which says how the stored secret ends."""
        field = self.fields[name]
        field.widget = forms.PasswordInput(
            {"autocomplete": "new-password", "spellcheck": "false", "class": "vTextField"},
            render_value=False,
        )
        field.disabled = not self.may_manage
        self.initial.pop(name, None)
        if not self.instance.pk or not self.instance.__dict__.get(name):
            return
        try:
            stored = _("Set, ends in %(hint)s.") % {"hint": hint(getattr(self.instance, name))}
        except ConfigurationError:
            stored = _("Set, but it cannot be decrypted with the configured keys: enter it again.")
        field.required = False
        words = format_html("<strong>{}</strong> {}", stored, _("Empty keeps it."))
        field.help_text = format_html("{} {}", words, field.help_text)

    def _post_clean(self) -> None:
        """An empty field keeps the stored secret, without decrypting it."""
        kept = {
            name: self.instance.__dict__[name]
            for name in self.secrets
            if self.instance.pk
            and not self.cleaned_data.get(name)
            and self.instance.__dict__.get(name)
        }
        for name in kept:
            self.cleaned_data.pop(name, None)
        super()._post_clean()  # type: ignore[misc]
        self.instance.__dict__.update(kept)
