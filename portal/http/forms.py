"""A refusal of a service, shown at the field it speaks of."""

from django import forms

from portal.domain.errors import Refused


def add_refusal(form: forms.BaseForm, refused: Refused) -> None:
    """
    Put a refusal where the reader mends it: at its field, or above the form. All reasons and the next step
    go along; what was typed stays.
    """
    lines = [refused.message, *(reason for reason in refused.reasons if reason != refused.message)]
    if refused.next_step:
        lines.append(refused.next_step)
    if refused.source:
        lines.append(f"Source: {refused.source}.")
    form.add_error(refused.field if refused.field in form.fields else None, lines)  # type: ignore[arg-type]
