"""What a vote and a resolution have to be before anything is written."""

from fractions import Fraction

from issuance.corporate_actions.selectors import dividend
from issuance.domain.voting import Rule
from issuance.offerings.selectors import offering
from issuance.voting.facts import NewMeeting, NewResolution
from issuance.voting.models import Meeting, Resolution
from portal.domain.errors import Invalid, NotFound

MOST = 10**6


def check_meeting(terms: NewMeeting) -> None:
    """raises  Invalid naming the field"""
    if not terms.name.strip() or len(terms.name) > 200:
        raise Invalid("The name has 1 to 200 characters.", field="name")
    if terms.kind not in Meeting.Kind.values:
        raise Invalid(f"{terms.kind[:20]!r} is neither a meeting nor a written consent.", field="kind")
    for name in ("record_at", "opens_at", "closes_at"):
        if getattr(terms, name).tzinfo is None:
            raise Invalid("The instant is told with its zone.", field=name)
    if terms.record_at > terms.opens_at:
        raise Invalid("The record date lies after the opening.", field="record_at")
    if terms.opens_at >= terms.closes_at:
        raise Invalid("It would close before it opens.", field="closes_at")
    if terms.secret and terms.early_close:
        raise Invalid(
            "A secret vote cannot close early: nobody may know before its end how it stands.",
            field="early_close",
        )
    if not terms.classes:
        raise Invalid("At least one class votes.", field="classes")
    if any(not 0 <= votes <= MOST or votes.denominator > MOST for _, votes in terms.classes):
        raise Invalid(f"Votes for one unit are from 0 to {MOST:,}.", field="classes")
    if not any(votes for _, votes in terms.classes):
        raise Invalid("At least one class has votes.", field="classes")


def check_resolution(row: Meeting, terms: NewResolution) -> None:
    """raises  Invalid naming the field"""
    if not terms.title.strip() or len(terms.title) > 200:
        raise Invalid("The title has 1 to 200 characters.", field="title")
    if not terms.text.strip() or len(terms.text) > 20_000:
        raise Invalid("The resolution has 1 to 20,000 characters.", field="text")
    _check_rule(row, terms.rule)
    if terms.action not in Resolution.Action.values:
        raise Invalid(f"{terms.action[:20]!r} is nothing that a resolution can do.", field="action")
    if bool(terms.action) != (terms.action_subject is not None):
        raise Invalid("Name what it is to be done to, or let it do nothing.", field="action_subject")
    if terms.action_subject is None:
        return
    look = offering if terms.action.startswith("offering.") else dividend
    try:
        mine = look(terms.action_subject).issuer_id == row.issuer_id
    except NotFound:
        mine = False
    if not mine:
        raise Invalid("There is no such offering or dividend of this issuer.", field="action_subject")


def _check_rule(row: Meeting, rule: Rule) -> None:
    for field, share in (("quorum", rule.quorum), ("threshold", rule.threshold)):
        if not Fraction(0) <= share <= 1 or share.denominator > MOST:
            raise Invalid("A share lies between 0 and 1.", field=field)
    if not rule.threshold or (rule.threshold == 1 and rule.more_than):
        raise Invalid("Nobody could meet this, or everybody.", field="threshold")
    codes = {one.security.code for one in row.classes.select_related("security")}
    if not set(rule.class_votes) <= codes:
        raise Invalid("A class that votes by itself is one of the vote's classes.", field="class_votes")
