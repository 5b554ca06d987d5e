"""Bank files in the compliance console: statements in, what waits in suspense, payment files out, reconciliation."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from investors.bank_accounts import services as bank_accounts
from investors.console.bank_forms import AssignForm, CsvStatementForm, ExplainForm, StatementForm
from investors.console.forms import ReasonForm
from investors.console.money import owner_typed, shown_owner
from investors.profiles import selectors as profiles
from portal.approvals.facts import ApprovalFacts
from portal.approvals.selectors import approval
from portal.documents import services as documents
from portal.domain.errors import Refused
from portal.funding import payments, reconciliation, selectors, statements, suspense
from portal.funding.facts import CURRENCIES, ColumnMapping, WithdrawalFacts
from portal.http import desk, four_eyes
from portal.http.actors import actor_of
from portal.http.authorization import allowed, possible, require
from portal.http.consoles import compliance_console
from portal.http.forms import add_refusal
from portal.http.once import once


@compliance_console.page(
    "statements/", name="statements", action="deposit.view", label="Bank statements", group="Operate",
    icon="doc", order=9,
)  # fmt: skip
@once
def statement_list(request: HttpRequest) -> HttpResponse:
    """Statements that came in, and the next."""
    form = StatementForm(request.POST or None, request.FILES or None)
    done = _import(request, form, None) if request.method == "POST" else None
    if done:
        return done
    return _statements_page(request, form, "funding/statements.html")


@compliance_console.page("statements/csv/", name="statements-csv", action="deposit.record")
@once
def statement_csv(request: HttpRequest) -> HttpResponse:
    """A CSV file with its columns named."""
    form = CsvStatementForm(request.POST or None, request.FILES or None, accounts=selectors.house_accounts())
    if request.method == "POST" and form.is_valid():
        done = _import(request, form, form.mapping())
        if done:
            return done
    return render(request, "funding/statement_csv.html", {"form": form}, status=422 if form.errors else 200)


@compliance_console.page("reconciliation/", name="reconciliation", action="deposit.view", label="Reconciliation", group="Operate", icon="check", order=12)  # fmt: skip
def reconciliation_page(request: HttpRequest) -> HttpResponse:
    """The bank's balance against the ledger's, and what makes the difference."""
    return render(request, "funding/reconciliation.html", {"rows": reconciliation.reconciled()})


def waiting(request: HttpRequest) -> int:
    return reconciliation.waiting_count()


@compliance_console.page("suspense/", name="suspense", action="deposit.view", label="Suspense", group="Operate", icon="flag", order=9, count=waiting)  # fmt: skip
def suspense_list(request: HttpRequest) -> HttpResponse:
    """Lines that no reference explains, oldest first."""
    return render(request, "funding/suspense.html", {"rows": reconciliation.lines()})


@compliance_console.page("suspense/<uuid:line_id>/", name="suspense-line", action="deposit.view")
def suspense_line(request: HttpRequest, line_id: UUID) -> HttpResponse:
    return _line_page(request, _line(line_id))


@compliance_console.page("suspense/<uuid:line_id>/assign/", name="suspense-assign", action="deposit.record")
@require_POST
@once
def assign(request: HttpRequest, line_id: UUID) -> HttpResponse:
    require(request, "deposit.record")
    form = AssignForm(request.POST)
    if form.is_valid():
        try:
            suspense.propose_owner(
                line_id=line_id,
                owner=owner_typed(form.cleaned_data["owner"]),
                reason=form.cleaned_data["reason"],
                actor=actor_of(request),
                at=timezone.now(),
            )
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, "Proposed. Somebody else decides.")
            return redirect("compliance:suspense-line", line_id)
    return _line_page(request, _line(line_id), assign=form, status=422)


@compliance_console.page("suspense/<uuid:line_id>/return/", name="suspense-return", action="deposit.record")
@require_POST
@once
def give_back(request: HttpRequest, line_id: UUID) -> HttpResponse:
    require(request, "deposit.record")
    form = ReasonForm(request.POST)
    if form.is_valid():
        try:
            suspense.propose_return(
                line_id=line_id,
                reason=form.cleaned_data["reason"],
                actor=actor_of(request),
                at=timezone.now(),
            )
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, "Proposed. Somebody else decides.")
            return redirect("compliance:suspense-line", line_id)
    return _line_page(request, _line(line_id), give_back=form, status=422)


@compliance_console.page("suspense/<uuid:line_id>/explain/", name="suspense-explain", action="deposit.record")
@require_POST
@once
def explain(request: HttpRequest, line_id: UUID) -> HttpResponse:
    require(request, "deposit.record")
    found = _line(line_id)
    form = ExplainForm(request.POST, candidates=_candidates(found))
    if form.is_valid():
        try:
            suspense.explain(
                line_id=line_id,
                withdrawal_id=form.withdrawal_id(),
                reason=form.cleaned_data["reason"],
                actor=actor_of(request),
                at=timezone.now(),
            )
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, "Explained.")
            return redirect("compliance:suspense")
    return _line_page(request, found, explain=form, status=422)


@compliance_console.page(
    "suspense/<uuid:line_id>/<str:answer>/decide/", name="suspense-decide", action="suspense.decide"
)
@require_POST
@once
def decide(request: HttpRequest, line_id: UUID, answer: str) -> HttpResponse:
    found = _line(line_id)
    require(request, "suspense.decide", maker=found.proposed_by)
    if answer not in ("approve", "reject"):
        raise Http404
    state = suspense.decide(
        line_id=line_id, agree=answer == "approve", actor=actor_of(request), at=timezone.now()
    )
    messages.success(request, f"Decided: it is {state.replace('_', ' ')}.")
    return redirect("compliance:suspense-line", line_id)


@four_eyes.page_of(suspense.DECIDE)
def page_of_approval(asked: ApprovalFacts) -> str:
    return f"/compliance/suspense/{asked.subject.partition(':')[2]}/"


@compliance_console.page(
    "payment-files/", name="payment-files", action="withdrawal.view", label="Payment files", group="Operate",
    icon="swap", order=12,
)  # fmt: skip
@once
def payment_file_list(request: HttpRequest) -> HttpResponse:
    """Approved withdrawals by currency, to be sent in one file; and the files made."""
    error: Refused | None = None
    if request.method == "POST":
        chosen = _chosen(request)
        try:
            return _make_file(request, chosen)
        except Refused as refused:
            error = refused
    approved = selectors.withdrawals(states=("approved",), limit=payments.MOST_PAYMENTS)
    context = {
        "batches": [
            (code, payments.FORMATS.get(code, ""), [one for one in approved if one.currency == code])
            for code in CURRENCIES
            if any(one.currency == code for one in approved)
        ],
        "files": reconciliation.payment_files(),
        "may_make": possible(request, "withdrawal.pay"),
        "error": error,
    }
    return render(request, "funding/payment_files.html", context, status=422 if error else 200)


@compliance_console.page(
    "payment-files/<uuid:file_id>/download/", name="payment-file-download", action="withdrawal.pay"
)
@require_POST
def download(request: HttpRequest, file_id: UUID) -> HttpResponse:
    """The file for the bank: an event each time, since it names people and their accounts."""
    found = reconciliation.payment_file(file_id)
    content = documents.read(document_id=found.document_id, actor=actor_of(request), at=timezone.now())
    ending, kind = ("xml", "application/xml") if found.format == "pain.001" else ("ach", "text/plain")
    answer = HttpResponse(content, content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="{found.code}.{ending}"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


@compliance_console.page(
    "withdrawals/<uuid:withdrawal_id>/returned/", name="withdrawal-returned", action="withdrawal.pay"
)
@require_POST
@once
def returned(request: HttpRequest, withdrawal_id: UUID) -> HttpResponse:
    """The bank has refused a payment that was sent."""
    found = selectors.withdrawal(withdrawal_id)
    require(request, "withdrawal.pay", maker=found.requested_by)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Nothing was changed: say in a sentence why the bank refused it.")
        return redirect("compliance:withdrawal", withdrawal_id)
    payments.refuse_sent(
        withdrawal_id=withdrawal_id,
        reason=form.cleaned_data["reason"],
        actor=actor_of(request),
        at=timezone.now(),
    )
    messages.success(request, "Recorded. The money is free again.")
    return redirect("compliance:withdrawal", withdrawal_id)


@desk.compliance
def to_match(request: HttpRequest) -> Sequence[desk.Task]:
    """One task for the whole queue: its lines are worked on its own page."""
    found = reconciliation.lines(limit=1) if possible(request, "deposit.view") else []
    if not found:
        return []
    waiting = reconciliation.waiting_count()
    return [
        desk.Task(
            title="One line of a bank statement waits to be matched"
            if waiting == 1
            else f"{waiting} lines of bank statements wait to be matched",
            text="Nobody's reference explains them.",
            href=reverse("compliance:suspense"),
            action="Match",
            icon="flag",
            since=found[0].at,
            group="Money",
        )
    ]


def _make_file(request: HttpRequest, chosen: Sequence[UUID]) -> HttpResponse:
    payments.make_payment_file(
        currency=request.POST.get("currency", "")[:3],
        withdrawal_ids=chosen,
        actor=actor_of(request),
        at=timezone.now(),
    )
    messages.success(request, "The file is made. Hand it to the bank.")
    return redirect("compliance:payment-files")


def _chosen(request: HttpRequest) -> list[UUID]:
    """The withdrawals that were ticked, each of which this person may pay."""
    if not possible(request, "withdrawal.pay"):
        require(request, "withdrawal.pay")
    try:
        chosen = [UUID(one) for one in request.POST.getlist("withdrawal")[: payments.MOST_PAYMENTS + 1]]
    except ValueError:
        raise Http404 from None
    for one in chosen:
        require(request, "withdrawal.pay", maker=selectors.withdrawal(one).requested_by)
    return chosen


def _import(request: HttpRequest, form: StatementForm, mapping: ColumnMapping | None) -> HttpResponse | None:
    """Where to go on after an import, or None where the form says why there was none."""
    require(request, "deposit.record")
    if not form.is_valid():
        return None
    file, now = form.cleaned_data["file"], timezone.now()
    try:
        with transaction.atomic():
            made = statements.import_statement(
                content=file.read(), filename=file.name, mapping=mapping, actor=actor_of(request), at=now
            )
            verified = bank_accounts.verify_by_transfers(
                file_id=made.file_id, actor=actor_of(request), at=now
            )
    except Refused as refused:
        add_refusal(form, refused)
        return None
    messages.success(
        request,
        f"{made.format}: {made.lines_new} new lines, {made.lines_known} known before; {made.matched} matched, "
        f"{made.suspense} in suspense, {made.unexplained} to be explained"
        + (f"; {verified} bank accounts verified." if verified else "."),
    )
    return redirect("compliance:statements")


def _statements_page(request: HttpRequest, form: StatementForm, template: str) -> HttpResponse:
    context = {
        "form": form,
        "rows": [(one, CURRENCIES[one.currency].scale) for one in reconciliation.statements()],
        "may_import": possible(request, "deposit.record"),
    }
    return render(request, template, context, status=422 if form.errors else 200)


def _line(line_id: UUID) -> reconciliation.LineFacts:
    found = reconciliation.line(line_id)
    if found is None:
        raise suspense.NoSuchLine("There is no line of a statement with this id.")
    return found


def _candidates(found: reconciliation.LineFacts) -> list[WithdrawalFacts]:
    """Withdrawals that a debit may have paid: on their way, in its currency, of its amount."""
    open_ones = selectors.withdrawals(states=("approved", "sent"), limit=payments.MOST_PAYMENTS)
    return [
        one for one in open_ones if (one.currency, one.amount_minor) == (found.currency, -found.amount_minor)
    ]


def _line_page(
    request: HttpRequest, found: reconciliation.LineFacts, *, status: int = 200, **given: Any
) -> HttpResponse:
    may_work = possible(request, "deposit.record")
    asked = approval(found.approval_id) if found.approval_id else None
    owners = [found.owner, found.proposed_owner]
    ids = [UUID(one.partition(":")[2]) for one in owners if one.startswith("investor:")]
    known = profiles.references(ids)
    context = {
        "found": found,
        "owner": shown_owner(found.owner, known) if found.owner else "",
        "proposed": shown_owner(found.proposed_owner, known) if found.proposed_owner else "",
        "bar": four_eyes.bar(request, asked) if asked else None,
        "may_decide": found.state in ("proposed", "return_proposed")
        and allowed(request, "suspense.decide", maker=found.proposed_by),
        "may_propose": may_work and found.state == "suspense",
        "may_explain": may_work and found.state == "unexplained",
        "return_code": suspense.return_code(found.id),
        "assign": given.get("assign") or AssignForm(),
        "give_back": given.get("give_back") or ReasonForm(),
        "explain": given.get("explain") or ExplainForm(candidates=_candidates(found)),
    }
    return render(request, "funding/suspense_line.html", context, status=status)
