"""A vacancy's screening questions as a form: answered once, for all candidates of a selection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _

LONGEST_ANSWER = 2000


class QuestionsForm(forms.Form):
    """`questions`: as `sync.services.intake.vacancies` stores them."""

    required_css_class = "required"

    def __init__(self, questions: Sequence[Mapping[str, Any]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.questions = [dict(question) for question in questions if question.get("text")]
        for number, question in enumerate(self.questions):
            self.fields[f"question_{number}"] = _field(question)

    def answers(self) -> list[dict[str, Any]]:
        """As the create call wants them; what was left empty is not sent."""
        given = [
            (question["text"], self.cleaned_data.get(f"question_{number}"))
            for number, question in enumerate(self.questions)
        ]
        return [{"question": text, "value": value} for text, value in given if value]

    def focus_first_error(self) -> None:
        """So that one need not look for it."""
        for name in list(self.errors)[:1]:
            self.fields[name].widget.attrs["autofocus"] = True


def _field(question: Mapping[str, Any]) -> forms.Field:
    label, required = str(question["text"]), bool(question.get("required"))
    options = [str(option) for option in question.get("options") or ()]
    if options:
        choices = [("", _("— choose —")), *((option, option) for option in options)]
        return forms.ChoiceField(label=label, required=required, choices=choices)
    return forms.CharField(label=label, required=required, max_length=LONGEST_ANSWER)
