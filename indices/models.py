"""Models of this house, collected from its rooms so that Django finds them."""

from indices.backtests.models import Backtest
from indices.levels.models import Level
from indices.methodologies.models import Index, MethodologyVersion
from indices.prices.models import Asset, ImportBatch, Observation, PriceFinding, TokenEventRecord
from indices.rebalances.models import Basket, BasketLine, Constituent, Rebalance, Trade
from indices.subscriptions.models import DealingRun, Order, StreamedFee

__all__ = [
    "Asset",
    "Backtest",
    "Basket",
    "BasketLine",
    "Constituent",
    "DealingRun",
    "ImportBatch",
    "Index",
    "Level",
    "MethodologyVersion",
    "Observation",
    "Order",
    "PriceFinding",
    "Rebalance",
    "StreamedFee",
    "TokenEventRecord",
    "Trade",
]
