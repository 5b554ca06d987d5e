"""
`.venv-bench/bin/python bt_client.py INPUT.npz ANSWER.json`: the same weights rebalanced by bt, in its own process.

bt is handed the weights of every rebalance, so it selects and caps nothing: its time is that of trading them alone.
"""

import json
import sys
import time
from pathlib import Path

import bt
import numpy as np
import pandas as pd


def main() -> None:
    given = np.load(sys.argv[1])
    days = pd.to_datetime(given["days"])
    symbols = [f"T{n:03d}" for n in range(given["closes"].shape[1])]
    prices = pd.DataFrame(given["closes"], index=days, columns=symbols)
    weights = pd.DataFrame(given["weights"], index=days[given["rows"]], columns=symbols)
    seconds, ends = [], []
    for _ in range(int(given["rounds"])):
        strategy = bt.Strategy(
            "capped",
            [bt.algos.RunOnDate(*weights.index), bt.algos.WeighTarget(weights), bt.algos.Rebalance()],
        )
        test = bt.Backtest(strategy, prices, integer_positions=False, progress_bar=False)
        start = time.perf_counter()
        test.run()
        seconds.append(time.perf_counter() - start)
        series = test.strategy.prices
        ends.append(float(series.iloc[-1] / series.loc[weights.index[0]]))
    told = {"seconds": sorted(seconds)[len(seconds) // 2], "end": ends[-1], "version": bt.__version__}
    Path(sys.argv[2]).write_text(json.dumps(told), encoding="utf-8")


if __name__ == "__main__":
    main()
