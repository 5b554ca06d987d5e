"""Four eyes: one person asks, another decides. What acts on it asks `selectors.is_approved`."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from portal.approvals.models import LIFECYCLE, Approval
from portal.approvals.selectors import NoSuchApproval
from portal.audit.services import record
from portal.domain.actors import Actor
from portal.domain.canonical import canonical_json, sha256_hex
from portal.domain.errors import Conflict, Invalid, NotAllowed

NOTE_LENGTH = 2000


class MakerCannotCheck(NotAllowed):
    """Four eyes need two people."""

    code = "maker-cannot-check"


class OnlyPeopleDecide(NotAllowed):
    code = "only-people-decide"


class OnlyMakerWithdraws(NotAllowed):
    code = "only-maker-withdraws"


class AlreadyRequested(Conflict):
    code = "approval-already-requested"


class AlreadyDecided(Conflict):
    code = "approval-already-decided"


class NoteTooLong(Invalid):
    code = "note-too-long"


def request_approval(
    *,
    action: str,
    subject: str,
    organisation: UUID | None,
    maker: Actor,
    facts: Mapping[str, Any],
    at: datetime,
) -> UUID:
    """
    Ask for a second person's approval.

    action   what is to happen, as permissions name it: "dividend.approve"
    subject  "<noun>:<uuid>"
    facts    JSON-able: all that the checker is to see; amounts as strings. It cannot change afterwards.
    raises   AlreadyRequested while the same question is open
    """
    text = canonical_json(dict(facts)).decode()
    with transaction.atomic():
        try:
            with transaction.atomic():
                made = Approval.objects.create(
                    action=action,
                    subject=subject,
                    organisation_id=organisation,
                    maker=str(maker),
                    maker_label=maker.label,
                    facts=text,
                    requested_at=at,
                )
        except IntegrityError as clash:
            if "approval_open_once" not in str(clash):
                raise
            raise AlreadyRequested(
                "Approval of this has been asked for already and nobody has decided yet.",
                next_step="Wait for the decision, or withdraw the open request first.",
            ) from clash
        record(
            actor=maker,
            action="approval.requested",
            subject=f"approval:{made.pk}",
            organisation=organisation,
            at=at,
            asked=action,
            about=subject,
            facts_sha256=sha256_hex(text.encode()),
        )
    return made.pk


def approve(*, approval_id: UUID, checker: Actor, at: datetime, note: str = "") -> None:
    """
    Approve as a second person.

    raises  NoSuchApproval, AlreadyDecided, MakerCannotCheck, OnlyPeopleDecide
    """
    _decide(approval_id, "approve", actor=checker, at=at, note=note)


def reject(*, approval_id: UUID, checker: Actor, at: datetime, note: str = "") -> None:
    """Reject as a second person; raises as `approve` does."""
    _decide(approval_id, "reject", actor=checker, at=at, note=note)


def withdraw(*, approval_id: UUID, maker: Actor, at: datetime, note: str = "") -> None:
    """
    Take the own request back.

    raises  NoSuchApproval, AlreadyDecided, OnlyMakerWithdraws
    """
    _decide(approval_id, "withdraw", actor=maker, at=at, note=note)


def _decide(approval_id: UUID, event: str, *, actor: Actor, at: datetime, note: str) -> None:
    if len(note) > NOTE_LENGTH:
        raise NoteTooLong(
            f"A note has at most {NOTE_LENGTH} characters; this one has {len(note)}.", field="note"
        )
    with transaction.atomic():
        asked = Approval.objects.select_for_update().filter(pk=approval_id).first()
        if asked is None:
            raise NoSuchApproval("There is no approval with this id.")
        if asked.state != "requested":
            who = asked.checker_label or asked.maker_label or "somebody"
            raise AlreadyDecided(
                f"{who} has decided this on {asked.decided_at:%d %b %Y, %H:%M} UTC: {asked.state}.",
                next_step="Nothing was changed. Ask for a new approval if the decision should be another.",
            )
        _refuse_wrong_person(asked, event, actor)
        asked.state = LIFECYCLE.after(asked.state, event)
        asked.decided_at = at
        asked.note = note
        if event != "withdraw":
            asked.checker, asked.checker_label = str(actor), actor.label
        asked.save(update_fields=["state", "decided_at", "note", "checker", "checker_label"])
        record(
            actor=actor,
            action=f"approval.{asked.state}",
            subject=f"approval:{asked.pk}",
            organisation=asked.organisation_id,
            reason=note,
            at=at,
            asked=asked.action,
            about=asked.subject,
            facts_sha256=sha256_hex(asked.facts.encode()),
        )


def _refuse_wrong_person(asked: Approval, event: str, actor: Actor) -> None:
    own = asked.maker == str(actor)
    if event == "withdraw":
        if not own:
            raise OnlyMakerWithdraws("Only who asked for this approval can withdraw it.")
        return
    if actor.kind != "user":
        raise OnlyPeopleDecide("An approval is decided by a person, never by a program.")
    if own:
        raise MakerCannotCheck(
            "You asked for this approval, so somebody else has to decide it.",
            next_step="A second person with the right to approve finds it in the work queue.",
        )
