"""Certificates: what is asked for is frozen, the paper is signed, proves itself offline, and knows when it is outdated."""

import io
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from asn1crypto import pem, x509
from django.conf import settings as configured
from django.db import DatabaseError, connection, transaction
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from issuance.certificates import printing, selectors, services
from issuance.certificates.models import Certificate, CertificateFile
from issuance.offerings import services as offerings
from issuance.offerings.selectors import NoSuchSubscription
from issuance.securities.selectors import NoSuchSecurity
from portal.audit import verifier
from portal.audit.models import Event
from portal.audit.selectors import NotInLogYet
from portal.audit.sequencer import seal_all
from portal.audit.signing import public_key
from portal.audit.verify import verify_rows
from portal.documents import services as documents
from portal.documents.models import Document
from portal.domain.actors import Actor
from portal.outbox.models import Message
from tests.factories import tampering
from tests.factories.investors import approved_investor
from tests.factories.issuance import active_security, give, open_offering, subscribe

WORKER = Actor.worker("certificates")
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def holder(now):
    issued, who = active_security(at=now, scale=2), approved_investor(at=now, cash={"USD": 100_000_00})
    give(issued, who, 12_50, at=now)
    return issued, who


def asked(issued, who, now):
    return services.ask_holding(security_id=issued.security.id, investor_id=who.id, actor=who.actor, at=now)


def made(one, now):
    seal_all(at=now)
    done = services.make(certificate_id=one.id, actor=WORKER, at=now)
    return done, documents.read(document_id=done.document_id, actor=WORKER, at=now)


def attachments(content):
    names = PdfFileReader(io.BytesIO(content)).root["/Names"]["/EmbeddedFiles"]["/Names"]
    return {str(names[n]): names[n + 1]["/EF"]["/F"].data for n in range(0, len(names), 2)}


def test_the_paper_is_signed_whole_and_its_proof_is_accepted_offline(holder, now, tmp_path, capsys):
    issued, who = holder
    done, content = made(asked(issued, who, now), now)
    assert (done.quantity, done.holder, done.as_of) == (12_50, who.owner, now)
    assert b"pdfaid" in content
    (signature,) = PdfFileReader(io.BytesIO(content)).embedded_signatures
    certificate = Path(configured.PAPER_SIGNING_CERTIFICATE_FILE).read_bytes()
    trusted = ValidationContext(trust_roots=[x509.Certificate.load(pem.unarmor(certificate)[2])])
    with ThreadPoolExecutor(
        1
    ) as apart:  # it starts an event loop, and a browser's may be running in this thread
        status = apart.submit(validate_pdf_signature, signature, trusted).result()
    assert (status.intact, status.valid, status.trusted, status.coverage.name) == (
        True,
        True,
        True,
        "ENTIRE_FILE",
    )

    proof = tmp_path / "proof.json"
    proof.write_bytes(attachments(content)["proof.json"])
    told = verifier.verify(json.loads(proof.read_text()), key=public_key())
    assert any("certificate.asked" in line for line in told)
    assert any("register.issued" in line for line in told)
    assert verifier.main([str(proof)]) == 0
    proof.write_text(proof.read_text().replace("1250", "1251"))
    assert verifier.main([str(proof)]) == 1
    assert "REJECTED" in capsys.readouterr().out


def test_a_paper_is_made_once_and_only_after_the_log_has_its_events(holder, now):
    issued, who = holder
    one = asked(issued, who, now)
    message = Message.objects.get(topic=services.MAKE)
    assert message.payload == {"certificate_id": str(one.id)}
    with pytest.raises(NotInLogYet):
        services.make(certificate_id=one.id, actor=WORKER, at=now)
    assert not CertificateFile.objects.exists()
    first, _ = made(one, now)
    assert services.make(certificate_id=one.id, actor=WORKER, at=now) == first
    assert Document.objects.filter(owner=who.owner, kind="certificate_of_holding").count() == 1
    told = Event.objects.get(action="certificate.made")
    assert json.loads(told.facts)["sha256"] == first.sha256


def test_a_number_says_valid_then_outdated_and_nothing_of_the_holder(holder, now):
    issued, who = holder
    one = asked(issued, who, now)
    known = selectors.standing(one.number.lower().replace("-", " "))
    assert (known.number, known.state, known.security_code) == (one.number, "valid", issued.security.code)
    assert who.investor.reference not in repr(known)
    assert str(who.id) not in repr(known)
    give(issued, who, 1, at=now)
    assert selectors.standing(one.number).state == "outdated"
    assert selectors.standing("0000-0000-0000-0000").state == "unknown"
    assert selectors.standing("' OR 1=1 --" * 50).state == "unknown"


def test_who_holds_nothing_gets_nothing(holder, now):
    issued, _ = holder
    other = approved_investor(at=now)
    with pytest.raises(NoSuchSecurity):
        asked(issued, other, now)
    assert not Certificate.objects.exists()
    assert not Message.objects.filter(topic=services.MAKE).exists()


def test_there_is_an_end_to_papers_a_day(holder, now, monkeypatch):
    issued, who = holder
    monkeypatch.setattr(services, "MOST_A_DAY", 2)
    for _ in range(2):
        asked(issued, who, now)
    with pytest.raises(services.TooManyToday):
        asked(issued, who, now)
    assert Certificate.objects.count() == 2


def test_letters_that_no_font_has_are_written_in_latin(now):
    issued, who = active_security(at=now), approved_investor(at=now, legal_name="\U00012000\U00012001 Hall")
    give(issued, who, 5, at=now)
    _, content = made(asked(issued, who, now), now)
    assert content.startswith(b"%PDF")


def test_a_press_without_a_key_says_so_and_keeps_nothing(holder, now, settings, tmp_path):
    issued, who = holder
    one = asked(issued, who, now)
    seal_all(at=now)
    settings.PAPER_SIGNING_KEY_FILE = str(tmp_path / "none.pem")
    with pytest.raises(printing.PressFailed, match="could not be signed: FileNotFoundError"):
        services.make(certificate_id=one.id, actor=WORKER, at=now)
    assert not CertificateFile.objects.exists()


def test_a_signed_agreement_carries_its_text_and_the_record_of_its_signature(holder, now):
    issued, who = holder
    row = subscribe(open_offering(issued, at=now), who, at=now, quantity=4_00)
    given = {"subscription_id": row.id, "actor": who.actor, "at": now}
    with pytest.raises(NoSuchSubscription):
        services.ask_agreement(investor_id=approved_investor(at=now).id, **given)
    one = services.ask_agreement(investor_id=who.id, **given)
    assert services.ask_agreement(investor_id=who.id, **given) == one
    _, content = made(one, now)
    parts = attachments(content)
    assert sorted(parts) == ["agreement.txt", "proof.json", "signature.json"]
    record = json.loads(parts["signature.json"])
    assert (record["signer"], record["subscription_id"]) == (str(who.actor), str(row.id))
    told = verifier.verify(json.loads(parts["proof.json"]), key=public_key())
    assert any("offering.subscribed" in line for line in told)
    assert selectors.standing(one.number).state == "valid"
    offerings.withdraw(subscription_id=row.id, investor_id=who.id, actor=who.actor, at=now)
    assert selectors.standing(one.number).state == "outdated"


@pytest.mark.parametrize("table", ["issuance_certificate", "issuance_certificatefile"])
def test_no_certificate_is_changed_or_deleted(table):
    for attack in (f"DELETE FROM {table}", f"UPDATE {table} SET id = id"):
        with pytest.raises(DatabaseError), transaction.atomic(), closing(connection.cursor()) as cursor:
            cursor.execute(attack)


def test_verify_names_every_changed_column(superuser_connection, holder, now):
    issued, who = holder
    made(asked(issued, who, now), now)
    assert verify_rows("issuance") == []
    for model in (Certificate, CertificateFile):
        table, key = model._meta.db_table, tampering.key_of_a_row(superuser_connection, model)
        for column in tampering.columns_of(model):
            with tampering.changed(superuser_connection, table, column, key) as done:
                told = [f"{table} {key}: it is not what the audit trail recorded."]
                assert not done or verify_rows("issuance") == told, column
