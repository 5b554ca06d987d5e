"""NACHA, the file of US bank transfers: credits to people (PPD) and to organisations (CCD), 94 characters a record."""

from datetime import date, datetime

from achkit import AchError, AchFile, validate
from anyascii import anyascii

from portal.funding.facts import HouseAccount, PaymentOrder
from portal.funding.formats.pain001 import NotAPaymentFile

LARGEST_ENTRY = 10**10
"""Ten digits of cents are what an entry holds."""
_DESCRIPTION = "WITHDRAWAL"


def write(
    *, code: str, account: HouseAccount, orders: list[PaymentOrder], execute_on: date, at: datetime
) -> bytes:
    """
    The file's bytes.

    code    printed as each batch's discretionary data, by which the bank's statement can tell of the file
    raises  NotAPaymentFile
    """
    routing = account.identifier.partition("/")[0]
    try:
        file = AchFile.create(
            origin_dfi=routing,
            company_id=account.company_id,
            destination_name=_ascii(account.bank, 23),
            origin_name=_ascii(account.holder, 23),
            creation_date=at,
        )
        for kind, organisation in (("PPD", False), ("CCD", True)):
            chosen = [one for one in orders if one.organisation is organisation]
            if not chosen:
                continue
            batch = file.batch(
                sec=kind,
                description=_DESCRIPTION,
                effective_date=execute_on.isoformat(),
                discretionary_data=code,
                company_name=_ascii(account.holder, 16),
            )
            for order in chosen:
                to, _, number = order.account.partition("/")
                batch.credit(
                    name=_ascii(order.name, 22),
                    routing=to,
                    account=number,
                    amount_cents=order.amount_minor,
                    id_number=order.end_to_end,
                )
        text = file.render()
    except AchError as wrong:
        raise NotAPaymentFile(f"The NACHA file cannot be made: {wrong}.") from wrong
    judged = validate(text)
    if not judged["ok"]:
        first = judged["errors"][0]
        raise NotAPaymentFile(
            f"The NACHA file is not valid ({first['field']}: {first['message']}); not made."
        )
    return text.encode("ascii")


def _ascii(text: str, most: int) -> str:
    return anyascii(text).upper()[:most].strip()
