"""A vacancy's screening questions as a form: answered once, for all candidates of a selection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _

LONGEST_ANSWER = 2000


class QuestionsForm(forms.Form):
    """`questions`: as `sync.services.intake.vacancies` stores them on the vacancy.

    A question with options is a menu, any other a line of text; one without text is not asked.
    """

    required_css_class = "required"

    def __init__(self, questions: Sequence[Mapping[str, Any]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.questions = [dict(question) for question in questions if question.get("text")]
        for number, question in enumerate(self.questions):
            name, label = f"question_{number}", str(question["text"])
            required = bool(question.get("required"))
            if options := [str(option) for option in question.get("options") or ()]:
                choices = [("", _("— choose —")), *((option, option) for option in options)]
                self.fields[name] = forms.ChoiceField(
                    label=label, required=required, choices=choices
                )
            else:
                self.fields[name] = forms.CharField(
                    label=label, required=required, max_length=LONGEST_ANSWER
                )

    def answers(self) -> list[dict[str, Any]]:
        """`question` and `value` of each answer, as Flatchr's create call takes them; a question
        left empty is not sent."""
        given = [
            (question["text"], self.cleaned_data.get(f"question_{number}"))
            for number, question in enumerate(self.questions)
        ]
        return [{"question": text, "value": value} for text, value in given if value]

    def focus_first_error(self) -> None:
        """Put the cursor into the first field that has an error."""
        for name in list(self.errors)[:1]:
            self.fields[name].widget.attrs["autofocus"] = True
