"""Names are found in whatever way they are written, scored and explained; a namesake is told apart."""

import random
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from investors.domain.name_index import NameIndex
from investors.domain.names import skeleton, words
from investors.domain.screening import MATCH_FROM, ListedName, Person, judged
from tests.benchmarks.screening_names import labelled, listed


def found(name, *names, born=None, country="", kind=""):
    return NameIndex(list(names)).matches(Person(name, born, country, kind))


IVAN = ListedName("1", "Ivan Petrov")


@pytest.mark.parametrize(
    "name",
    [
        "Ivan Petrov",
        "PETROV, Ivan",
        "Iván Petróv",
        "ivan  petrov.",
        "Ivan Petrof",
        "Petrov Ivan",
        "Mr Ivan Petrov",
        "I. Petrov",
        "Иван Петров",
        "Ivan Sergeevich Petrov",
    ],
)
def test_order_case_accents_script_initials_and_a_letter_do_not_hide_a_name(name):
    (match,) = found(name, IVAN)
    assert MATCH_FROM <= match.score <= 1000
    assert match.parts[0].points <= 1000


@pytest.mark.parametrize(
    ("own", "other"),
    [
        ("Muhammad Hussein al-Tikriti", "Mohamed Husayn Al Tikriti"),
        ("محمد علي حسن", "Mohammed Ali Hassan"),
        ("Abdulrahman Najjar", "Abdul Rahman al-Najjar"),
        ("Jürgen Müller", "Jurgen Mueller"),
        ("Aleksandr Kuznetsov", "KUZNETZOV, Alexander"),
        ("Γιώργος Παπαδόπουλος", "Giorgos Papadopoulos"),
        ("Acme Trading LLC", "Acme Trading Ltd"),
    ],
)
def test_other_ways_to_write_a_name_are_found(own, other):
    assert [match.listed.reference for match in found(own, ListedName("7", other))] == ["7"]


@pytest.mark.parametrize(
    "name", ["Ada Quillfeather", "Ivan", "", "   ", "Petra Ivanova", "Ivan Orlov", "I. P."]
)
def test_other_names_are_no_match(name):
    assert found(name, IVAN) == []


def test_each_part_of_the_score_is_told_and_they_add_up():
    one = ListedName("1", "Ivan Petrov", ("1960-05-01",), ("RU",), "person")
    (match,) = found("Ivan Petrof", one, born=date(1960, 5, 1), country="US", kind="person")
    assert [part.why for part in match.parts] == [
        "1 word is the same, petrof is alike to petrov (83).",
        "The dates of birth are the same.",
        "The countries differ: US and RU.",
    ]
    assert [part.points for part in match.parts][1:] == [50, -20]
    assert match.score == sum(part.points for part in match.parts)


def test_the_date_of_birth_weighs_and_an_identical_name_is_never_hidden():
    one = ListedName("1", "Ivan Petrov", ("1960-05-01",))
    same = found("Ivan Petrof", one, born=date(1960, 5, 1))
    assert same[0].score > found("Ivan Petrof", one)[0].score
    assert found("Ivan Petrof", one, born=date(1990, 5, 1)) == []
    (identical,) = found("Ivan Petrov", one, born=date(1990, 5, 1))
    assert identical.score >= MATCH_FROM
    assert "differ: 1990 and 1960-05-01" in identical.why


@pytest.mark.parametrize(
    ("births", "told"),
    [
        (("1960",), "The year of birth is the same."),
        (("1958/1962",), "The year of birth is the same."),
        (("1961",), "The years of birth are one apart."),
        (("1962",), "The years of birth differ: 1960 and 1962."),
        (("1970", "1960-02-29"), "The dates of birth are the same."),
        ((), "No dates of birth to compare."),
    ],
)
def test_years_and_ranges_of_birth_are_compared(births, told):
    match = judged(
        Person("Ivan Petrov", date(1960, 2, 29)), "ivan petrov", ListedName("1", "Ivan Petrov", births)
    )
    assert match.parts[1].why == told


def test_one_entry_with_several_names_is_one_match_by_its_likest():
    (match,) = found("Ivan Petrov", ListedName("1", "Ivan Petrof"), IVAN)
    assert (match.listed.name, match.score) == ("Ivan Petrov", 1000)


def test_the_best_match_comes_first():
    names = [ListedName("1", "Ivan Petrof"), ListedName("2", "Ivan Petrov"), ListedName("3", "Ivan Petrov")]
    assert [match.listed.reference for match in found("Ivan Petrov", *names)] == ["2", "3", "1"]


@given(st.text(min_size=1, max_size=60))
def test_every_name_in_any_script_matches_itself(name):
    if words(name):
        assert [match.score for match in found(name, ListedName("1", name))] == [1000]


def test_sounds_fall_together():
    assert len({skeleton(word) for word in ("mohammed", "muhammad", "mohamed", "mhmd")}) == 1
    assert skeleton("john") != skeleton("james")


def test_the_index_finds_what_comparing_everything_finds():
    dice = random.Random(3)
    names = listed(dice, 600)
    people = [case.person for case in labelled(dice, names, each=6, negatives=10)]
    for person, quick in zip(people, NameIndex(names).matches_of(people), strict=True):
        own = words(person.name)
        slow = {m.listed.reference for one in names if (m := judged(person, own, one, least=MATCH_FROM))}
        assert {match.listed.reference for match in quick} == slow, person.name


def test_most_of_a_labelled_set_is_found_and_few_others():
    dice = random.Random(5)
    names = listed(dice, 2000)
    cases = labelled(dice, names, each=40, negatives=100)
    index = NameIndex(names)
    right = wrong = 0
    for case, matches in zip(cases, index.matches_of([case.person for case in cases]), strict=True):
        references = {match.listed.reference for match in matches}
        right += bool(case.reference) and case.reference in references
        wrong += not case.reference and bool(references)
    assert right >= 0.96 * sum(bool(case.reference) for case in cases)
    assert wrong <= 0.06 * sum(not case.reference for case in cases)
