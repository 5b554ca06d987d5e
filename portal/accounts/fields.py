"""
Personal data and secrets at rest. Every room that keeps some uses the field, or seal() and unseal():

    tax_id = EncryptedTextField(blank=True)
    seal("C12345", context="kyc_case.passport_number:<pk>")
"""

import base64
import hashlib
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models

from portal.domain.sealing import Keyring

MFA_CONTEXT = "mfa_authenticator.data"
"""The place that second factors are sealed for: allauth does not say whose they are."""


def keyring() -> Keyring:
    """
    The keys of settings.FIELD_KEYS. Outside production, where none need be set, one is derived from SECRET_KEY.

    raises  ImproperlyConfigured in production without keys, BadKey for malformed ones
    """
    return _keyring(tuple(settings.FIELD_KEYS), settings.SECRET_KEY, settings.PRODUCTION)


def seal(plaintext: str, *, context: str) -> str:
    """Encrypt one value for one place; `context` names it: "<table>.<column>:<pk>"."""
    return keyring().seal(plaintext, context=context)


def unseal(sealed: str, *, context: str) -> str:
    """raises  portal.domain.sealing.CannotUnseal"""
    return keyring().unseal(sealed, context=context)


@lru_cache(maxsize=8)
def _keyring(keys: tuple[str, ...], secret: str, production: bool) -> Keyring:
    if keys:
        return Keyring.parse(keys)
    if production:
        raise ImproperlyConfigured(
            "FIELD_KEYS is not set: personal data cannot be encrypted (docs/security.md)."
        )
    derived = hashlib.sha256(b"portal.fields|" + secret.encode()).digest()
    return Keyring.parse([f"derived:{base64.b64encode(derived).decode()}"])


class Sealed(str):
    """The text as it lies in the database."""

    __slots__ = ()


class SetOnInstanceOnly(TypeError):
    """The place a value is bound to includes its row's key, so it is written through an instance's save()."""


class _Unsealing:
    """Reads a field: sealed as it came from the database, opened when somebody looks."""

    def __init__(self, field: "EncryptedTextField") -> None:
        self.field = field

    def __get__(self, instance: models.Model | None, owner: type | None = None) -> Any:
        if instance is None:
            return self
        name = self.field.attname
        if name not in instance.__dict__:
            instance.refresh_from_db(fields=[name])
        value = instance.__dict__[name]
        if isinstance(value, Sealed):
            value = unseal(value, context=self.field.context_of(instance))
            instance.__dict__[name] = value
        return value

    def __set__(self, instance: models.Model, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


class EncryptedTextField(models.TextField):
    """
    Text that is sealed in its row and bound to it: copied to another row or column it does not open. It cannot
    be searched or set by QuerySet.update(); `values()` hands out what lies in the database. The row's key must
    be known before saving (uuid keys are).
    """

    def contribute_to_class(self, cls: type[models.Model], name: str, private_only: bool = False) -> None:
        super().contribute_to_class(cls, name, private_only)
        setattr(cls, self.attname, _Unsealing(self))

    def context_of(self, instance: models.Model) -> str:
        if instance.pk is None:
            raise SetOnInstanceOnly(f"{self.name} cannot be sealed before its row has a key.")
        return f"{instance._meta.db_table}.{self.column}:{instance.pk}"

    def from_db_value(self, value: str | None, *_: Any) -> Sealed | None:
        # "" and NULL hold nothing to hide.
        return value if value is None or value == "" else Sealed(value)  # type: ignore[return-value]

    def pre_save(self, instance: models.Model, add: bool) -> Sealed | str | None:
        value = instance.__dict__.get(self.attname)
        if value is None or value == "" or isinstance(value, Sealed):
            return value
        return Sealed(seal(str(value), context=self.context_of(instance)))

    def get_prep_value(self, value: Any) -> Any:
        if value is None or value == "" or isinstance(value, Sealed):
            return value if value is None else str(value)
        raise SetOnInstanceOnly(f"{self.name} is encrypted; set it on an instance and save that.")

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name != "isnull":
            raise SetOnInstanceOnly(f"{self.name} is encrypted; it cannot be searched.")
        return super().get_lookup(lookup_name)
