"""Models of this house, collected from its rooms so that Django finds them."""

from issuance.assets.models import Asset, AssetDocument, HoweyAssessment, Token
from issuance.compliance.models import DecisionRecord, RuleSetVersion
from issuance.corporate_actions.models import Dividend, Entitlement, PayoutChunk, TaxForm
from issuance.issuers.models import Issuer
from issuance.ocf.models import OcfImport, OcfObject
from issuance.offerings.models import Offering, Signature, Subscription
from issuance.register.models import HolderCount, HolderOfRecord, Lot, LotEntry, Movement, Register
from issuance.securities.models import Security

__all__ = [
    "Asset",
    "AssetDocument",
    "DecisionRecord",
    "Dividend",
    "Entitlement",
    "HolderCount",
    "HolderOfRecord",
    "HoweyAssessment",
    "Issuer",
    "Lot",
    "LotEntry",
    "Movement",
    "OcfImport",
    "OcfObject",
    "Offering",
    "PayoutChunk",
    "Register",
    "RuleSetVersion",
    "Security",
    "Signature",
    "Subscription",
    "TaxForm",
    "Token",
]
