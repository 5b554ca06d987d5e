"""Backtests as the portal's charts: what nobody held is shaded and named."""

from django.utils.translation import gettext as _

from indices.backtests.facts import BacktestFacts
from portal.http.charts import Chart, Series, line_chart, plain_label


def test_chart(found: BacktestFacts) -> Chart:
    """Levels and what is left of them after costs; all of it backtested."""
    return line_chart(
        [
            Series(_("Backtested level"), list(found.levels), area=False),
            Series(_("The same after costs and fee"), list(found.net), style="f2", area=False),
        ],
        found.days,
        label=f"Backtested level from {found.levels[0]:.2f} on {found.days[0]} to {found.levels[-1]:.2f} on "
        f"{found.days[-1]}; {found.net[-1]:.2f} after costs",
        text=lambda value: plain_label(round(value, 2)),
        shaded_until=len(found.days) - 1 or None,
    )


def fall_chart(found: BacktestFacts) -> Chart:
    """Percent below the highest level so far, after costs."""
    falls = found.falls
    return line_chart(
        [Series(_("Below its peak, %"), falls, area=False)],
        found.days,
        label=f"Deepest fall {min(falls):.1f} percent",
        text=lambda value: plain_label(round(value, 1)),
        low=True,
    )
