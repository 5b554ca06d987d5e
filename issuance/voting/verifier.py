"""
Stand-alone recount of a vote: `python -m issuance.voting.verifier BUNDLE [--ballots CSV] [--receipt RECEIPT]`.

Needs no database and no code of the portal, only the standard library. It is written from the published rules, not
from the counting code:

* of several ballots of one voter on one resolution that with the highest sequence counts, with all of his units unless
  it names fewer;
* units that he has not voted himself go by his proxies in their sequence, none of them twice: as instructed, else as
  the agent votes, else as he votes to whom the agent gave all of his own; where nobody votes, they are absent;
* a resolution passes where present reaches the quorum of outstanding and votes for reach (or exceed) the threshold of
  votes cast or outstanding, in all classes together by votes and in each class that votes by itself by units;
* a commitment is SHA-256 over canonical JSON (keys sorted, no blanks) of what was said, its salt, and what about.

--ballots checks that a CSV of the ballots has the same ones; --receipt that a voter's receipt is among them.
"""

import argparse
import csv
import hashlib
import io
import json
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

FORMAT = "portal-vote-bundle/1"
RECEIPT = "portal-ballot-receipt/1"
CHOICES = ("for", "against", "abstain")
BALLOT = ("choice", "units", "salt", "ballot", "resolution", "voter")
PROXY = ("units", "instructions", "salt", "proxy", "principal", "agent")


class Rejected(Exception):
    """The bundle does not give the result that it tells."""


def digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def check_commitments(bundle: dict[str, Any]) -> None:
    for kind, fields, rows in (("ballot", BALLOT, bundle["ballots"]), ("proxy", PROXY, bundle["proxies"])):
        for row in rows:
            said = {"meeting": bundle["meeting"], **{name: row[name] for name in fields}}
            if digest(said) != row["commitment"]:
                raise Rejected(f"{kind} {row[kind]} is not what its commitment was made over")
    keys = [row["ballot"] for row in bundle["ballots"]]
    if len(set(keys)) != len(keys):
        raise Rejected("a ballot stands there twice")
    wrong = [row["ballot"] for row in bundle["ballots"] if row["voter"] not in bundle["voters"]]
    if wrong:
        raise Rejected(f"ballot {wrong[0]} is of nobody who may vote")


def voice(voter: str, resolution: str, latest: dict[str, Any], handed: dict[str, list[Any]]) -> str:
    """What somebody says with units that others gave him."""
    passed: list[str] = []
    while voter not in latest:
        if voter in passed:
            raise Rejected(f"the proxies of {voter} go round in a circle")
        passed.append(voter)
        whole = [row for row in handed.get(voter, ()) if row["units"] is None]
        if not whole:
            return "absent"
        if resolution in whole[0]["instructions"]:
            return str(whole[0]["instructions"][resolution])
        voter = whole[0]["agent"]
    return str(latest[voter]["choice"])


def spoken(bundle: dict[str, Any], resolution: str) -> list[list[int]]:
    """Units of each class: for, against, abstain, absent."""
    latest: dict[str, Any] = {}
    for row in sorted(bundle["ballots"], key=lambda row: int(row["sequence"])):
        if row["resolution"] == resolution:
            latest[row["voter"]] = row
    handed: dict[str, list[Any]] = {}
    for row in sorted(bundle["proxies"], key=lambda row: int(row["sequence"])):
        handed.setdefault(row["principal"], []).append(row)

    width = len(bundle["classes"])
    sums = {answer: [0] * width for answer in (*CHOICES, "absent")}
    for voter, quantities in bundle["voters"].items():
        left = [int(units) for units in quantities]
        ways = [(latest[voter]["units"], latest[voter]["choice"])] if voter in latest else []
        if any(left) and (not ways or ways[0][0] is not None):
            for row in handed.get(voter, ()):
                ways.append(
                    (
                        row["units"],
                        row["instructions"].get(resolution)
                        or voice(row["agent"], resolution, latest, handed),
                    )
                )
        for units, answer in ways:
            for place in range(width):
                taken = left[place] if units is None else min(left[place], int(units[place]))
                sums[answer][place] += taken
                left[place] -= taken
        for place in range(width):
            sums["absent"][place] += left[place]
    return [sums[answer] for answer in (*CHOICES, "absent")]


def counted(bundle: dict[str, Any], rule: dict[str, Any]) -> dict[str, Any]:
    """The result of one resolution in the form in which the bundle tells it."""
    units = spoken(bundle, rule["resolution"])
    votes = [Fraction(one["votes_per_unit"]) / 10 ** one["scale"] for one in bundle["classes"]]
    scopes = [("", votes)]
    for code in rule["class_votes"]:
        scopes.append((code, [Fraction(one["code"] == code) for one in bundle["classes"]]))
    counts = []
    for scope, weights in scopes:
        yes, no, abstain, absent = (
            sum((w * n for w, n in zip(weights, row, strict=True)), Fraction()) for row in units
        )
        outstanding = yes + no + abstain + absent
        cast = yes + no + (abstain if rule["abstentions_count"] else 0)
        needed = Fraction(rule["threshold"]) * (outstanding if rule["base"] == "outstanding" else cast)
        quorum = Fraction(rule["quorum"]) * outstanding
        reached = yes > 0 and (yes > needed if rule["more_than"] else yes >= needed)
        counts.append(
            {
                "scope": scope,
                "outstanding": str(outstanding),
                "present": str(outstanding - absent),
                "for": str(yes),
                "against": str(no),
                "abstain": str(abstain),
                "needed_present": str(quorum),
                "needed_for": str(needed),
                "passed": outstanding - absent >= quorum and reached,
            }
        )
    told = dict(zip((*CHOICES, "absent"), [[str(n) for n in row] for row in units], strict=True))
    return {"units": told, "counts": counts, "passed": all(one["passed"] for one in counts)}


def verify(bundle: dict[str, Any]) -> list[str]:
    """
    Count everything again. returns  what was found, one sentence each

    raises  Rejected with the first thing that does not hold
    """
    if bundle.get("format") != FORMAT:
        raise Rejected(f"this is not a bundle of the form {FORMAT}")
    check_commitments(bundle)
    commitments = [
        *sorted(row["commitment"] for row in bundle["ballots"]),
        *sorted(row["commitment"] for row in bundle["proxies"]),
    ]
    if digest(commitments) != bundle["result"]["ballots_sha256"]:
        raise Rejected("the ballots and proxies are not those that were counted")
    claimed = {one["resolution"]: one for one in bundle["result"]["resolutions"]}
    if set(claimed) != {one["resolution"] for one in bundle["resolutions"]}:
        raise Rejected("the result is of other resolutions")
    found = [
        f"{len(bundle['ballots'])} ballots and {len(bundle['proxies'])} proxies of {len(bundle['voters'])} voters"
    ]
    for rule in bundle["resolutions"]:
        again = counted(bundle, rule)
        for name, value in again.items():
            if claimed[rule["resolution"]][name] != value:
                raise Rejected(
                    f"resolution {rule['number']}: {name} is told otherwise than the ballots give it"
                )
        whole = again["counts"][0]
        found.append(
            f"resolution {rule['number']} {'passed' if again['passed'] else 'failed'}: {whole['for']} for, "
            f"{whole['against']} against, {whole['abstain']} abstained of {whole['outstanding']} votes"
        )
    return found


def check_csv(bundle: dict[str, Any], text: str) -> None:
    """raises  Rejected where the CSV's ballots are not those of the bundle"""
    rows = {
        (row["ballot"], row["sequence"], row["resolution"], row["voter"], row["choice"], row["units"], row["commitment"])
        for row in csv.DictReader(io.StringIO(text))
    }  # fmt: skip
    own = {
        (
            row["ballot"], row["sequence"], row["resolution"], row["voter"], row["choice"],
            " ".join(row["units"] or []), row["commitment"],
        )
        for row in bundle["ballots"]
    }  # fmt: skip
    if rows != own:
        raise Rejected(f"{len(rows ^ own)} lines of the CSV and the bundle differ")


def check_receipt(bundle: dict[str, Any], receipt: dict[str, Any]) -> str:
    """
    The receipt's ballot is in the bundle as it was given out, and the trail's event that it carries names it (that the
    event is in the log is for `python -m portal.audit.verifier`, with the receipt's "proof" as its bundle).

    raises  Rejected
    """
    if receipt.get("format") != RECEIPT:
        raise Rejected(f"this is not a receipt of the form {RECEIPT}")
    own = receipt["ballot"]
    if own not in bundle["ballots"]:
        raise Rejected(f"ballot {own['ballot']} of the receipt is not among those counted")
    events = [json.loads(one["event"]["facts"]) for one in receipt["proof"]["entries"]]
    if not any(facts.get("commitment") == own["commitment"] for facts in events):
        raise Rejected("the event of the receipt is of another ballot")
    later = [
        row
        for row in bundle["ballots"]
        if (row["voter"], row["resolution"]) == (own["voter"], own["resolution"])
        and int(row["sequence"]) > int(own["sequence"])
    ]
    return "the receipt's ballot was " + ("replaced by a later one" if later else "counted")


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m issuance.voting.verifier", description="Counts a vote again."
    )
    parser.add_argument("bundle", type=Path, help="the JSON file")
    parser.add_argument("--ballots", type=Path, help="the CSV of the ballots")
    parser.add_argument("--receipt", type=Path, help="a voter's receipt")
    given = parser.parse_args(argv)
    try:
        bundle = json.loads(given.bundle.read_text())
        found = verify(bundle)
        if given.ballots:
            check_csv(bundle, given.ballots.read_text())
            found.append("the CSV has the same ballots")
        if given.receipt:
            found.append(check_receipt(bundle, json.loads(given.receipt.read_text())))
    except Rejected as error:
        print(f"REJECTED: {error}.")
        return 1
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError, ZeroDivisionError) as error:
        print(f"REJECTED: the files cannot be read ({type(error).__name__}: {error}).")
        return 1
    for sentence in found:
        print(f"ok: {sentence}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
