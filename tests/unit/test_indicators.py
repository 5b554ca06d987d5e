"""Indicators against published figures."""

import numpy as np
import pytest

from indices.domain.indicators import relative_strength
from portal.domain.errors import Invalid

CLOSES = [
    float(close)
    for close in """
44.3389 44.0902 44.1497 43.6124 44.3278 44.8264 45.0955 45.4245 45.8433 46.0826 45.8931 46.0328 45.6140 46.2820
46.2820 46.0028 46.0328 46.4116 46.2222 45.6439 46.2122 46.2521 45.7137 46.4515 45.7835 45.3548 44.0288 44.1783
44.2181 44.5672 43.4205 42.6628 43.1314""".split()
]
RSI = [
    float(value)
    for value in """
70.53 66.32 66.55 69.41 66.36 57.97 62.93 63.26 56.06 62.38 54.71 50.42 39.99 41.46 41.87 45.46 37.30 33.08 37.77
""".split()
]


def test_rsi_14_agrees_with_the_published_series():
    found = relative_strength(CLOSES)
    assert np.isnan(found[:14]).all()
    assert found[14:].round(2).tolist() == RSI


def test_prices_that_only_rise_have_an_rsi_of_100():
    assert relative_strength(range(1, 20))[-1] == 100


@pytest.mark.parametrize("bad", [[1.0] * 14, [1.0] * 14 + [float("nan")]])
def test_too_few_or_broken_closes_are_refused(bad):
    with pytest.raises(Invalid, match="more than 14 finite closes"):
        relative_strength(bad)
