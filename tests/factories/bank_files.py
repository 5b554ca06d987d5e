"""Bank statement files for tests, as a bank would write them for the sample accounts of the settings."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import count

EUR_ACCOUNT = "DE02120300000000202051"
USD_ACCOUNT = "091000019/7700112233"
_number = count(1)


@dataclass(frozen=True)
class Booking:
    """amount as text, with a minus for money out."""

    amount: str
    text: str = ""
    reference: str = field(default_factory=lambda: f"BK-{next(_number):06d}")
    end_to_end: str = "NOTPROVIDED"
    name: str = "Ada Quillfeather"
    account: str = "DE89370400440532013000"
    status: str = "BOOK"


def camt(
    bookings: Iterable[Booking],
    *,
    opening: str = "0.00",
    closing: str,
    version: str = "02",
    account: str = EUR_ACCOUNT,
    currency: str = "EUR",
    day: str = "2026-11-20",
) -> bytes:
    """camt.053 of one statement; from version 04 on names stand one element deeper and states too."""
    newer = version >= "04"
    entries = "".join(_entry(one, currency, day, newer) for one in bookings)
    held = f"<IBAN>{account}</IBAN>" if "/" not in account else f"<Othr><Id>{account}</Id></Othr>"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}"><BkToCstmrStmt>'
        f"<GrpHdr><MsgId>M1</MsgId><CreDtTm>{day}T18:00:00</CreDtTm></GrpHdr><Stmt><Id>S-{day}</Id>"
        f"<Acct><Id>{held}</Id><Ccy>{currency}</Ccy></Acct>"
        f"{_balance('OPBD', opening, currency, day)}{_balance('CLBD', closing, currency, day)}{entries}"
        f"</Stmt></BkToCstmrStmt></Document>"
    ).encode()


def _balance(code: str, amount: str, currency: str, day: str) -> str:
    side = "DBIT" if amount.startswith("-") else "CRDT"
    return (
        f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="{currency}">{amount.lstrip("-")}</Amt>'
        f"<CdtDbtInd>{side}</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"
    )


def _entry(one: Booking, currency: str, day: str, newer: bool) -> str:
    out = one.amount.startswith("-")
    side, role = ("DBIT", "Cdtr") if out else ("CRDT", "Dbtr")
    name = f"<Pty><Nm>{one.name}</Nm></Pty>" if newer else f"<Nm>{one.name}</Nm>"
    status = f"<Cd>{one.status}</Cd>" if newer else one.status
    return (
        f'<Ntry><Amt Ccy="{currency}">{one.amount.lstrip("-")}</Amt><CdtDbtInd>{side}</CdtDbtInd><Sts>{status}</Sts>'
        f"<BookgDt><Dt>{day}</Dt></BookgDt><ValDt><Dt>{day}</Dt></ValDt><AcctSvcrRef>{one.reference}</AcctSvcrRef>"
        f"<NtryDtls><TxDtls><Refs><EndToEndId>{one.end_to_end}</EndToEndId></Refs><RltdPties><{role}>{name}</{role}>"
        f"<{role}Acct><Id><IBAN>{one.account}</IBAN></Id></{role}Acct></RltdPties>"
        f"<RmtInf><Ustrd>{one.text}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"
    )


def mt940(
    bookings: Iterable[Booking],
    *,
    opening: str = "0,00",
    closing: str,
    account: str = EUR_ACCOUNT,
    currency: str = "EUR",
) -> bytes:
    """MT940 of one statement of 20 November 2026."""
    lines = [":20:STARTUMS", f":25:{account}", ":28C:00001/001", f":60F:C261119{currency}{opening}"]
    for one in bookings:
        side, amount = ("D", one.amount[1:]) if one.amount.startswith("-") else ("C", one.amount)
        lines.append(f":61:2611201120{side}{amount.replace('.', ',')}NTRFNONREF//{one.reference}")
        lines.append(f":86:166?00GUTSCHRIFT?20SVWZ+{one.text}?31{one.account}?32{one.name}")
    lines += [f":62F:C261120{currency}{closing}", "-"]
    return "\r\n".join(lines).encode()
