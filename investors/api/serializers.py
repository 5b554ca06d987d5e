"""What the API says of investors and money, and what it takes."""

from typing import Any

from rest_framework import serializers

from investors.domain.claims import Accredited, Claims, Missing
from portal.domain.money import format_amount
from portal.funding.facts import CURRENCIES, DepositFacts, WithdrawalFacts


class MissingSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    what = serializers.CharField()
    how_to_get_it = serializers.CharField()
    source = serializers.CharField(allow_blank=True)


class AccreditedSerializer(serializers.Serializer[Any]):
    determination = serializers.UUIDField()
    basis = serializers.CharField(help_text="Paragraph of 17 CFR 230.501(a).")
    method = serializers.CharField()
    via = serializers.ChoiceField(choices=["evidence", "reuse"])
    verified = serializers.BooleanField(help_text="By a method that Rule 506(c) accepts.")
    decided_on = serializers.DateField()
    evidence_until = serializers.DateField(allow_null=True)
    represented_on = serializers.DateField(allow_null=True)
    reuse_until = serializers.DateField(allow_null=True)


class InvestorSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    reference = serializers.CharField()
    kind = serializers.ChoiceField(choices=["natural", "joint", "entity"])
    country = serializers.CharField()
    us_person = serializers.BooleanField()
    may_subscribe = serializers.BooleanField()
    kyc_state = serializers.CharField()
    kyc_valid_until = serializers.DateField(allow_null=True)
    screened_on = serializers.DateField(allow_null=True)
    accredited = AccreditedSerializer(allow_null=True)
    missing = MissingSerializer(many=True)


class PaperSerializer(serializers.Serializer[Any]):
    kind = serializers.CharField()
    filename = serializers.CharField()
    sha256 = serializers.CharField()
    expires_on = serializers.DateField(allow_null=True)
    added_at = serializers.DateTimeField()


class KycSerializer(serializers.Serializer[Any]):
    state = serializers.CharField()
    valid_until = serializers.DateField(allow_null=True)
    question = serializers.CharField(
        allow_blank=True, help_text="What an officer asks, while he waits for an answer."
    )
    required = serializers.ListField(child=serializers.CharField())
    papers = PaperSerializer(many=True)
    missing = MissingSerializer(many=True)


class DeterminationSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    accredited = serializers.BooleanField()
    basis = serializers.CharField()
    method = serializers.CharField()
    decided_at = serializers.DateTimeField()
    evidence_until = serializers.DateField(allow_null=True)
    reuse_until = serializers.DateField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)


class AccreditationSerializer(serializers.Serializer[Any]):
    accredited = AccreditedSerializer(allow_null=True)
    missing = MissingSerializer(many=True)
    determinations = DeterminationSerializer(many=True)


class DepositInput(serializers.Serializer[Any]):
    owner = serializers.CharField(max_length=60, help_text='"investor:<uuid>" or "issuer:<uuid>".')
    currency = serializers.ChoiceField(choices=sorted(CURRENCIES))
    amount = serializers.JSONField(help_text='Decimal text such as "1250.00"; a JSON number is refused.')
    bank_reference = serializers.CharField(
        max_length=80, help_text="The bank's id of the payment; credits once."
    )


class DepositSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    owner = serializers.CharField()
    currency = serializers.CharField()
    amount = serializers.CharField()
    bank_reference = serializers.CharField()
    transaction = serializers.UUIDField()
    at = serializers.DateTimeField()
    replayed = serializers.BooleanField(help_text="It had been credited before; nothing was credited now.")


class DepositsSerializer(serializers.Serializer[Any]):
    deposits = DepositSerializer(many=True)


class WithdrawalInput(serializers.Serializer[Any]):
    currency = serializers.ChoiceField(choices=sorted(CURRENCIES))
    amount = serializers.JSONField(help_text='Decimal text such as "40.00"; a JSON number is refused.')
    bank_account = serializers.UUIDField(help_text="One of your verified bank accounts.")


class BankAccountSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    shown = serializers.CharField(help_text="Masked.")
    state = serializers.CharField()
    added_at = serializers.DateTimeField()
    usable_from = serializers.DateTimeField(help_text="The end of its cooling-off.")


class BankAccountsSerializer(serializers.Serializer[Any]):
    bank_accounts = BankAccountSerializer(many=True)


class WithdrawalSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    currency = serializers.CharField()
    amount = serializers.CharField()
    destination = serializers.CharField(help_text="Masked.")
    state = serializers.CharField()
    requested_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    transaction = serializers.UUIDField(allow_null=True)


class WithdrawalsSerializer(serializers.Serializer[Any]):
    withdrawals = WithdrawalSerializer(many=True)


def told_investor(claims: Claims) -> dict[str, Any]:
    return {
        "id": claims.investor_id,
        "reference": claims.reference,
        "kind": claims.kind,
        "country": claims.country,
        "us_person": claims.us_person,
        "may_subscribe": claims.may_subscribe,
        "kyc_state": claims.kyc_state,
        "kyc_valid_until": claims.kyc_valid_until,
        "screened_on": claims.screened_on,
        "accredited": told_accredited(claims.accredited),
        "missing": [told_missing(one) for one in claims.missing],
    }


def told_accredited(one: Accredited | None) -> dict[str, Any] | None:
    if one is None:
        return None
    return {
        "determination": one.determination_id,
        "basis": one.basis,
        "method": one.method,
        "via": one.via,
        "verified": one.verified,
        "decided_on": one.decided_on,
        "evidence_until": one.evidence_until,
        "represented_on": one.represented_on,
        "reuse_until": one.reuse_until,
    }


def told_missing(one: Missing) -> dict[str, str]:
    return {"code": one.code, "what": one.what, "how_to_get_it": one.how_to_get_it, "source": one.source}


def told_deposit(one: DepositFacts) -> dict[str, Any]:
    return {
        "id": one.id,
        "owner": one.owner,
        "currency": one.currency,
        "amount": format_amount(one.amount_minor, scale=one.scale),
        "bank_reference": one.bank_reference,
        "transaction": one.transaction_id,
        "at": one.at,
        "replayed": one.replayed,
    }


def told_withdrawal(one: WithdrawalFacts) -> dict[str, Any]:
    return {
        "id": one.id,
        "currency": one.currency,
        "amount": format_amount(one.amount_minor, scale=one.scale),
        "destination": one.destination_shown,
        "state": one.state,
        "requested_at": one.requested_at,
        "ended_at": one.ended_at,
        "transaction": one.transaction_id,
    }
