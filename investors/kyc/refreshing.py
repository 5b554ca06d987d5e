"""Looking again: an approval that nears its last day, one that has passed it, and refreshes that officers ask for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse

from investors.domain.kyc import DOCUMENT_KINDS, Evidence
from investors.domain.refresh import carried, reminder_due
from investors.kyc import selectors
from investors.kyc.facts import CaseFacts
from investors.kyc.models import Case, CaseDocument, CaseEvent
from investors.kyc.selectors import case_facts
from investors.kyc.services import CaseUnderWay, expire, locked, note, open_case, required_reason, tell
from investors.profiles import selectors as profiles
from portal.accounts import selectors as accounts
from portal.domain.actors import Actor
from portal.domain.dates import told_day
from portal.domain.errors import Conflict, Refused
from portal.outbox.services import enqueue

MAIL = "investors.kyc.mail_refresh"
"""Topic of the e-mail that goes with a reminder."""
AT_MOST = 200
"""Refreshes that one request may ask for."""


class NothingToRefresh(Conflict):
    """There is no approval to look at again; the first check takes its own course."""

    code = "nothing-to-refresh"


class TooManyAtOnce(Conflict):
    code = "too-many-refreshes"


@dataclass(frozen=True, slots=True)
class BulkRefresh:
    """opened: cases that were opened. left: investors without one, and why."""

    opened: tuple[UUID, ...]
    left: tuple[tuple[UUID, str], ...]


def refresh(*, investor_id: UUID, reason: str, actor: Actor, at: datetime) -> CaseFacts:
    """
    Open a new case beside the approval that holds, with those papers of it that still serve, and write to the investor.

    raises  NoSuchInvestor, NothingToRefresh, CaseUnderWay, Invalid
    """
    said = required_reason(reason)
    with transaction.atomic():
        return case_facts(_begin(investor_id, said, event="message", mail="asked", actor=actor, at=at))


def refresh_many(*, investor_ids: Sequence[UUID], reason: str, actor: Actor, at: datetime) -> BulkRefresh:
    """
    `refresh` for several; who cannot be refreshed is told with why, and the others are.

    raises  TooManyAtOnce, Invalid
    """
    said = required_reason(reason)
    wanted = sorted(set(investor_ids))
    if len(wanted) > AT_MOST:
        raise TooManyAtOnce(f"{len(wanted)} were chosen; at most {AT_MOST} can be asked at once.")
    opened, left = [], []
    with transaction.atomic():
        for investor_id in wanted:
            try:
                with transaction.atomic():
                    row = _begin(investor_id, said, event="message", mail="asked", actor=actor, at=at)
            except Refused as refused:
                left.append((investor_id, refused.message))
            else:
                opened.append(row.pk)
    return BulkRefresh(tuple(opened), tuple(left))


def remind(*, case_id: UUID, actor: Actor, at: datetime) -> int | None:
    """
    Remind the investor of an approved case whose last day is near: a message in his case and an e-mail. The first
    reminder opens the case that follows. Nothing happens where it was done, or where officers have the case.

    returns  the days of REMIND_DAYS it was, or None
    raises   NoSuchCase
    """
    with transaction.atomic():
        row = locked(case_id)
        if row.state != "approved" or row.valid_until is None:
            return None
        days = reminder_due(valid_until=row.valid_until, on=at.date(), sent=_sent(row))
        under_way = selectors.open_case(row.investor_id)
        if days is None or (under_way is not None and not under_way.editable):
            return None
        text = f"Your identity check is valid until {told_day(row.valid_until)}. Please go through it once more before that day."
        if under_way is None:
            _begin(row.investor_id, text, event="message", mail="", actor=actor, at=at)
        else:
            after = locked(under_way.id)
            note(after, "message", text=text, actor=actor, at=at)
            tell(after, "kyc.message_written", actor=actor, at=at)
        note(row, f"remind_{days}", text="", actor=actor, at=at)
        tell(row, "kyc.refresh_reminded", actor=actor, at=at, days=days)
        _mail(row, f"{days}", at=at)
    return days


def run_out(*, case_id: UUID, actor: Actor, at: datetime) -> CaseFacts:
    """
    Mark an approval whose last day has passed, open the case that follows where none is, and write to the investor.

    raises  NoSuchCase, NotAllowedNow, Conflict while it still holds
    """
    with transaction.atomic():
        done = expire(case_id=case_id, actor=actor, at=at)
        row = locked(case_id)
        if (
            selectors.open_case(row.investor_id) is None
            and profiles.investor(row.investor_id).closed_at is None
        ):
            text = "Your identity check has expired. Please go through it once more."
            _begin(row.investor_id, text, event="message", mail="", actor=actor, at=at)
        _mail(row, "expired", at=at)
    return done


def mail(*, case_id: UUID, about: str) -> bool:
    """
    Send the e-mail of a reminder through Django's mail backend; it says no name and leads to the portal.

    about    days left as text, "expired", or "asked"
    returns  False where there is nobody to write to
    """
    case = selectors.case(case_id)
    user_id = profiles.investor(case.investor_id).user_id
    if user_id is None:
        return False
    person = accounts.user(user_id)
    if not person.is_active:
        return False
    told = {
        "about": about,
        "valid_until": case.valid_until,
        "site": settings.SITE_NAME,
        "link": settings.SITE_URL.rstrip("/") + reverse("onboarding"),
    }
    subject = "Your identity check has expired" if about == "expired" else "Your identity check is due again"
    send_mail(
        f"{settings.ACCOUNT_EMAIL_SUBJECT_PREFIX}{subject}",
        render_to_string("investors/kyc/email/refresh.txt", told),
        None,
        [person.email],
    )
    return True


def _begin(investor_id: UUID, text: str, *, event: str, mail: str, actor: Actor, at: datetime) -> Case:
    """The new case with the papers that still serve; the caller has a transaction."""
    investor = profiles.investor(investor_id)
    if investor.closed_at is not None:
        raise NothingToRefresh(f"{investor.reference} is closed.")
    last = (
        Case.objects.filter(investor_id=investor_id, state__in=["approved", "expired"])
        .order_by("-decided_at")
        .first()
    )
    if last is None:
        raise NothingToRefresh(f"{investor.reference} has no approval that could be refreshed.")
    if selectors.open_case(investor_id) is not None:
        raise CaseUnderWay(
            f"A case of {investor.reference} is under way already.", next_step="Continue with the open case."
        )
    row = locked(open_case(investor_id=investor_id, actor=actor, at=at).id)
    note(row, event, text=text, actor=actor, at=at)
    kept = _carry(last, row, actor=actor, at=at)
    tell(row, "kyc.refresh_opened", actor=actor, at=at, reason=text, follows=str(last.pk), papers=[str(p.document_id) for p in kept], also=kept)  # fmt: skip
    if mail:
        _mail(row, mail, at=at)
    return row


def _carry(old: Case, new: Case, *, actor: Actor, at: datetime) -> list[CaseDocument]:
    """The newest of each kind of paper that still serves, by the same hash."""
    papers = list(old.papers.order_by("added_at", "pk"))
    serves = carried([Evidence(paper.kind, paper.expires_on) for paper in papers], on=at.date())
    newest = {paper.kind: paper for paper, good in zip(papers, serves, strict=True) if good}
    return [
        CaseDocument.objects.create(
            case=new,
            document_id=newest[kind].document_id,
            sha256=newest[kind].sha256,
            kind=kind,
            filename=newest[kind].filename,
            expires_on=newest[kind].expires_on,
            added_by=str(actor),
            added_at=at,
        )
        for kind in DOCUMENT_KINDS
        if kind in newest
    ]


def _sent(row: Case) -> set[int]:
    events = CaseEvent.objects.filter(case=row, event__startswith="remind_").values_list("event", flat=True)
    return {int(event.removeprefix("remind_")) for event in events}


def _mail(row: Case, about: str, *, at: datetime) -> None:
    key = f"{row.pk}:{about}"
    enqueue(topic=MAIL, key=key, payload={"case_id": str(row.pk), "about": about}, at=at)
