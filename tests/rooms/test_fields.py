"""Sealed columns: second factors, and the field that other rooms use for personal data."""

import base64

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from investors.profiles.models import Investor
from portal.accounts import fields
from portal.accounts.models import User
from portal.domain.sealing import CannotUnseal
from tests.factories import accounts as make

KEY_1 = "k1:" + base64.b64encode(b"1" * 32).decode()
KEY_2 = "k2:" + base64.b64encode(b"2" * 32).decode()


def raw(table: str, column: str, pk) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {table} WHERE id = %s", [pk])
        return cursor.fetchone()[0]


@pytest.mark.django_db
def test_second_factors_lie_encrypted_in_their_rows(settings):
    settings.FIELD_KEYS = [KEY_1]
    user = User.objects.get(pk=make.person().id)
    secret = generate_totp_secret()
    totp = TOTP.activate(user, secret).instance
    codes = RecoveryCodes.activate(user)
    stored = raw("mfa_authenticator", "data::text", totp.pk)
    assert secret not in stored
    assert "s1.k1." in stored
    assert codes.generate_codes()[0] not in raw("mfa_authenticator", "data::text", codes.instance.pk)


@pytest.mark.django_db
def test_a_rotated_key_opens_what_the_old_one_sealed(settings):
    settings.FIELD_KEYS = [KEY_1]
    user = User.objects.get(pk=make.person().id)
    before = RecoveryCodes.activate(user).generate_codes()
    settings.FIELD_KEYS = [KEY_2, KEY_1]
    assert RecoveryCodes(Authenticator.objects.get(user=user)).generate_codes() == before
    assert fields.seal("x", context="c").startswith("s1.k2.")
    settings.FIELD_KEYS = [KEY_2]
    with pytest.raises(CannotUnseal):
        RecoveryCodes(Authenticator.objects.get(user=user)).generate_codes()


def test_production_without_keys_seals_nothing(settings):
    settings.FIELD_KEYS, settings.PRODUCTION = [], True
    with pytest.raises(ImproperlyConfigured, match="FIELD_KEYS"):
        fields.seal("x", context="c")


def test_a_sealed_field_opens_only_in_its_own_row():
    one, other = Investor(), Investor()
    field = Investor._meta.get_field("legal_name")
    one.legal_name = "Ada Lovelace"
    sealed = field.pre_save(one, add=True)
    assert isinstance(sealed, fields.Sealed)
    assert "Ada" not in sealed
    one.__dict__["legal_name"] = field.from_db_value(sealed)
    assert one.legal_name == "Ada Lovelace"
    other.__dict__["legal_name"] = field.from_db_value(sealed)
    with pytest.raises(CannotUnseal):
        _ = other.legal_name


def test_an_unchanged_field_is_saved_as_it_lay():
    one = Investor()
    field = Investor._meta.get_field("legal_name")
    sealed = fields.Sealed(fields.seal("Ada", context=field.context_of(one)))
    one.__dict__["legal_name"] = sealed
    assert field.pre_save(one, add=False) is sealed


@pytest.mark.parametrize("nothing", ["", None])
def test_nothing_needs_no_seal(nothing):
    one = Investor()
    one.legal_name = nothing
    assert Investor._meta.get_field("legal_name").pre_save(one, add=True) == nothing


def test_a_sealed_field_is_neither_searched_nor_set_in_bulk():
    with pytest.raises(fields.SetOnInstanceOnly, match="cannot be searched"):
        Investor.objects.filter(legal_name="Ada")
    with pytest.raises(fields.SetOnInstanceOnly, match="cannot be searched"):
        Investor.objects.filter(legal_name__icontains="a")
    with pytest.raises(fields.SetOnInstanceOnly, match="set it on an instance"):
        Investor._meta.get_field("legal_name").get_prep_value("Ada")
