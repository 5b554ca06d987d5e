"""What a profile may hold: texts in any script, days of the calendar, telephone numbers."""

import re
import unicodedata
from datetime import date

from investors.domain.dates import age_on
from portal.domain.errors import Invalid

# Persian, Hindi and other scripts need these two to be written rightly; nothing else that cannot be seen passes.
_JOINERS = str.maketrans("", "", "\u200c\u200d")
_PHONE = re.compile(r"\+?[0-9]{6,15}", re.ASCII)
OLDEST = 125
"""Years. Nobody known has lived longer; whoever typed more mistook the year."""


def checked_text(value: str, field: str, most: int, *, letters: bool = False) -> str:
    """
    The text in Unicode's composed form (NFC) with single spaces.

    letters  it must hold a letter of some script, as every name does
    raises   Invalid naming the field
    """
    text = unicodedata.normalize("NFC", " ".join(value.split()))
    label = field.replace("_", " ").capitalize()
    if not text:
        raise Invalid(f"{label} is empty.", field=field)
    if len(text) > most:
        raise Invalid(f"{label} has {len(text)} characters; at most {most} are possible.", field=field)
    if not text.translate(_JOINERS).isprintable():
        raise Invalid(f"{label} contains characters that cannot be shown.", field=field)
    if letters and not any(unicodedata.category(sign).startswith("L") for sign in text):
        raise Invalid(f"{label} holds no letter.", field=field)
    return text


def checked_day(text: str, *, today: date, field: str, person: bool = False) -> str:
    """
    A day of the past in ISO form.

    person  of birth: at most OLDEST years ago
    raises  Invalid naming the field
    """
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Invalid("The date is not one of the calendar; write it as 1980-12-31.", field=field) from None
    if day > today:
        raise Invalid(f"{day.isoformat()} lies in the future.", field=field)
    if day.year < 1600:
        raise Invalid(f"{day.isoformat()} lies too far back.", field=field)
    if person and age_on(day, today) > OLDEST:
        raise Invalid(
            f"{day.isoformat()} is {age_on(day, today)} years ago; nobody is that old.", field=field
        )
    return day.isoformat()


def checked_phone(value: str, *, field: str = "phone") -> str:
    """
    Digits with a plus in front where one was given, "" for none.

    raises  Invalid
    source  ITU-T E.164: at most 15 digits
    """
    compact = re.sub(r"[\s()./-]", "", value)
    if compact and not _PHONE.fullmatch(compact):
        raise Invalid("A telephone number has 6 to 15 digits, such as +1 212 555 0100.", field=field)
    return compact
