"""What a portfolio says its holdings are worth."""

import pytest

from portal.ledger.facts import InstrumentFacts
from portal.web.holdings import Position
from portal.web.worth import Line, Worth, total

HELD = Position(InstrumentFacts(1, "HARBOR-B", "security", 4, "Class B units"), 4789729, 0)


@pytest.mark.parametrize(
    ("worths", "summed"),
    [
        ([], None),
        ([Worth(None)], None),
        ([Worth(11974323), Worth(None), Worth(2430570, simulated=True)], 14404893),
        ([Worth(100, currency="EUR"), Worth(5)], 5),
    ],
)
def test_only_what_has_a_price_in_the_currency_is_summed(worths, summed):
    assert total([Line(HELD, worth) for worth in worths]) == summed


def test_a_line_leads_to_the_page_of_its_holding():
    assert Line(HELD, Worth(None, href="/portfolio/securities/1/")).href == "/portfolio/securities/1/"
    assert Line(HELD, Worth(None)).href == ""
