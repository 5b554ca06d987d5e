"""Models of this house, collected from its rooms so that Django finds them."""

from issuance.assets.models import Asset, AssetDocument, HoweyAssessment, Token
from issuance.certificates.models import Certificate, CertificateFile
from issuance.compliance.models import DecisionRecord, RuleSetVersion
from issuance.corporate_actions.models import Dividend, Entitlement, PayoutChunk, TaxForm
from issuance.data_room.models import RoomAccess, RoomPaper, RoomPaperEnd
from issuance.issuers.models import Issuer
from issuance.ocf.models import OcfImport, OcfObject
from issuance.offerings.models import Offering, Signature, Subscription
from issuance.register.models import HolderCount, HolderOfRecord, Lot, LotEntry, Movement, Register
from issuance.securities.models import Security
from issuance.voting.models import Ballot, Meeting, MeetingClass, Proxy, Resolution, Voter

__all__ = [
    "Asset",
    "AssetDocument",
    "Ballot",
    "Certificate",
    "CertificateFile",
    "DecisionRecord",
    "Dividend",
    "Entitlement",
    "HolderCount",
    "HolderOfRecord",
    "HoweyAssessment",
    "Issuer",
    "Lot",
    "LotEntry",
    "Meeting",
    "MeetingClass",
    "Movement",
    "OcfImport",
    "OcfObject",
    "Offering",
    "PayoutChunk",
    "Proxy",
    "Register",
    "Resolution",
    "RoomAccess",
    "RoomPaper",
    "RoomPaperEnd",
    "RuleSetVersion",
    "Security",
    "Signature",
    "Subscription",
    "TaxForm",
    "Token",
    "Voter",
]
