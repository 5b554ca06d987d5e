"""Identifiers of things: VIN, LEI and ISIN with their check digits, and the hash that names a token."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import stdnum.exceptions
import stdnum.isin
import stdnum.lei

from portal.domain.canonical import canonical_json, sha256_hex
from portal.domain.errors import Invalid

_VIN = re.compile(r"[A-HJ-NPR-Z0-9]{17}", re.ASCII)
_VIN_VALUES = {
    letter: int(value)
    for letter, value in zip("ABCDEFGHJKLMNPRSTUVWXYZ", "12345678123457923456789", strict=True)
}
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)


class NotAnIdentifier(Invalid):
    """The text is not an identifier of that kind; the message says where it breaks."""

    code = "not-an-identifier"


def vin_check_digit(vin: str) -> str:
    """
    The ninth character that a vehicle identification number of these other characters has.

    source  49 CFR 565.15(c)(3), table III to V
    """
    total = sum(
        weight * (int(char) if char.isdigit() else _VIN_VALUES[char])
        for char, weight in zip(vin, _VIN_WEIGHTS, strict=True)
    )
    remainder = total % 11
    return "X" if remainder == 10 else str(remainder)


def check_vin(text: str) -> str:
    """
    The vehicle identification number in its written form: 17 capitals and digits.

    raises  NotAnIdentifier for a wrong length, the letters I, O, Q, or a check digit that does not agree
    source  49 CFR 565.15
    """
    vin = text.strip().upper()
    if len(vin) != 17:
        raise NotAnIdentifier(f"A VIN has 17 characters; this one has {len(vin)}.", field="vin")
    if not _VIN.fullmatch(vin):
        raise NotAnIdentifier("A VIN has only digits and capital letters, never I, O or Q.", field="vin")
    expected = vin_check_digit(vin)
    if vin[8] != expected:
        raise NotAnIdentifier(
            f"The VIN's check digit (ninth character) is {vin[8]}; these characters give {expected}.",
            field="vin",
            next_step="Compare it with the title: one character is likely mistyped.",
            source="49 CFR 565.15(c)",
        )
    return vin


def check_lei(text: str) -> str:
    """The legal entity identifier, 20 characters. Raises NotAnIdentifier. Source: ISO 17442, ISO 7064 Mod 97-10."""
    lei = text.strip().upper()
    try:
        if len(lei) != 20:
            raise stdnum.exceptions.InvalidLength
        return str(stdnum.lei.validate(lei))
    except stdnum.exceptions.ValidationError as error:
        raise NotAnIdentifier(_why("An LEI", "20", error), field="lei", source="ISO 17442") from error


def check_isin(text: str) -> str:
    """The international securities identification number, 12 characters. Raises NotAnIdentifier. Source: ISO 6166."""
    try:
        return str(stdnum.isin.validate(text.strip().upper()))
    except stdnum.exceptions.ValidationError as error:
        raise NotAnIdentifier(_why("An ISIN", "12", error), field="isin", source="ISO 6166") from error


def _why(name: str, length: str, error: Exception) -> str:
    if isinstance(error, stdnum.exceptions.InvalidLength):
        return f"{name} has {length} characters."
    if isinstance(error, stdnum.exceptions.InvalidChecksum):
        return f"{name} ends in check digits, and these do not agree with the rest."
    return f"{name} is not made like this: its characters or its country are wrong."


def token_record(
    asset: Mapping[str, Any], document_hashes: Sequence[str], terms: Mapping[str, Any]
) -> dict[str, Any]:
    """
    What a token identifier is computed over: the asset's canonical record, its documents' hashes in
    ascending order, and the terms. Amounts are strings, so that no digit is lost in JSON.

    document_hashes  SHA-256, 64 lower-case hexadecimal digits each
    raises           NotAnIdentifier for anything else
    """
    for value in document_hashes:
        if not _HASH.fullmatch(value):
            raise NotAnIdentifier(
                f"{value[:70]!r} is not a SHA-256 in 64 lower-case hexadecimal digits.", field="documents"
            )
    return {"asset": dict(asset), "documents": sorted(set(document_hashes)), "terms": dict(terms)}


def token_identifier(
    asset: Mapping[str, Any], document_hashes: Sequence[str], terms: Mapping[str, Any]
) -> str:
    """
    SHA-256, in hexadecimal, over the RFC 8785 JSON of `token_record`. Anyone with the three parts gets the same.
    """
    return sha256_hex(canonical_json(token_record(asset, document_hashes, terms)))


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where two records differ. `path` is dotted; None means absent on that side."""

    path: str
    before: str | None
    after: str | None


def differences(before: Any, after: Any, path: str = "") -> list[Difference]:
    """
    Where two JSON records differ, in the order of the paths; empty when they are the same.

    Documents are compared as sets of hashes: a changed file shows as one hash gone and one come.
    """
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        found: list[Difference] = []
        for key in sorted({*before, *after}):
            where = f"{path}.{key}" if path else str(key)
            if key not in before:
                found.append(Difference(where, None, _text(after[key])))
            elif key not in after:
                found.append(Difference(where, _text(before[key]), None))
            else:
                found.extend(differences(before[key], after[key], where))
        return found
    if isinstance(before, list) and isinstance(after, list) and before != after:
        gone = [Difference(path, _text(item), None) for item in before if item not in after]
        come = [Difference(path, None, _text(item)) for item in after if item not in before]
        return [*gone, *come] or [Difference(path, _text(before), _text(after))]
    if type(before) is type(after) and before == after:
        return []
    return [Difference(path, _text(before), _text(after))]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else canonical_json(value).decode()
