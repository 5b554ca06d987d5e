"""Legends: what a holder has to know about selling what he holds, from how its lots were issued."""

from collections.abc import Iterable
from datetime import date

UNCERTIFICATED = (
    "This paper states what the register says; it is no security itself, and handing it on transfers nothing. "
    "(Uniform Commercial Code 8-102(a)(18))"
)
RESTRICTED = (
    "The securities were sold without registration under the Securities Act of 1933 and are restricted securities: "
    "they may be sold again only if registered or exempt, for instance under Rule 144. (17 CFR 230.144(a)(3), 230.502(d))"
)
OFFSHORE = (
    "The securities were sold under Regulation S: until the distribution compliance period ends they may not be sold "
    "to or for the account of a U.S. person. (17 CFR 230.903)"
)
PRIVATE = frozenset({"506(b)", "506(c)", "founder", "4(a)(2)"})


def legends(lots: Iterable[tuple[str, date | None]], *, on: date) -> list[str]:
    """
    The legends of a holding on a day.

    lots     (exemption, locked until) of each lot that is held; None is not locked
    returns  sentences with their sources, always the one about uncertificated securities first
    """
    known = list(lots)
    exemptions = {exemption for exemption, _ in known}
    told = [UNCERTIFICATED]
    if exemptions & PRIVATE:
        told.append(RESTRICTED)
    if "Reg S" in exemptions:
        told.append(OFFSHORE)
    locked = [until for _, until in known if until is not None and until >= on]
    if locked:
        told.append(f"A lock-up binds all or part of the holding until {max(locked):%d %B %Y}.")
    return told
