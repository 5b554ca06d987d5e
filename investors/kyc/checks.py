"""
Checks by an outside identity provider: asked for, started by a worker, and answered by a signed message. A result is
evidence of the case beside its papers; it decides nothing.
"""

from datetime import datetime
from uuid import UUID, uuid4

from django.conf import settings
from django.db import IntegrityError, transaction

from investors.domain.identity_checks import CHECK, OUTCOMES, UNDER_WAY, ProviderResult, read_result
from investors.domain.kyc import OPEN_STATES
from investors.domain.signed_messages import SignedMessage
from investors.kyc import provider
from investors.kyc.models import Case, IdentityCheck, ProviderMessage
from investors.kyc.services import locked, note, tell
from investors.profiles import selectors as profiles
from investors.profiles.facts import NamedPerson
from portal.domain.actors import Actor
from portal.domain.canonical import sha256_hex
from portal.domain.errors import Conflict, NotFound
from portal.outbox.services import enqueue

START = "investors.kyc.start_identity_check"
"""Topic of the call to the provider."""
PROVIDER = Actor.worker("identity-provider")


class NoProvider(Conflict):
    """Nobody is configured; officers look at the papers themselves."""

    code = "no-identity-provider"


class NobodyToCheck(Conflict):
    """Everybody behind the investor is being checked, or is no natural person with a name."""

    code = "nobody-to-check"


class NoSuchCheck(NotFound):
    code = "no-such-identity-check"


class Replayed(Conflict):
    """A message with this id was received already. A sender that lost our first answer need not send it again."""

    code = "webhook-replayed"


def request(*, case_id: UUID, actor: Actor, at: datetime) -> list[UUID]:
    """
    Ask for a check of every natural person behind a case who has none under way.

    returns  ids of the new checks
    raises   NoSuchCase, NoProvider, NobodyToCheck, Conflict for a case that is decided
    """
    if provider.configured() is None:
        raise NoProvider(
            "No identity provider is configured.", next_step="Look at the papers yourself, then decide."
        )
    with transaction.atomic():
        case = locked(case_id)
        if case.state not in OPEN_STATES:
            raise Conflict(f"This case is {case.state}; nobody is checked for it any more.")
        busy = set(case.identity_checks.filter(state__in=UNDER_WAY).values_list("subject", flat=True))
        people = [one for one in _natural_persons(case) if one.subject not in busy]
        if not people:
            raise NobodyToCheck(
                "Everybody behind this investor is being checked already, or nobody is named yet."
            )
        note(case, "identity_check_requested", text="", actor=actor, at=at)
        made = []
        for person in people:
            check = IdentityCheck.objects.create(
                id=uuid4(), case=case, subject=person.subject, requested_by=str(actor), requested_at=at
            )
            enqueue(topic=START, key=str(check.pk), payload={"check_id": str(check.pk)}, at=at)
            tell(case, "kyc.identity_check_requested", actor=actor, at=at, check=str(check.pk), subject_of_check=person.subject, also=[check])  # fmt: skip
            made.append(check.pk)
    return made


def start(*, check_id: UUID, actor: Actor, at: datetime) -> None:
    """
    Call the provider. Called twice it starts one check: the provider is given our id as its idempotency key.

    raises  NoSuchCheck; ProviderUnavailable after keeping it on the check, so that the call is made again
    """
    check = IdentityCheck.objects.select_related("case").filter(pk=check_id).first()
    if check is None:
        raise NoSuchCheck("There is no identity check with this id.")
    chosen = provider.configured()
    if check.state != "requested" or chosen is None:
        return
    person = next((one for one in _natural_persons(check.case) if one.subject == check.subject), None)
    if person is None:
        _refused(check_id, "This person stands behind the investor no more.", actor=actor, at=at)
        return
    order = provider.Order(
        check_id=str(check.pk),
        name=person.name,
        born=person.born.isoformat() if person.born else "",
        country=profiles.investor(check.case.investor_id).country,
        callback_url=f"{settings.SITE_URL.rstrip('/')}/api/v1/identity-provider/messages",
    )
    # No transaction is held open while somebody else's machine thinks.
    try:
        answer = chosen.start(order)
    except provider.ProviderUnavailable as error:
        _unanswered(check_id, str(error))
        raise
    except provider.ProviderRefused as refused:
        _refused(check_id, refused.message, actor=actor, at=at)
        return
    _started(check_id, answer, actor=actor, at=at)


def receive(*, message: SignedMessage, at: datetime) -> str:
    """
    Take the provider's signed message into the case. A message that is refused is not remembered, so that it may
    come again once it can be taken.

    returns  "accepted", or "ignored" for a kind of message that is none of ours
    raises   UnreadableResult, Replayed, NoSuchCheck, NotAllowedNow for a check that ended already
    """
    result = read_result(message.text)
    digest = sha256_hex(message.text.encode())
    with transaction.atomic():
        try:
            with transaction.atomic():
                ProviderMessage.objects.create(
                    message_id=message.id,
                    check_id=result.check_id,
                    sha256=digest,
                    sent_at=message.sent_at,
                    received_at=at,
                )
        except IntegrityError as clash:
            raise Replayed(
                "A message with this id was received already; nothing was done again.",
                field="webhook-id",
                next_step="Give each new message an id of its own.",
            ) from clash
        if not result.event:
            return "ignored"
        _take(result, message.text, digest, at=at)
    return "accepted"


def _take(result: ProviderResult, text: str, digest: str, *, at: datetime) -> None:
    """Under the case's lock, then the check's: the same order as everybody else takes."""
    found = IdentityCheck.objects.filter(pk=result.check_id).values_list("case_id", "reference").first()
    if found is None or found[1] not in ("", result.reference):
        raise NoSuchCheck("There is no identity check with this id and reference.", field="data.check_id")
    case = locked(found[0])
    check = IdentityCheck.objects.select_for_update().get(pk=result.check_id)
    check.state = CHECK.after(check.state, result.event)
    check.reference, check.ended_at, check.last_error = result.reference, at, ""
    check.report, check.sha256 = text, digest
    check.outcome, check.document_expires_on = result.outcome, result.expires_on
    check.findings = [
        {"code": one.code, "outcome": one.outcome, "detail": one.detail} for one in result.findings
    ]
    check.save()
    said = OUTCOMES.get(result.outcome, "Called off")
    note(case, f"identity_check_{check.state}", text=said, actor=PROVIDER, at=at)
    tell(
        case,
        f"kyc.identity_check_{check.state}",
        actor=PROVIDER,
        at=at,
        check=str(check.pk),
        also=[check],
        outcome=result.outcome,
        sha256=digest,
    )


def _started(check_id: UUID, answer: provider.Started, *, actor: Actor, at: datetime) -> None:
    with transaction.atomic():
        case, check = _locked_check(check_id)
        if check.state != "requested":
            return  # the result came before this answer, or the call was made twice
        check.state = CHECK.after(check.state, "start")
        check.reference, check.continue_url = answer.reference, answer.continue_url
        check.started_at, check.last_error = at, ""
        check.save()
        note(case, "identity_check_started", text="", actor=actor, at=at)
        tell(
            case,
            "kyc.identity_check_started",
            actor=actor,
            at=at,
            check=str(check.pk),
            also=[check],
            fields_sent=["born", "country", "name"],
        )


def _unanswered(check_id: UUID, error: str) -> None:
    with transaction.atomic():
        _, check = _locked_check(check_id)
        check.failures, check.last_error = check.failures + 1, error[:300]
        check.save(update_fields=["failures", "last_error"])


def _refused(check_id: UUID, why: str, *, actor: Actor, at: datetime) -> None:
    with transaction.atomic():
        case, check = _locked_check(check_id)
        check.state = CHECK.after(check.state, "refuse")
        check.last_error, check.ended_at = why[:300], at
        check.save()
        note(case, "identity_check_refused", text=why, actor=actor, at=at)
        tell(
            case,
            "kyc.identity_check_refused",
            actor=actor,
            at=at,
            reason=why,
            check=str(check.pk),
            also=[check],
        )


def _locked_check(check_id: UUID) -> tuple[Case, IdentityCheck]:
    """Case first, check second."""
    case = locked(IdentityCheck.objects.get(pk=check_id).case_id)
    return case, IdentityCheck.objects.select_for_update().get(pk=check_id)


def _natural_persons(case: Case) -> list[NamedPerson]:
    """Whom a provider can look at: an entity itself has no face."""
    entity = profiles.investor(case.investor_id).kind == "entity"
    return [
        person
        for person in profiles.names_to_screen(case.investor_id)
        if not (entity and person.subject.startswith("investor:"))
    ]
