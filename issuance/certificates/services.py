"""Asking for a certificate, and making it."""

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from investors.profiles.selectors import investor
from issuance.certificates import printing
from issuance.certificates.facts import CertificateFacts
from issuance.certificates.models import Certificate, CertificateFile
from issuance.certificates.selectors import certificate, certificate_facts, normal
from issuance.offerings.models import Subscription
from issuance.offerings.selectors import NoSuchSubscription, signature, subscription
from issuance.register.selectors import held
from issuance.securities.models import Security
from issuance.securities.selectors import NoSuchSecurity
from portal.audit.essences import essences
from portal.audit.services import record
from portal.documents import services as documents
from portal.domain.actors import Actor
from portal.domain.errors import Refused
from portal.outbox.services import enqueue

MAKE = "issuance.certificates.make"
MOST_A_DAY = 20
# Without I, L, O and U, which are misread (Crockford's base 32).
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class TooManyToday(Refused):
    """Each paper costs the house a signature; nobody needs so many a day."""

    code = "too-many-certificates"
    status = 409


def ask_holding(*, security_id: UUID, investor_id: UUID, actor: Actor, at: datetime) -> CertificateFacts:
    """
    Certify what an investor holds of a security now. A worker makes the paper within seconds.

    raises  NoSuchSecurity where he holds nothing of it, TooManyToday
    """
    holder = f"investor:{investor_id}"
    with transaction.atomic():
        security = Security.objects.filter(pk=security_id).first()
        quantity = held(security.instrument_id, holder) if security else 0
        if security is None or not quantity:
            raise NoSuchSecurity("There is no security with this id that you hold.")
        return _ask(
            Certificate(
                kind=Certificate.Kind.HOLDING,
                subject=f"security:{security.pk}",
                security=security,
                holder=holder,
                quantity=quantity,
                as_of=at,
            ),
            actor,
            at,
        )


def ask_agreement(
    *, subscription_id: UUID, investor_id: UUID, actor: Actor, at: datetime
) -> CertificateFacts:
    """
    The agreement that an investor signed, with the record of his signature; asked for again it is the same paper.

    raises  NoSuchSubscription, for somebody else's too; TooManyToday
    """
    row, holder = subscription(subscription_id), f"investor:{investor_id}"
    if row.investor != holder:
        raise NoSuchSubscription("There is no subscription with this id.")
    with transaction.atomic():
        Subscription.objects.select_for_update().get(pk=row.id)
        known = Certificate.objects.filter(kind="agreement", subject=f"subscription:{row.id}").first()
        if known is not None:
            return certificate(known.pk)
        security = Security.objects.get(offerings=row.offering_id)
        asked = Certificate(
            kind=Certificate.Kind.AGREEMENT,
            subject=f"subscription:{row.id}",
            security=security,
            holder=holder,
            as_of=signature(row.id).signed_at,
        )
        return _ask(asked, actor, at)


def make(*, certificate_id: UUID, actor: Actor, at: datetime) -> CertificateFacts:
    """
    Print, sign and keep the paper; done once, whoever asks again gets what there is.

    raises  NoSuchCertificate; NotInLogYet until the log has sealed what the paper proves; PressFailed
    """
    one = certificate(certificate_id)
    if one.document_id is not None:
        return one
    content = printing.printed(one, at=at)
    reader = investor(UUID(one.holder.removeprefix("investor:"))).user_id
    with transaction.atomic():
        kept = documents.store(
            owner=one.holder,
            kind=f"certificate_of_{one.kind}" if one.kind == "holding" else "signed_agreement",
            filename=f"{one.kind}-{one.number}.pdf",
            content=content,
            reader=reader,
            actor=actor,
            at=at,
        )
        file = CertificateFile.objects.create(
            certificate_id=one.id, document_id=kept.id, sha256=kept.sha256, made_at=at
        )
        record(
            actor=actor,
            action="certificate.made",
            subject=f"certificate:{one.id}",
            organisation=one.issuer_id,
            at=at,
            document=str(kept.id),
            sha256=kept.sha256,
            rows=essences(file),
        )
    return certificate(certificate_id)


def _ask(asked: Certificate, actor: Actor, at: datetime) -> CertificateFacts:
    today = Certificate.objects.filter(holder=asked.holder, asked_at__gt=at - timedelta(days=1)).count()
    if today >= MOST_A_DAY:
        raise TooManyToday(
            f"{today} papers were made for you within a day; at most {MOST_A_DAY} are.",
            next_step="Use the newest one, or ask again tomorrow.",
        )
    asked.number = normal("".join(secrets.choice(LETTERS) for _ in range(16)))
    asked.asked_at, asked.asked_by = at, str(actor)
    asked.save(force_insert=True)
    record(
        actor=actor,
        action="certificate.asked",
        subject=f"certificate:{asked.pk}",
        organisation=asked.security.issuer_id,
        at=at,
        kind=asked.kind,
        about=asked.subject,
        holder=asked.holder,
        quantity=None if asked.quantity is None else str(asked.quantity),
        as_of=asked.as_of.isoformat(),
        rows=essences(asked),
    )
    enqueue(topic=MAKE, key=str(asked.pk), payload={"certificate_id": str(asked.pk)}, at=at)
    return certificate_facts(
        Certificate.objects.select_related("security__issuer", "security__token").get(pk=asked.pk)
    )
