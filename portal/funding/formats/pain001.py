"""pain.001.001.09, the credit transfer initiation of ISO 20022, for SEPA payments; held against its schema."""

from datetime import date, datetime
from xml.etree import ElementTree

from sepaxml import SepaTransfer
from sepaxml.validation import ValidationError, try_valid_xml

from portal.domain.errors import Invalid
from portal.funding.facts import HouseAccount, PaymentOrder

SCHEMA = "pain.001.001.09"


class NotAPaymentFile(Invalid):
    """What was made does not fit the published schema, so it is not handed out."""

    code = "payment-file-not-valid"


def write(
    *, code: str, account: HouseAccount, orders: list[PaymentOrder], execute_on: date, at: datetime
) -> bytes:
    """
    The file's bytes.

    code    the message's id, by which the bank tells of it
    raises  NotAPaymentFile
    """
    file = SepaTransfer(
        {"name": account.holder, "IBAN": account.identifier, "batch": True, "currency": account.currency}
        | ({"BIC": account.bic} if account.bic else {}),
        schema=SCHEMA,
        clean=True,
    )
    for order in orders:
        file.add_payment(
            {
                "name": order.name,
                "IBAN": order.account,
                "amount": order.amount_minor,
                "execution_date": execute_on,
                "description": f"Withdrawal {order.end_to_end}",
                "endtoend_id": order.end_to_end,
            }
        )
    content = _identified(file.export(validate=False), code, at)
    try:
        try_valid_xml(content, SCHEMA)
    except ValidationError as wrong:
        raise NotAPaymentFile(f"The file does not fit the schema {SCHEMA}; it was not made.") from wrong
    return content


def _identified(content: bytes, code: str, at: datetime) -> bytes:
    """Our own id and time in place of the library's, which are random and the machine's."""
    namespace = f"urn:iso:std:iso:20022:tech:xsd:{SCHEMA}"
    root = ElementTree.fromstring(content)  # noqa: S314  made a moment ago, by ourselves
    for path, text in (
        ("GrpHdr/MsgId", code),
        ("GrpHdr/CreDtTm", at.strftime("%Y-%m-%dT%H:%M:%S")),
        ("PmtInf/PmtInfId", f"{code}-1"),
    ):
        steps = "/".join(f"{{{namespace}}}{step}" for step in path.split("/"))
        found = root.find(f"{{{namespace}}}CstmrCdtTrfInitn/{steps}")
        if found is None:
            raise NotAPaymentFile(f"The file lacks {path}; it was not made.")
        found.text = text
    ElementTree.register_namespace("", namespace)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, "utf-8")
