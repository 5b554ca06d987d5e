from datetime import date

import pytest

from portal.domain.decision import Decision, Finding, Outcome
from portal.domain.lifecycle import Lifecycle, NotAllowedNow

OFFERING = Lifecycle("offering", {"draft": {"open": "open"}, "open": {"close": "closed"}, "closed": {}})


def finding(outcome, earliest=None):
    return Finding("lock-up", outcome, "Locked for a year.", earliest_pass=earliest)


def test_a_decision_passes_only_when_no_finding_failed():
    assert Decision.of([]).passed
    assert Decision.of([finding(Outcome.PASSED), finding(Outcome.NOT_APPLICABLE)]).passed
    assert not Decision.of([finding(Outcome.PASSED), finding(Outcome.FAILED)]).passed


def test_the_earliest_pass_is_the_latest_of_the_failed_and_none_when_time_alone_does_not_mend():
    early, late = finding(Outcome.FAILED, date(2027, 1, 1)), finding(Outcome.FAILED, date(2027, 6, 1))
    assert Decision.of([early, late]).earliest_pass == date(2027, 6, 1)
    assert Decision.of([early, finding(Outcome.FAILED)]).earliest_pass is None
    assert Decision.of([finding(Outcome.PASSED)]).earliest_pass is None


def test_figures_of_a_finding_leave_as_text_so_that_no_digit_is_lost():
    told = Finding("supply", Outcome.FAILED, "Too many.", limit=10**30, used=1).as_dict()
    assert told["limit"] == "1" + "0" * 30
    assert told["used"] == "1"


def test_a_lifecycle_moves_by_its_table():
    assert OFFERING.after("draft", "open") == "open"
    assert OFFERING.states == ("draft", "open", "closed")


def test_a_step_that_the_table_lacks_is_refused_with_what_is_possible():
    with pytest.raises(NotAllowedNow, match="This offering is draft; it cannot close") as refused:
        OFFERING.after("draft", "close")
    assert refused.value.next_step == "Possible from here: open."
    with pytest.raises(NotAllowedNow) as refused:
        OFFERING.after("closed", "open")
    assert "final" in refused.value.next_step
