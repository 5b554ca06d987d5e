"""Investors and money over the API."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from investors.accreditation import selectors as accreditation
from investors.api import serializers as told
from investors.bank_accounts import selectors as bank_accounts
from investors.bank_accounts import services as bank_account_services
from investors.domain.kyc import required_documents
from investors.kyc import selectors as kyc
from investors.profiles import selectors as profiles
from investors.profiles.facts import InvestorFacts
from investors.profiles.selectors import NoSuchInvestor
from portal.accounts.stepup import require_recent
from portal.domain.errors import Refused
from portal.domain.money import parse_amount
from portal.funding import selectors, services
from portal.funding.facts import CURRENCIES
from portal.http.actors import actor_of
from portal.http.authorization import allowed, require
from portal.http.once import HEADER, idempotent

OWNER = OpenApiParameter("owner", str, description='Only of this owner, such as "investor:<uuid>".')


class NotIdentified(Refused):
    """Money leaves for identified investors only; `reasons` names everything missing."""

    code = "not-identified"
    status = 422


class Me(APIView):
    @extend_schema(responses=told.InvestorSerializer, tags=["Investors"], summary="The investor you act as")
    def get(self, request: Request) -> Response:
        claims = accreditation.claims_of(_own(request).id, on=timezone.now().date())
        return Response(told.InvestorSerializer(told.told_investor(claims)).data)


class Investor(APIView):
    @extend_schema(responses=told.InvestorSerializer, tags=["Investors"], summary="One investor's claims")
    def get(self, request: Request, investor_id: UUID) -> Response:
        found = profiles.investor(investor_id)
        if not allowed(request, "profile.view", owners=[found.user_id] if found.user_id else []):
            raise NoSuchInvestor("There is no investor with this id.")
        claims = accreditation.claims_of(found.id, on=timezone.now().date())
        return Response(told.InvestorSerializer(told.told_investor(claims)).data)


class Kyc(APIView):
    @extend_schema(
        responses=told.KycSerializer, tags=["Investors"], summary="Where your identity check stands"
    )
    def get(self, request: Request) -> Response:
        own = _own(request)
        claims = accreditation.claims_of(own.id, on=timezone.now().date())
        case = kyc.newest_case(own.id)
        answer = {
            "state": claims.kyc_state,
            "valid_until": claims.kyc_valid_until,
            "question": case.question if case else "",
            "required": list(
                required_documents(kind=own.kind, risk=kyc.risk_of(own), entity_form=own.entity_form)
            ),
            "papers": kyc.papers(case.id) if case else [],
            "missing": [told.told_missing(one) for one in claims.missing],
        }
        return Response(told.KycSerializer(answer).data)


class Accreditation(APIView):
    @extend_schema(
        responses=told.AccreditationSerializer,
        tags=["Investors"],
        summary="Your accreditation and its records",
    )
    def get(self, request: Request) -> Response:
        own = _own(request)
        claims = accreditation.claims_of(own.id, on=timezone.now().date())
        answer = {
            "accredited": told.told_accredited(claims.accredited),
            "missing": [told.told_missing(one) for one in claims.accreditation_missing],
            "determinations": accreditation.determinations(own.id),
        }
        return Response(told.AccreditationSerializer(answer).data)


class Deposits(APIView):
    @extend_schema(
        responses=told.DepositsSerializer,
        parameters=[OWNER],
        tags=["Funding"],
        summary="Deposits, newest first",
    )
    def get(self, request: Request) -> Response:
        require(request, "deposit.view")
        found = selectors.deposits(owner=request.query_params.get("owner", ""))
        return Response(told.DepositsSerializer({"deposits": [told.told_deposit(one) for one in found]}).data)

    @extend_schema(
        request=told.DepositInput,
        responses={201: told.DepositSerializer},
        tags=["Funding"],
        summary="Credit a payment of the bank statement",
    )
    @idempotent
    def post(self, request: Request) -> Response:
        require(request, "deposit.record")
        data = _checked(told.DepositInput(data=request.data))
        made = services.record_deposit(
            key=f"api:{request.user.pk}:{request.headers[HEADER]}"[:120],
            owner=data["owner"],
            currency=data["currency"],
            amount_minor=_amount(data),
            bank_reference=data["bank_reference"],
            actor=actor_of(request),
            at=timezone.now(),
        )
        return Response(told.DepositSerializer(told.told_deposit(made)).data, status=201)


class BankAccounts(APIView):
    @extend_schema(responses=told.BankAccountsSerializer, tags=["Funding"], summary="Your bank accounts")
    def get(self, request: Request) -> Response:
        found = bank_accounts.bank_accounts(investor_id=_own(request).id)
        return Response(told.BankAccountsSerializer({"bank_accounts": found}).data)


class Withdrawals(APIView):
    @extend_schema(
        responses=told.WithdrawalsSerializer, tags=["Funding"], summary="Your withdrawals, newest first"
    )
    def get(self, request: Request) -> Response:
        found = selectors.withdrawals(owner=_own(request).owner)
        return Response(
            told.WithdrawalsSerializer({"withdrawals": [told.told_withdrawal(one) for one in found]}).data
        )

    @extend_schema(
        request=told.WithdrawalInput,
        responses={201: told.WithdrawalSerializer},
        tags=["Funding"],
        summary="Ask for money to be paid out",
    )
    @idempotent
    def post(self, request: Request) -> Response:
        own = _own(request)
        require(request, "cash.withdraw")
        require_recent(request)
        data, now = _checked(told.WithdrawalInput(data=request.data)), timezone.now()
        claims = accreditation.claims_of(own.id, on=now.date())
        if claims.missing:
            raise NotIdentified(
                f"{len(claims.missing)} things are missing before money can be paid out.",
                reasons=[f"{one.what} {one.how_to_get_it}" for one in claims.missing],
                next_step=claims.missing[0].how_to_get_it,
            )
        made = bank_account_services.withdraw(
            key=f"api:{own.id}:{request.headers[HEADER]}"[:120],
            investor_id=own.id,
            currency=data["currency"],
            amount_minor=_amount(data),
            bank_account_id=data["bank_account"],
            actor=actor_of(request),
            at=now,
        )
        return Response(told.WithdrawalSerializer(told.told_withdrawal(made)).data, status=201)


class Withdrawal(APIView):
    @extend_schema(responses=told.WithdrawalSerializer, tags=["Funding"], summary="One of your withdrawals")
    def get(self, request: Request, withdrawal_id: UUID) -> Response:
        found = selectors.withdrawal(withdrawal_id, owner=_own(request).owner)
        return Response(told.WithdrawalSerializer(told.told_withdrawal(found)).data)

    @extend_schema(
        request=None, responses=told.WithdrawalSerializer, tags=["Funding"], summary="Take a withdrawal back"
    )
    @idempotent
    def delete(self, request: Request, withdrawal_id: UUID) -> Response:
        made = services.cancel_withdrawal(
            withdrawal_id=withdrawal_id, owner=_own(request).owner, actor=actor_of(request), at=timezone.now()
        )
        return Response(told.WithdrawalSerializer(told.told_withdrawal(made)).data)


def _own(request: Request) -> InvestorFacts:
    """raises  NoSuchInvestor for somebody without a profile"""
    found = profiles.investor_of_user(request.user.pk)
    if found is None:
        raise NoSuchInvestor(
            "You have no investor profile.", next_step="Begin one under Profile on the portal."
        )
    return found


def _checked(serializer: Any) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    data: dict[str, Any] = serializer.validated_data
    return data


def _amount(data: dict[str, Any]) -> int:
    """Smallest units; parsed once the currency, which has the scale, is known to be one."""
    return parse_amount(data["amount"], scale=CURRENCIES[data["currency"]].scale, field="amount")
