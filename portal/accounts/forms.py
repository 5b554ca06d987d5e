"""allauth's forms for codes and resets, behind the portal's atomic counters."""

from typing import Any

from allauth.account.forms import ResetPasswordForm
from allauth.core import context
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
    SignupWebAuthnForm,
)
from django.core.exceptions import ValidationError
from django.utils import timezone

from portal.accounts import services, sessions

# What fido2 raises for JSON that no browser makes.
MALFORMED = (AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError)


def _not_understood() -> ValidationError:
    return ValidationError("The browser's answer was not understood. Try again.", code="incorrect_code")


def _count(kind: str, account: object) -> None:
    """raises  ValidationError beyond the limit for this account or this address"""
    address = sessions.address_of(context.request)
    try:
        services.count_try(kind=kind, account=str(account), address=address, at=timezone.now())
    except services.TooManyAttempts as refused:
        raise ValidationError(f"{refused.message} {refused.next_step}", code=refused.code) from refused


class _CountedCode:
    user: Any

    def clean_code(self) -> str:
        _count("code", self.user.pk)
        code: str = super().clean_code()  # type: ignore[misc]
        services.forget_tries(kind="code", account=str(self.user.pk))
        return code


class CountedAuthenticateForm(_CountedCode, AuthenticateForm):
    pass


class CountedReauthenticateForm(_CountedCode, ReauthenticateForm):
    pass


class _ShownKey:
    """What the browser says of a key it shows; made-up JSON is a wrong answer and no error of ours."""

    user: Any

    def clean_credential(self) -> Any:
        if self.user is not None:
            _count("key", self.user.pk)
        try:
            return super().clean_credential()  # type: ignore[misc]
        except MALFORMED as wrong:
            raise _not_understood() from wrong


class _NewKey:
    """What the browser says of a key it made."""

    def clean(self) -> Any:
        try:
            return super().clean()  # type: ignore[misc]
        except MALFORMED as wrong:
            raise _not_understood() from wrong


class CountedAuthenticateWebAuthnForm(_ShownKey, AuthenticateWebAuthnForm):
    pass


class CountedReauthenticateWebAuthnForm(_ShownKey, ReauthenticateWebAuthnForm):
    pass


class CheckedLoginWebAuthnForm(_ShownKey, LoginWebAuthnForm):
    pass


class CheckedAddWebAuthnForm(_NewKey, AddWebAuthnForm):
    pass


class CheckedSignupWebAuthnForm(_NewKey, SignupWebAuthnForm):
    pass


class CountedResetPasswordForm(ResetPasswordForm):
    def clean_email(self) -> Any:
        _count("reset", self.cleaned_data["email"].lower())
        return super().clean_email()
