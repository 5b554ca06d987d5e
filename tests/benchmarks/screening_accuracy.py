"""
`python -m tests.benchmarks.screening_accuracy`: precision and recall of name screening on a labelled set, by way of
change and by threshold; writes the table in docs/screening.md. Seeded: the same on every machine.
"""

import random
import sys
from collections import defaultdict
from pathlib import Path

from investors.domain import name_index
from investors.domain.name_index import NameIndex
from investors.domain.screening import MATCH_FROM
from tests.benchmarks.screening_names import Labelled, labelled, listed

SEED, NAMES, EACH, NEGATIVES = 20261122, 10_000, 200, 600
THRESHOLDS = (750, 775, 800, 825, 850, 875, 900)
PAGE = Path(__file__).parents[2] / "docs" / "screening.md"
BEGIN, END = "<!-- measured: written by tests.benchmarks.screening_accuracy -->", "<!-- end of measured -->"


def measured() -> list[tuple[Labelled, int, int]]:
    """For each labelled person: the score of who he is (0 where not found), and the best score of somebody he is not."""
    dice = random.Random(SEED)
    names = listed(dice, NAMES)
    cases = labelled(dice, names, each=EACH, negatives=NEGATIVES)
    index = NameIndex(names)
    found = []
    for case, matches in zip(cases, index.matches_of([case.person for case in cases]), strict=True):
        right = max((m.score for m in matches if m.listed.reference == case.reference), default=0)
        wrong = max((m.score for m in matches if m.listed.reference != case.reference), default=0)
        found.append((case, right, wrong))
    return found


def table(found: list[tuple[Labelled, int, int]]) -> str:
    """Two tables: recall and precision by threshold; recall by way of change at the threshold in use."""
    positives = [one for one in found if one[0].reference]
    negatives = [one for one in found if not one[0].reference]
    lines = [
        f"{len(positives):,} persons who are on a list of {NAMES:,} invented names, {len(negatives):,} who are not; seed {SEED}.",
        "",
        "| Threshold | Recall: listed persons found | Precision: people with a hit who are listed | Others with a hit |",
        "| --- | --- | --- | --- |",
    ]
    for threshold in THRESHOLDS:
        hit = sum(right >= threshold for _, right, _ in positives)
        wrong = sum(best >= threshold for _, _, best in negatives)
        mark = " (in use)" if threshold == MATCH_FROM else ""
        lines.append(
            f"| {threshold / 10:.1f}{mark} | {hit / len(positives):.1%} | {hit / (hit + wrong):.1%} | "
            f"{wrong / len(negatives):.2%} |"
        )
    by_way: dict[str, list[bool]] = defaultdict(list)
    for case, right, wrong in found:
        by_way[case.made_by].append((right if case.reference else wrong) >= MATCH_FROM)
    lines += [
        "",
        f"At {MATCH_FROM / 10:.1f}:",
        "",
        "| Made by | People | With a hit |",
        "| --- | --- | --- |",
    ]
    lines += [f"| {way} | {len(told)} | {sum(told) / len(told):.1%} |" for way, told in by_way.items()]
    return "\n".join(lines)


def main() -> int:
    """Prints the table; `--write` puts it into the page."""
    name_index.MATCH_FROM = min(THRESHOLDS)
    told = table(measured())
    print(told)
    if "--write" in sys.argv:
        page = PAGE.read_text()
        before, rest = page.split(BEGIN, 1)
        PAGE.write_text(f"{before}{BEGIN}\n{told}\n{END}{rest.split(END, 1)[1]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
