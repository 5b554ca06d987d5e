"""A bank account that an officer has verified, and a bank statement: one transfer with its reference, one without."""

from xml.sax.saxutils import escape

from investors.bank_accounts import services as bank_accounts
from portal.funding import selectors, statements
from portal.funding.services import open_cash_account
from portal.management.story.cast import House, actor_of
from portal.management.story.clock import Clock
from portal.management.story.investors import Investor
from portal.management.story.papers import sample_pdf

_ACCOUNT = "DE89370400440532013000"


def verify_account(investor: Investor, name: str, house: House, clock: Clock) -> None:
    """He adds a bank account; an officer sees the letter of the bank. By now its cooling-off is over."""
    made = bank_accounts.add_bank_account(
        investor_id=investor.id, account=_ACCOUNT, holder=name, actor=investor.actor, at=clock()
    )
    bank_accounts.verify_by_evidence(
        bank_account_id=made.id,
        filename="bank-letter.pdf",
        content=sample_pdf("Letter of the bank", investor.facts.reference, made.shown),
        reason="The letter names holder and account.",
        actor=actor_of(house.officer),
        at=clock(),
    )


def import_statement(investor: Investor, name: str, house: House, clock: Clock) -> statements.Imported | None:
    """The operator imports a statement in euros; None where the house has no account in them."""
    account = selectors.house_accounts().get("EUR")
    if account is None:
        return None
    open_cash_account(owner=investor.owner, currency="EUR", actor=investor.actor, at=clock())
    reference = selectors.reference(owner=investor.owner, currency="EUR")
    day = clock.today.isoformat()
    entries = _entry("2500.00", "DEMO-EUR-1", name, _ACCOUNT, f"For my cash account {reference}", day)
    entries += _entry("180.00", "DEMO-EUR-2", "Unknown Sender", "GB33BUKB20201555555555", "Invoice 17", day)
    content = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>'
        f"<GrpHdr><MsgId>DEMO</MsgId><CreDtTm>{day}T06:00:00</CreDtTm></GrpHdr><Stmt><Id>DEMO-{day}</Id>"
        f"<Acct><Id><IBAN>{account.identifier}</IBAN></Id><Ccy>EUR</Ccy></Acct>"
        f"{_balance('OPBD', '0.00', day)}{_balance('CLBD', '2680.00', day)}{entries}"
        "</Stmt></BkToCstmrStmt></Document>"
    )
    return statements.import_statement(
        content=content.encode(),
        filename=f"sample-statement-{day}.xml",
        actor=actor_of(house.operator),
        at=clock(),
    )


def _balance(code: str, amount: str, day: str) -> str:
    return (
        f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">{amount}</Amt>'
        f"<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"
    )


def _entry(amount: str, reference: str, name: str, account: str, text: str, day: str) -> str:
    return (
        f'<Ntry><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>'
        f"<BookgDt><Dt>{day}</Dt></BookgDt><ValDt><Dt>{day}</Dt></ValDt><AcctSvcrRef>{reference}</AcctSvcrRef>"
        f"<NtryDtls><TxDtls><RltdPties><Dbtr><Pty><Nm>{escape(name)}</Nm></Pty></Dbtr>"
        f"<DbtrAcct><Id><IBAN>{account}</IBAN></Id></DbtrAcct></RltdPties>"
        f"<RmtInf><Ustrd>{text}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"
    )
