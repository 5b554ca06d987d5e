"""Adopting the rules of a security: a form made from each rule's schema, and what a change would do before it binds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from issuance.compliance import selectors as stored
from issuance.compliance.services import adopt
from issuance.console.scope import names
from issuance.domain.compliance.catalogue import RULES, dump, load
from issuance.domain.compliance.facts import Facts
from issuance.domain.compliance.rule import Rule, RuleSet
from issuance.domain.compliance.schema import choices, schema
from issuance.domain.compliance.simulation import Simulated, as_newcomer, simulate
from issuance.register.gathering import holders, state_of
from issuance.securities import selectors
from issuance.securities.facts import SecurityFacts
from portal.domain.errors import Refused
from portal.http.actors import actor_of
from portal.http.authorization import require
from portal.http.consoles import issuer_console
from portal.http.once import once

MOST_ROWS = 100
HOLDERS, CASES = 2_000, 10_000
"""How many holders and movements a page looks at; it says so where there are more."""


class RowForm(forms.Form):
    """One rule of the set: its parameters by its schema, its citation, and whether it stays."""

    def __init__(self, kind: type[Rule], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        for name, told in schema(kind)["properties"].items():
            self.fields[name] = _field(kind, name, told)
        self.fields["source"] = forms.CharField(label="Source", max_length=200, required=False)
        self.fields["as_of"] = forms.CharField(label="Checked on", max_length=10, required=False)
        self.fields["out"] = forms.BooleanField(label="Leave this rule out", required=False)

    def row(self) -> dict[str, Any]:
        """The row as `load` reads it."""
        told, data = schema(self.kind)["properties"], self.cleaned_data
        return {
            "rule": self.kind.code,
            "source": data.get("source") or None,
            "as_of": data.get("as_of") or None,
            "parameters": {name: _given(data.get(name), told[name]) for name in told},
        }


def _types(told: Mapping[str, Any]) -> list[str]:
    found = told["type"]
    return list(found) if isinstance(found, list) else [found]


def _field(kind: type[Rule], name: str, told: Mapping[str, Any]) -> forms.Field:
    """The field of one parameter. What it may be is judged by the schema alone, when the rows are read."""
    label, hint, known = told["title"], told["description"], choices(kind, name)
    if "boolean" in _types(told):
        return forms.BooleanField(label=label, help_text=hint, required=False)
    if "array" in _types(told) and known:
        return forms.MultipleChoiceField(
            label=label,
            help_text=hint,
            required=False,
            choices=list(known.items()),
            widget=forms.CheckboxSelectMultiple,
        )
    if known:
        return forms.ChoiceField(label=label, help_text=hint, choices=list(known.items()))
    return forms.CharField(label=label, help_text=hint, required=False, max_length=10_000)


def _given(value: Any, told: Mapping[str, Any]) -> Any:
    """A form's value as JSON: an empty text is nothing, a list is split at commas."""
    kinds = _types(told)
    if "array" in kinds:
        parts = value if isinstance(value, list) else [part.strip() for part in (value or "").split(",")]
        found = [part for part in parts if part]
        return found if found or "null" not in kinds else None
    if isinstance(value, str):
        return value.strip() or None
    return value


def _initial(row: Mapping[str, Any]) -> dict[str, Any]:
    kind = RULES[row["rule"]]
    values = {name: told["default"] for name, told in schema(kind)["properties"].items()} | row["parameters"]
    for name, value in values.items():
        if isinstance(value, list) and not choices(kind, name):
            values[name] = ", ".join(value)
    return {**values, "source": row["source"], "as_of": row["as_of"]}


@dataclass(frozen=True, slots=True)
class Told:
    """A simulation as the page tells it: who would be out, and which movements would have been refused or passed."""

    holders: Simulated
    movements: Simulated
    out: list[tuple[str, str]]
    refused: list[tuple[str, str, str]]
    partly: bool


@issuer_console.page("securities/<uuid:security_id>/rules/", name="security-rules", action="security.define")
@once
def rules(request: HttpRequest, security_id: UUID) -> HttpResponse:
    """All rules of a security in one form: add, leave out, change, simulate, adopt."""
    one = selectors.security(security_id)
    require(request, "security.define", organisation=one.issuer_id)
    known = stored.versions(one.id)
    asked = request.POST.get("do", "") if request.method == "POST" else ""
    rows = _posted(request) if asked else _as_adopted(known[0].rules if known else ())
    added = RULES.get(request.POST.get("add", ""))
    if asked == "add" and added is not None:
        row = dump([added()])[0]
        rows.append(RowForm(added, prefix=f"r{len(rows)}", initial=_initial(row)))
    fault, told = "", None
    if asked in ("simulate", "adopt"):
        try:
            wanted = _wanted(rows)
            if asked == "adopt":
                made = adopt(
                    security_id=one.id,
                    rules=wanted,
                    reason=request.POST.get("reason", "")[:2000],
                    actor=actor_of(request),
                    at=timezone.now(),
                )
                messages.success(request, f"Version {made.version} of the rules binds {one.code}.")
                return HttpResponseRedirect(reverse("console:security", args=[one.id]))
            changed = load(wanted, name=one.code)
            present = stored.rule_set(one.id) if known else RuleSet(one.code, 0, ())
            told = _simulated(one, present, changed, timezone.now())
        except Refused as refused:
            fault = refused.message
    context = {
        "security": one,
        "version": known[0] if known else None,
        "rows": [(number, row, row.kind) for number, row in enumerate(rows)],
        "catalogue": [(code, kind.title) for code, kind in RULES.items()],
        "reason": request.POST.get("reason", ""),
        "fault": fault,
        "told": told,
    }
    return render(request, "issuance/compliance/rules.html", context, status=422 if fault else 200)


def _as_adopted(rules: Sequence[Mapping[str, Any]]) -> list[RowForm]:
    return [
        RowForm(RULES[row["rule"]], prefix=f"r{number}", initial=_initial(row))
        for number, row in enumerate(rules)
    ]


def _posted(request: HttpRequest) -> list[RowForm]:
    found = []
    for number in range(MOST_ROWS):
        kind = RULES.get(request.POST.get(f"r{number}-rule", ""))
        if kind is None:
            break
        found.append(RowForm(kind, request.POST, prefix=f"r{number}"))
    return found


def _wanted(rows: list[RowForm]) -> list[dict[str, Any]]:
    for number, row in enumerate(rows, start=1):
        if not row.is_valid():
            name, errors = next(iter(row.errors.items()))
            raise BadRow(f"Row {number}: {name.replace('_', ' ')} of {row.kind.title.lower()}: {errors[0]}")
    return [row.row() for row in rows if not row.cleaned_data["out"]]


class BadRow(Refused):
    """A row of the form has a choice that it does not offer."""

    code = "bad-row"


def _simulated(one: SecurityFacts, present: RuleSet, changed: RuleSet, at: datetime) -> Told:
    """Both rule sets over today's holders and over the decisions of the last 365 days."""
    needs = present.needs() | changed.needs()
    state = state_of(one, at=at, needs=needs)
    now = Facts("transfer", state, 1, at, at.astimezone(UTC).date())
    parties = holders(one, at=at, limit=HOLDERS + 1)
    today = ((party.holder, as_newcomer(party, now, state)) for party in parties[:HOLDERS])
    held = simulate(present, changed, today)
    cases: list[tuple[str, Facts]] = []
    for case in stored.asked(one.id, since=at - timedelta(days=365)):
        if len(cases) == CASES:
            break
        cases.append(case)
    moved = simulate(present, changed, cases)
    known = names({change.subject for change in held.refused})
    return Told(
        holders=held,
        movements=moved,
        out=[(known.get(c.subject, c.subject), c.failures[0].message) for c in held.refused[:200]],
        refused=[
            (c.subject.removeprefix("decision:"), c.facts.on.isoformat(), c.failures[0].message)
            for c in moved.refused[:200]
        ],
        partly=len(parties) > HOLDERS or len(cases) == CASES,
    )
