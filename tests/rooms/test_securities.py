"""Securities and the rules that bind them."""

import pytest

from issuance.compliance import selectors as rules_of
from issuance.compliance import services as compliance
from issuance.domain.compliance.catalogue import UnknownRule, always, dump
from issuance.domain.compliance.limits import MaximumHolding
from issuance.securities import selectors, services
from portal.domain.errors import Invalid
from portal.domain.lifecycle import NotAllowedNow
from portal.ledger.selectors import instrument
from tests.factories import accounts
from tests.factories.issuance import active_security

pytestmark = pytest.mark.django_db
ME = accounts.SETUP


def test_a_security_is_an_instrument_of_the_ledger_with_a_token(now):
    made = active_security(at=now, code="HARBOR-B", scale=4).security
    book = instrument("HARBOR-B")
    assert (book.id, book.kind, book.scale) == (made.instrument_id, "security", 4)
    assert len(made.token) == 64
    assert selectors.security_by_code("HARBOR-B") == selectors.security(made.id)
    assert made.state == "active"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"code": "USD"}, "code"),
        ({"code": "harbor-b"}, "code"),
        ({"scale": 19}, "scale"),
        ({"scale": -1}, "scale"),
        ({"authorised": 0}, "authorised"),
        ({"kind": "coin"}, "kind"),
        ({"name": ""}, "name"),
        ({"currency": "usd"}, "currency"),
        ({"isin": "US0378331006"}, "isin"),
    ],
)
def test_wrong_terms_name_their_field_and_make_no_instrument(now, changes, field):
    asset = active_security(at=now, code="FIRST-A").asset
    given = {"code": "SECOND-A", "name": "Class A", "kind": "common", "scale": 0, "authorised": 10}
    with pytest.raises(Invalid) as refused:
        services.create(asset_id=asset.id, **{**given, **changes}, actor=ME, at=now)
    assert refused.value.field == field
    assert [one.code for one in selectors.securities()] == ["FIRST-A"]


def test_a_code_belongs_to_one_security(now):
    first = active_security(at=now, code="FIRST-A")
    with pytest.raises(services.CodeTaken):
        services.create(
            asset_id=first.asset.id,
            code="FIRST-A",
            name="Other",
            kind="common",
            scale=0,
            authorised=None,
            actor=ME,
            at=now,
        )


def test_a_lifecycle_has_only_the_steps_of_its_table(now):
    made = active_security(at=now).security
    with pytest.raises(NotAllowedNow, match="it cannot activate"):
        services.activate(security_id=made.id, actor=ME, at=now)
    assert services.move(security_id=made.id, event="pause", actor=ME, at=now).state == "paused"
    assert services.move(security_id=made.id, event="resume", actor=ME, at=now).state == "active"


def test_rules_are_adopted_version_by_version(now):
    made = active_security(at=now).security
    assert rules_of.rule_set(made.id).version == 1
    rows = dump([*always(), MaximumHolding(quantity=10**20)])
    compliance.adopt(security_id=made.id, rules=rows, reason="A cap.", actor=ME, at=now)
    now_binding = rules_of.rule_set(made.id)
    assert (now_binding.version, now_binding.rules[-1]) == (2, MaximumHolding(quantity=10**20))
    assert [one.version for one in rules_of.versions(made.id)] == [2, 1]


def test_wrong_rules_are_refused_and_the_old_ones_stay(now):
    made = active_security(at=now).security
    with pytest.raises(UnknownRule):
        compliance.adopt(security_id=made.id, rules=[{"rule": "x"}], reason="Why.", actor=ME, at=now)
    with pytest.raises(Invalid):
        compliance.adopt(security_id=made.id, rules=dump(always()), reason=" ", actor=ME, at=now)
    with pytest.raises(compliance.SameRules):
        compliance.adopt(security_id=made.id, rules=dump(always()), reason="Again.", actor=ME, at=now)
    assert rules_of.rule_set(made.id).version == 1
