"""Invented names that look like those of real lists and investors: for the labelled set and for the benchmark. Seeded."""

import random
from dataclasses import dataclass
from datetime import date, timedelta

from investors.domain.screening import ListedName, Person

_ARABIC_FIRST = "Mohammed Ahmed Ali Hassan Hussein Omar Khalid Ibrahim Yusuf Abdullah Mahmoud Mustafa Tariq Faisal Said Salim Hamza Karim Nasser Walid Bilal Jamal Rashid Samir Zayd".split()
_ARABIC_LAST = "Tikriti Baghdadi Masri Shami Qadhafi Zarqawi Hamdani Jazairi Kuwari Obeidi Rawi Samarrai Dulaimi Azzawi Nuaimi Mansouri Sharif Haddad Khoury Najjar Halabi Ghamdi Qahtani Harbi".split()
_SLAVIC_FIRST = "Aleksandr Vladimir Sergei Dmitri Mikhail Nikolai Viktor Yevgeny Andrei Igor Oleg Pavel Yuri Konstantin Anatoly Boris Gennady Ruslan Maksim Timur Natalia Olga Irina Svetlana Yelena".split()
_SLAVIC_LAST = "Kuznetsov Volkov Sokolov Lebedev Morozov Novikov Zaytsev Solovyov Vasilyev Golubev Vinogradov Bogdanov Vorobyov Fyodorov Mikhaylov Belyayev Tarasov Belov Komarov Orlov Kiselyov Makarov Andreyev Kovalyov Shcherbakov".split()
_PATRONYMIC = "Aleksandrovich Vladimirovich Sergeyevich Dmitriyevich Mikhailovich Nikolayevich Viktorovich Andreyevich Olegovich Pavlovich".split()
_LATIN_FIRST = "Carlos Jose Maria Juan Luis Miguel Pedro Rafael Fernando Ricardo Joaquin Ismael Diego Alejandro Jesus Ana Rosa Carmen Lucia Elena Jorge Hector Ramon Julio Cesar".split()
_LATIN_LAST = "Gutierrez Hernandez Castillo Beltran Zambada Arellano Quintero Velazquez Mendoza Salazar Guzman Carrillo Villarreal Ochoa Escobar Restrepo Valencia Montoya Ibarra Cardenas Figueroa Esparza".split()
_ASIAN_FIRST = "Jong Chol Yong Kwang Myong Sung Hyon Nam Il Song Wei Jian Xiaoming Guang Zhiqiang Lijun Haoran Minghui Dawei Yichen".split()
_ASIAN_LAST = "Kim Ri Pak Choe Jang Kang Yun Zhang Wang Li Chen Liu Zhao Huang Zhou Wu".split()
_EURO_FIRST = "James Mary Robert Patricia John Jennifer Michael Linda David Elizabeth William Barbara Richard Susan Joseph Jessica Thomas Sarah Charles Karen Hans Jürgen François Chloé Søren Łukasz Giulia Björn Zoë Niamh".split()
_EURO_LAST = "Smith Johnson Williams Brown Jones Miller Davis Wilson Anderson Taylor Thomas Moore Martin Jackson Thompson White Harris Clark Lewis Robinson Walker Young Allen King Wright Müller Schröder Lefèvre Nørgaard Kowalski Rossi Lindqvist Fernández Okafor Nakamura Patel Singh Nguyen".split()
_SYLLABLES = "ba be bo da de do ga go ha he ka ke ko la le lo ma me mo na ne no ra re ro sa se so ta te to va ve vo za ze zo mar ber kin tor vel san dor len ric wal hem bur ash ton".split()
_COMPANY = "Northern Eastern Global United Golden Silver Delta Orient Caspian Atlas Pacific Crescent Phoenix Falcon Sunrise Harbor Continental Meridian Vertex Quantum Maritime Petroleum Shipping Aviation Minerals Logistics Energy Capital Trading Industries Construction Electronics".split()
_FORMS = "LLC Ltd OOO JSC GmbH Company Corporation Limited Inc PJSC".split()
_WRITTEN = (("mohammed", "muhammad"), ("mohammed", "mohamed"), ("ahmed", "ahmad"), ("hussein", "husayn"), ("yusuf", "youssef"), ("khalid", "khaled"), ("omar", "umar"), ("qadhafi", "gaddafi"), ("said", "saeed"), ("karim", "kareem"), ("walid", "waleed"), ("rashid", "rasheed"), ("sharif", "shareef"), ("aleksandr", "alexander"), ("sergei", "sergey"), ("dmitri", "dmitry"), ("yevgeny", "evgeni"), ("viktor", "victor"), ("andrei", "andrey"), ("mikhail", "michail"), ("yuri", "iouri"), ("maksim", "maxim"), ("konstantin", "constantin"), ("ts", "tz"), ("ov", "off"), ("y", "i"), ("kh", "h"), ("sh", "ch"), ("dh", "d"), ("ou", "u"), ("ie", "ye"))  # fmt: skip
_CYRILLIC = str.maketrans(dict(zip("abvgdezijklmnoprstufhcy", "абвгдезийклмнопрстуфхцы", strict=True)))
_NORTHERN = {
    "shch": "щ",
    "zh": "ж",
    "kh": "х",
    "ts": "ц",
    "ch": "ч",
    "sh": "ш",
    "yu": "ю",
    "ya": "я",
    "yo": "ё",
    "ye": "е",
}


@dataclass(frozen=True, slots=True)
class Labelled:
    """A person to screen and what is right: the reference that he is, or "" for nobody; and how he was made."""

    person: Person
    reference: str
    made_by: str


def day(dice: random.Random) -> date:
    return date(1940, 1, 1) + timedelta(days=dice.randrange(365 * 62))


def surname(dice: random.Random) -> str:
    """A surname of two to four syllables: tens of thousands are possible."""
    return "".join(dice.choice(_SYLLABLES) for _ in range(dice.randint(2, 4))).capitalize()


def person_name(dice: random.Random, *, wide: bool = True) -> tuple[str, str]:
    """(name, two-letter country). wide: half of the surnames are made of syllables"""
    kind = dice.randrange(5)
    if kind == 0:
        given = dice.sample(_ARABIC_FIRST, dice.randint(2, 3))
        last = surname(dice) if wide and dice.random() < 0.5 else dice.choice(_ARABIC_LAST)
        return f"{' '.join(given)} {dice.choice(['al-', 'Al ', ''])}{last}", dice.choice(
            ["IQ", "SY", "YE", "LB"]
        )
    if kind == 1:
        last = surname(dice) + "ov" if wide and dice.random() < 0.5 else dice.choice(_SLAVIC_LAST)
        middle = [dice.choice(_PATRONYMIC)] if dice.random() < 0.7 else []
        return " ".join([dice.choice(_SLAVIC_FIRST), *middle, last]), dice.choice(["RU", "BY", "UA"])
    if kind == 2:
        lasts = [
            surname(dice) if wide and dice.random() < 0.5 else dice.choice(_LATIN_LAST) for _ in range(2)
        ]
        return " ".join([*dice.sample(_LATIN_FIRST, dice.randint(1, 2)), *lasts]), dice.choice(
            ["MX", "CO", "VE"]
        )
    if kind == 3 and dice.random() < 0.3:
        return " ".join([dice.choice(_ASIAN_LAST), *dice.sample(_ASIAN_FIRST, 2)]), dice.choice(["KP", "CN"])
    given = " ".join(dice.sample(_EURO_FIRST, dice.choice([1, 1, 2])))
    return f"{given} {surname(dice)}", dice.choice(["ZA", "IE", "RS", "US"])


def ordinary_name(dice: random.Random) -> str:
    """The name of somebody on no list, though it may well be like one that is."""
    last = surname(dice) if dice.random() < 0.6 else dice.choice(_EURO_LAST)
    return " ".join([*dice.sample(_EURO_FIRST, dice.choice([1, 1, 2])), last])


def company_name(dice: random.Random) -> str:
    return " ".join([surname(dice), *dice.sample(_COMPANY, dice.randint(1, 2)), dice.choice(_FORMS)])


def listed(dice: random.Random, size: int, *, prefix: str = "L") -> list[ListedName]:
    """`size` names of a list: four fifths persons, a date or year of birth for most, one name an entry."""
    made = []
    for number in range(size):
        if dice.random() < 0.2:
            made.append(ListedName(f"{prefix}-{number}", company_name(dice), (), (), "entity"))
            continue
        name, country = person_name(dice)
        born = day(dice)
        told = (
            (born.isoformat(),) if dice.random() < 0.6 else (str(born.year),) if dice.random() < 0.5 else ()
        )
        made.append(ListedName(f"{prefix}-{number}", name, told, (country,), "person"))
    return made


def typo(dice: random.Random, name: str) -> str:
    """One letter doubled, dropped, exchanged with its neighbour or replaced, never the first of a word."""
    places = [
        i
        for i in range(1, len(name) - 1)
        if name[i].isalpha() and name[i - 1].isalpha() and name[i + 1].isalpha()
    ]
    if not places:
        return name
    i = dice.choice(places)
    kind = dice.randrange(4)
    if kind == 0:
        return name[:i] + name[i] + name[i:]
    if kind == 1:
        return name[:i] + name[i + 1 :]
    if kind == 2:
        return name[:i] + name[i + 1] + name[i] + name[i + 2 :]
    return name[:i] + dice.choice("aeiourstnl") + name[i + 1 :]


def rewritten(dice: random.Random, name: str) -> str:
    """The name as another romanisation writes it, one or two differences."""
    told, done = name.lower(), 0
    for written, other in dice.sample(_WRITTEN, len(_WRITTEN)):
        if written in told and done < 2:
            told, done = told.replace(written, other, 1), done + 1
    return told.title()


def in_cyrillic(name: str) -> str:
    """As it would be written in Cyrillic letters."""
    told = name.lower()
    for latin, letter in _NORTHERN.items():
        told = told.replace(latin, letter)
    return told.translate(_CYRILLIC).title()


def initials(dice: random.Random, name: str) -> str:
    """One given name, not the last word, cut to its first letter."""
    told = name.split()
    i = dice.randrange(len(told) - 1)
    return " ".join([*told[:i], f"{told[i][0]}.", *told[i + 1 :]])


def without_middle(dice: random.Random, name: str) -> str:
    told = name.split()
    return " ".join([told[0], *told[2:]]) if len(told) > 2 else name


def swapped(dice: random.Random, name: str) -> str:
    told = name.split()
    return f"{told[-1]}, {' '.join(told[:-1])}" if dice.random() < 0.5 else " ".join([*told[1:], told[0]])


def labelled(dice: random.Random, names: list[ListedName], *, each: int, negatives: int) -> list[Labelled]:
    """
    Positives: `each` listed persons changed in every way, three in four with the right date or year of birth.
    Negatives: ordinary names, names made as the list's are, and namesakes who share two words with a listed person.
    """
    people = [one for one in names if one.kind == "person" and len(one.words.split()) > 1]
    ways = {
        "the same": lambda d, n: n,
        "one typo": typo,
        "two typos": lambda d, n: typo(d, typo(d, n)),
        "another romanisation": rewritten,
        "swapped order": swapped,
        "an initial": initials,
        "without a middle name": without_middle,
        "typo and swapped": lambda d, n: swapped(d, typo(d, n)),
        "without diacritics, run together": lambda d, n: n.replace("-", "").replace("Al ", "Al"),
    }
    made = []
    for way, change in ways.items():
        for one in dice.sample(people, each):
            made.append(Labelled(_as_investor(dice, change(dice, one.name), one), one.reference, way))
    slavic = [one for one in people if one.countries[0] in ("RU", "BY", "UA")]
    for one in dice.sample(slavic, min(each, len(slavic))):
        made.append(
            Labelled(_as_investor(dice, in_cyrillic(one.name), one), one.reference, "in Cyrillic letters")
        )
    for _ in range(negatives):
        made.append(
            Labelled(Person(ordinary_name(dice), day(dice), "US", "person"), "", "somebody else, ordinary")
        )
        name, country = person_name(dice)
        made.append(
            Labelled(Person(name, day(dice), country, "person"), "", "somebody else, name as on lists")
        )
        one = dice.choice(people).name.split()
        namesake = (
            " ".join([one[0], surname(dice), *one[2:]]) if len(one) > 2 else f"{one[0]} {surname(dice)}"
        )
        made.append(Labelled(Person(namesake, day(dice), "US", "person"), "", "somebody else, shares words"))
    return made


def _as_investor(dice: random.Random, name: str, one: ListedName) -> Person:
    """With the listed date of birth where the list tells a whole one, without any for one in four."""
    born = date.fromisoformat(one.births[0]) if one.births and len(one.births[0]) == 10 else None
    return Person(name, born if dice.random() < 0.75 else None, dice.choice([*one.countries, "US"]), "person")
