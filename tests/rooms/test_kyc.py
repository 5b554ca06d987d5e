"""KYC cases: from draft to decision, by one officer or two, once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections

from investors.kyc import decisions, selectors, services
from investors.kyc.models import Case, CaseEvent
from investors.profiles import selectors as profiles
from investors.profiles import services as profile_services
from investors.profiles.facts import ProfileInput
from investors.screening import decisions as screening_decisions
from investors.screening import selectors as screening
from investors.screening import services as screening_services
from investors.screening.tasks import rescreen
from portal.approvals.services import MakerCannotCheck
from portal.audit import selectors as audit
from portal.domain.errors import Conflict, Invalid
from portal.domain.lifecycle import NotAllowedNow
from portal.domain.roles import Role
from portal.outbox import selectors as outbox
from tests.factories import accounts
from tests.factories.investors import (
    approved_investor,
    case_with_papers,
    new_investor,
    pdf,
    screening_list,
    submitted_case,
)

pytestmark = pytest.mark.django_db
WHY = "Papers seen and in order."


@pytest.fixture
def officer():
    return accounts.member(Role.COMPLIANCE_OFFICER)


@pytest.fixture
def second():
    return accounts.member(Role.COMPLIANCE_OFFICER)


def by(who, now):
    return {"officer_id": who.id, "actor": accounts.actor(who), "at": now}


def taken(officer, now, **investor):
    case = submitted_case(at=now, **investor)
    return decisions.take(case_id=case.id, **by(officer, now))


def test_a_complete_case_is_submitted_screened_and_scored(now):
    case = submitted_case(at=now)
    assert (case.state, case.risk_points) == ("submitted", 25)
    assert {part["code"] for part in case.risk["parts"]} == {"base", "no-identifier"}
    state = screening.states_of([case.investor_id], on=now.date())[case.investor_id]
    assert state.screened_on == now.date()


def test_an_incomplete_case_is_refused_with_everything_missing(now):
    investor = new_investor(at=now)
    case = services.open_case(investor_id=investor.id, actor=accounts.SETUP, at=now)
    with pytest.raises(services.CaseIncomplete) as refused:
        services.submit(case_id=case.id, actor=accounts.SETUP, at=now)
    assert [reason.split(":")[0] for reason in refused.value.reasons] == [
        "Passport or national identity card",
        "Proof of address of the last three months",
    ]
    assert selectors.case(case.id).state == "draft"
    assert CaseEvent.objects.filter(case_id=case.id).count() == 1


def test_a_minor_is_told_from_which_day(now):
    investor = new_investor(at=now, born=f"{now.year - 17}-{now:%m}-01")
    case = case_with_papers(investor, at=now, actor=accounts.SETUP)
    with pytest.raises(services.CaseIncomplete, match="missing before"):
        services.submit(case_id=case.id, actor=accounts.SETUP, at=now)
    (finding,) = services.missing_of(case.id, on=now.date())
    assert (finding.rule, finding.used, finding.limit) == ("of-age", 17, 18)


def test_joint_holders_and_entities_name_their_people(now):
    for kind, rule in (("joint", "person-joint-holder"), ("entity", "person-control-person")):
        investor = new_investor(at=now, kind=kind)
        (person,) = profiles.related_persons(investor.id)
        profile_services.end_related_person(
            related_person_id=person.id, reason="test", actor=accounts.SETUP, at=now
        )
        case = case_with_papers(investor, at=now, actor=accounts.SETUP)
        assert [finding.rule for finding in services.missing_of(case.id, on=now.date())] == [rule]


def test_one_case_at_a_time(now):
    case = submitted_case(at=now)
    with pytest.raises(services.CaseUnderWay):
        services.open_case(investor_id=case.investor_id, actor=accounts.SETUP, at=now)
    assert len(selectors.cases_of(case.investor_id)) == 1


def test_papers_cannot_slip_in_after_submission(now):
    case = submitted_case(at=now)
    with pytest.raises(Conflict):
        services.add_document(
            case_id=case.id, kind="other", filename="a.pdf", content=pdf(), actor=accounts.SETUP, at=now
        )
    assert len(selectors.papers(case.id)) == 3


def test_an_expired_passport_is_refused_at_the_door(now):
    case = services.open_case(investor_id=new_investor(at=now).id, actor=accounts.SETUP, at=now)
    with pytest.raises(Invalid) as refused:
        services.add_document(
            case_id=case.id,
            kind="identity",
            filename="a.pdf",
            content=pdf(),
            expires_on=now.date() - timedelta(1),
            actor=accounts.SETUP,
            at=now,
        )
    assert refused.value.field == "expires_on"
    assert selectors.papers(case.id) == []


def test_question_and_answer(officer, now):
    case = taken(officer, now)
    asked = decisions.request_information(case_id=case.id, question="Where from?", **by(officer, now))
    assert (asked.state, asked.question) == ("needs_information", "Where from?")
    answered = services.submit(case_id=case.id, actor=accounts.SETUP, at=now)
    assert (answered.state, answered.question, answered.officer_id) == ("in_review", "", officer.id)
    assert [step.event for step in selectors.steps(case.id)] == [
        "open",
        "submit",
        "take",
        "request_information",
        "answer",
    ]


def test_an_approval_holds_until_its_refresh_and_tells_the_trail(officer, now):
    case = taken(officer, now)
    done = decisions.approve(case_id=case.id, reason=WHY, **by(officer, now))
    assert done.state == "approved"
    assert (done.valid_until.year, done.decided_by) == (now.year + 3, officer.id)
    (event,) = [e for e in audit.events(subject=f"kyc_case:{case.id}") if e.action == "kyc.approved"]
    assert event.reason == WHY
    for paper in selectors.papers(case.id):
        assert paper.sha256 in event.facts


@pytest.mark.parametrize("step", ["approve", "reject"])
def test_only_the_officer_who_took_it_decides(officer, second, now, step):
    case = taken(officer, now)
    with pytest.raises(decisions.NotYourCase):
        getattr(decisions, step)(case_id=case.id, reason=WHY, **by(second, now))
    assert selectors.case(case.id).state == "in_review"


def test_nobody_takes_his_own_case(officer, now):
    case = submitted_case(at=now, user=officer)
    with pytest.raises(decisions.OwnCase):
        decisions.take(case_id=case.id, **by(officer, now))
    assert selectors.case(case.id).state == "submitted"


def test_above_the_threshold_two_officers_are_needed(officer, second, now):
    case = taken(officer, now, politically_exposed=True)
    proposed = decisions.approve(case_id=case.id, reason=WHY, **by(officer, now))
    assert (proposed.state, proposed.valid_until) == ("awaiting_second", None)
    with pytest.raises(MakerCannotCheck):
        decisions.confirm(case_id=case.id, note="Me too.", **by(officer, now))
    assert selectors.case(case.id).state == "awaiting_second"
    done = decisions.confirm(case_id=case.id, note="Agreed.", **by(second, now))
    assert (done.state, done.decided_by) == ("approved", second.id)
    assert done.valid_until.year == now.year + 1


def test_the_second_officer_may_send_it_back(officer, second, now):
    case = taken(officer, now, politically_exposed=True)
    decisions.approve(case_id=case.id, reason=WHY, **by(officer, now))
    back = decisions.send_back(case_id=case.id, note="Look at the funds.", **by(second, now))
    assert (back.state, back.approval_id) == ("in_review", None)
    again = decisions.approve(case_id=case.id, reason=WHY, **by(officer, now))
    assert again.state == "awaiting_second"


def test_a_rejected_investor_may_open_a_new_case(officer, now):
    case = taken(officer, now)
    done = decisions.reject(case_id=case.id, reason="The passport is not his.", **by(officer, now))
    assert (done.state, done.valid_until) == ("rejected", None)
    with pytest.raises(NotAllowedNow):
        decisions.approve(case_id=case.id, reason=WHY, **by(officer, now))
    services.open_case(investor_id=case.investor_id, actor=accounts.SETUP, at=now)


def test_a_profile_changed_after_submission_is_not_approved(officer, now):
    case = taken(officer, now)
    profile_services.update_profile(
        investor_id=case.investor_id,
        profile=ProfileInput(legal_name="Somebody Else"),
        reason="test",
        actor=accounts.SETUP,
        at=now,
    )
    with pytest.raises(decisions.ProfileChanged, match="version 2 then, 3 now"):
        decisions.approve(case_id=case.id, reason=WHY, **by(officer, now))
    assert selectors.case(case.id).state == "in_review"


def test_without_a_list_nobody_is_approved(officer, now):
    investor = new_investor(at=now)
    case = case_with_papers(investor, at=now, actor=accounts.SETUP)
    services.submit(case_id=case.id, actor=accounts.SETUP, at=now)
    decisions.take(case_id=case.id, **by(officer, now))
    with pytest.raises(screening_services.NoListImported, match="No sanctions list has been imported"):
        decisions.approve(case_id=case.id, reason=WHY, **by(officer, now))
    screening_list(at=now)
    with pytest.raises(decisions.NotScreened):
        decisions.approve(case_id=case.id, reason=WHY, **by(officer, now))
    screening_services.screen(investor_id=investor.id, actor=accounts.SETUP, at=now)
    assert decisions.approve(case_id=case.id, reason=WHY, **by(officer, now)).state == "approved"


def test_a_new_list_asks_for_a_new_screening_of_everybody_once(now):
    made = approved_investor(at=now)
    screening_list(at=now, source="Another list", rows="Q-1,Nobody Known,\n")
    assert [one.code for one in made.claims(now.date()).missing] == ["not-screened"]
    (message,) = [m for m in outbox.messages() if m.payload["list_id"] == str(_list("Another list"))]
    assert message.topic == "investors.screening.rescreen"
    for _ in range(2):
        screening_services.screen_everyone(list_id=_list("Another list"), actor=accounts.SETUP, at=now)
    assert made.claims(now.date()).missing == ()
    assert rescreen.name == message.topic


def _list(source):
    (found,) = [one.id for one in screening.all_lists() if one.source == source]
    return found


def test_a_true_match_after_approval_blocks_at_once(officer, now):
    made = approved_investor(at=now, legal_name="Ada Quillfeather")
    screening_list(at=now, source="Another list", rows="Q-1,Quillfeather Ada,1980\n")
    screening_services.screen_everyone(list_id=_list("Another list"), actor=accounts.SETUP, at=now)
    (hit,) = screening.hits(investor_id=made.id)
    assert [one.code for one in made.claims(now.date()).missing] == ["screening-open"]
    screening_decisions.decide_hit(hit_id=hit.id, true_match=True, reason="Same person.", **by(officer, now))
    claims = made.claims(now.date())
    assert claims.blocked
    assert [one.code for one in claims.missing] == ["blocked"]
    assert not claims.may_hold
    with pytest.raises(NotAllowedNow):
        screening_decisions.decide_hit(hit_id=hit.id, true_match=False, reason="Oh well.", **by(officer, now))


def test_a_cleared_match_is_not_raised_again_for_the_same_name(officer, now):
    screening_list(at=now, rows="Q-1,Ada Quillfeather,1980\n")
    case = submitted_case(at=now, legal_name="Ada Quillfeather")
    (hit,) = screening.hits(investor_id=case.investor_id)
    screening_decisions.decide_hit(hit_id=hit.id, true_match=False, reason="Another one.", **by(officer, now))
    screening_services.screen(investor_id=case.investor_id, actor=accounts.SETUP, at=now)
    assert [one.state for one in screening.hits(investor_id=case.investor_id)] == ["cleared"]


def test_an_approval_expires_after_its_last_day_and_a_refresh_supersedes_it(officer, now):
    made = approved_investor(at=now, officer=officer)
    case = selectors.newest_case(made.id)
    last = now.replace(year=case.valid_until.year, month=case.valid_until.month, day=case.valid_until.day)
    with pytest.raises(Conflict, match="holds until"):
        services.expire(case_id=case.id, actor=accounts.SETUP, at=last)
    after = last + timedelta(1)
    assert selectors.due_to_expire(on=last.date()) == []
    assert selectors.due_to_expire(on=after.date()) == [case.id]
    assert services.expire(case_id=case.id, actor=accounts.SETUP, at=after).state == "expired"
    fresh = case_with_papers(made.investor, at=after, actor=made.actor)
    services.submit(case_id=fresh.id, actor=made.actor, at=after)
    decisions.take(case_id=fresh.id, **by(officer, after))
    decisions.approve(case_id=fresh.id, reason=WHY, **by(officer, after))
    assert [one.state for one in selectors.cases_of(made.id)] == ["approved", "superseded"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("second_step", ["approve", "reject"])
def test_two_decisions_at_once_leave_one(now, second_step):
    officer = accounts.member(Role.COMPLIANCE_OFFICER)
    case = taken(officer, now)

    def decide(step):
        try:
            return getattr(decisions, step)(case_id=case.id, reason=WHY, **by(officer, now)).state
        except NotAllowedNow:
            return "refused"
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        outcome = list(pool.map(decide, ["approve", second_step]))
    assert outcome.count("refused") == 1
    row = Case.objects.get(pk=case.id)
    assert row.state in outcome
    assert CaseEvent.objects.filter(case=row, event__in=["approve", "reject"]).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_officers_taking_at_once_leave_one(now):
    officers = [accounts.member(Role.COMPLIANCE_OFFICER) for _ in range(2)]
    case = submitted_case(at=now)

    def take(who):
        try:
            return decisions.take(case_id=case.id, **by(who, now)).officer_id
        except NotAllowedNow:
            return None
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        got = [one for one in pool.map(take, officers) if one]
    assert got == [selectors.case(case.id).officer_id]
