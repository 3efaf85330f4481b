"""Secrets on forms: they are entered, never shown; leaving one empty keeps what is stored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.translation import gettext as _

from sync.exceptions import ConfigurationError
from sync.fields import hint


class SecretInput(forms.PasswordInput):
    def __init__(self) -> None:
        attrs = {"autocomplete": "new-password", "spellcheck": "false", "class": "vTextField"}
        super().__init__(attrs, render_value=False)


@contextmanager
def _untouched(instance: Any, names: Iterable[str]) -> Iterator[None]:
    """A form reads every field of its row; a secret that no key opens must not break the page."""
    held = {name: instance.__dict__[name] for name in names if instance and instance.pk}
    for name in held:
        instance.__dict__[name] = ""
    yield
    if held:
        instance.__dict__.update(held)


class SecretsForm(forms.ModelForm):  # type: ignore[type-arg]
    """Name the secret fields in `secrets`; without `may_manage` they cannot be entered."""

    secrets: tuple[str, ...] = ()
    may_manage = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        with _untouched(kwargs.get("instance"), self.secrets):
            super().__init__(*args, **kwargs)
        for name in self.secrets:
            if name in self.fields:
                self._prepare(name)

    def _prepare(self, name: str) -> None:
        field = self.fields[name]
        field.widget = SecretInput()
        field.disabled = not self.may_manage
        self.initial.pop(name, None)
        if self.instance.pk and self.instance.__dict__.get(name):
            field.required = False
            words = format_html("<strong>{}</strong> {}", self._told(name), _("Empty keeps it."))
            field.help_text = format_html("{} {}", words, field.help_text)

    def _told(self, name: str) -> str:
        try:
            return _("Set, ends in %(hint)s.") % {"hint": hint(getattr(self.instance, name))}
        except ConfigurationError:
            return _("Set, but it cannot be decrypted with the configured keys: enter it again.")

    def _post_clean(self) -> None:
        """An empty secret keeps the stored one, which is never decrypted for that."""
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
