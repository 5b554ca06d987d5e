"""An index and its versions: dated, hashed, never changed."""

from datetime import timedelta
from decimal import Decimal

import pytest

from indices.domain.methodology import BadMethodology
from indices.methodologies import selectors, services
from indices.methodologies.models import Index
from portal.domain.canonical import fingerprint
from portal.domain.errors import Refused
from portal.domain.lifecycle import NotAllowedNow
from portal.ledger.selectors import instrument
from tests.factories import indices
from tests.factories.indices import BASE, OPERATOR, after, document

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def define(**changes):
    given = {"code": "TEST", "name": "Test", "document": document(), "base_date": BASE} | changes
    return services.define_index(**given, actor=OPERATOR, at=after(BASE))


def test_an_index_is_a_draft_until_it_is_launched_with_its_units():
    made = define()
    assert (made.state, made.unit_instrument_id) == ("draft", None)
    live = services.launch(index_id=made.id, actor=OPERATOR, at=after(BASE))
    unit = instrument("unit:TEST")
    assert (live.state, live.unit_instrument_id, unit.kind, unit.scale) == ("live", unit.id, "index_unit", 8)
    with pytest.raises(NotAllowedNow):
        services.launch(index_id=made.id, actor=OPERATOR, at=after(BASE))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"code": "lower"}, "code"),
        ({"code": "A"}, "code"),
        ({"code": "=CMD"}, "code"),
        ({"name": " "}, "name"),
        ({"base_level": Decimal(0)}, "base_level"),
        ({"base_level": Decimal("NaN")}, "base_level"),
        ({"document": {}}, ""),
    ],
)
def test_a_bad_definition_names_the_field_and_makes_nothing(changes, field):
    with pytest.raises(Refused) as refused:
        define(**changes)
    assert refused.value.field == field
    assert not Index.objects.exists()


def test_a_code_is_taken_once():
    define()
    with pytest.raises(services.CodeTaken):
        define()


def test_the_rules_of_a_day_are_those_of_the_version_in_force():
    index = indices.live_index()
    changed = document(selection={"top": 2})
    made = services.add_version(
        index_id=index.id,
        document=changed,
        effective_from=BASE + 3 * DAY,
        note="two are enough",
        actor=OPERATOR,
        at=after(BASE),
    )
    assert (made.number, made.fingerprint) == (2, fingerprint(changed))
    assert [selectors.version_on(index.id, BASE + n * DAY).number for n in (0, 2, 3, 9)] == [1, 1, 2, 2]
    with pytest.raises(selectors.NoVersionInForce):
        selectors.version_on(index.id, BASE - DAY)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"document": document()}, services.SameRules),
        ({"effective_from": BASE - DAY}, services.BadStart),
        ({"effective_from": BASE}, services.BadStart),
        ({"document": {"theme": "x"}}, BadMethodology),
    ],
)
def test_a_version_that_cannot_be_is_refused_and_not_kept(changes, error):
    index = indices.live_index()
    given = {"document": document(selection={"top": 2}), "effective_from": BASE + 3 * DAY} | changes
    with pytest.raises(error):
        services.add_version(index_id=index.id, **given, note="", actor=OPERATOR, at=after(BASE + DAY))
    assert len(selectors.versions(index.id)) == 1
