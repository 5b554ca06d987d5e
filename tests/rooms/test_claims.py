"""What other houses see of an investor, on any day."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from investors.accreditation.selectors import claims_of, claims_of_many
from investors.domain.dates import add_months
from investors.profiles.selectors import NoSuchInvestor
from tests.factories.investors import approved_investor, new_investor, screening_list

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 31, 12, 0, tzinfo=UTC)


def codes(missing):
    return [one.code for one in missing]


def test_an_approved_and_accredited_investor_lacks_nothing():
    made = approved_investor(at=AT)
    claims = made.claims(AT.date())
    assert claims.missing == ()
    assert claims.accreditation_missing == ()
    assert claims.may_subscribe and claims.is_accredited and claims.is_verified_accredited
    assert claims.kyc_valid_until == AT.date().replace(year=2029)
    assert claims.screened_on == AT.date()
    assert claims.accredited.basis == "501(a)(5)"
    assert claims.accredited.method == "professional_letter"
    assert claims.accredited.evidence_until == add_months(AT.date(), 3)
