"""Where allauth meets the portal: throttling, the trail, encryption of second factors, who lands where."""

import logging
from smtplib import SMTPException
from types import SimpleNamespace
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import record_authentication
from allauth.core import context as allauth_context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from portal.accounts import fields, selectors, services, sessions
from portal.accounts.models import User
from portal.domain.roles import HOUSE_ROLES, ISSUER_ROLES

log = logging.getLogger("portal.accounts")

# What was just set up was just shown: the session need not be asked for it at once.
_SHOWN_BY_SETTING_UP = {"mfa/email/totp_activated": "totp", "mfa/email/webauthn_added": "webauthn"}


class AccountAdapter(DefaultAccountAdapter):
    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        try:
            services.count_try(
                kind="sign-in",
                account=str(credentials.get("email", "")),
                address=sessions.address_of(request),
                at=timezone.now(),
            )
        except services.TooManyAttempts as refused:
            raise ValidationError(f"{refused.message} {refused.next_step}", code=refused.code) from refused
        super().pre_authenticate(request, **credentials)

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        user = super().authenticate(request, **credentials)
        if user is not None:
            services.forget_tries(kind="sign-in", account=str(credentials.get("email", "")))
        return user

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        known = selectors.user_by_email(str(credentials.get("email", "")))
        services.note(
            event="sign_in_failed",
            user_id=known.id if known else None,
            actor=sessions.actor_of(request),
            at=timezone.now(),
        )

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse:
        response = super().post_login(request, user, **kwargs)
        shown = [str(one.get("type") or one.get("method")) for one in sessions.methods_of(request)]
        services.note(
            event="signed_in",
            user_id=user.pk,
            actor=sessions.actor_of(request),
            at=timezone.now(),
            methods=shown,
        )
        return response

    def logout(self, request: HttpRequest) -> None:
        if isinstance(request.user, User):
            services.note(
                event="signed_out",
                user_id=request.user.pk,
                actor=sessions.actor_of(request),
                at=timezone.now(),
            )
        super().logout(request)

    def save_user(self, request: HttpRequest, user: Any, form: Any, commit: bool = True) -> Any:
        try:
            with transaction.atomic():
                saved = super().save_user(request, user, form, commit=commit)
                if commit:
                    services.note(
                        event="registered",
                        user_id=saved.pk,
                        actor=sessions.actor_of(request),
                        at=timezone.now(),
                    )
        except IntegrityError as clash:
            # Two sign-ups with one address at the same moment: the second meets the unique index.
            messages.error(request, "This sign-up was sent twice at the same moment. Sign in, or try again.")
            raise ImmediateHttpResponse(HttpResponseRedirect(reverse("account_login"))) from clash
        return saved

    def send_notification_mail(
        self, template_prefix: str, user: Any, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        """allauth calls this once for each change of a factor, a password or an address."""
        request = allauth_context.request
        event = template_prefix.rpartition("/")[2]
        services.note(event=event, user_id=user.pk, actor=sessions.actor_of(request), at=timezone.now())
        shown = _SHOWN_BY_SETTING_UP.get(template_prefix)
        if shown and request.user.is_authenticated and request.user.pk == user.pk:
            record_authentication(request, user, "mfa", type=shown, reauthenticated=True)
        super().send_notification_mail(template_prefix, user, context, email)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        site = SimpleNamespace(name=settings.SITE_NAME, domain=allauth_context.request.get_host())
        try:
            super().send_mail(template_prefix, email, {"current_site": site, **context})
        except (OSError, SMTPException):
            log.exception("The mail %s could not be handed to the mail server", template_prefix)
            messages.error(
                allauth_context.request,
                "The e-mail could not be sent just now. Try again in a few minutes; nothing else was lost.",
            )

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """A second factor first; for roles that need one nothing else, once there is one."""
        methods = super().get_reauthentication_methods(user)
        strong = [one for one in methods if one["id"] != "reauthenticate"]
        if strong and selectors.principal_of(user).needs_second_factor:
            return strong
        return strong + [one for one in methods if one["id"] == "reauthenticate"]

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        principal = sessions.principal(request)
        if principal.holds(*HOUSE_ROLES):
            return settings.HOUSE_HOME
        if principal.holds(*ISSUER_ROLES):
            return settings.ISSUER_HOME
        return settings.LOGIN_REDIRECT_URL


class EncryptingMFAAdapter(DefaultMFAAdapter):
    """
    TOTP secrets and recovery seeds lie in the database sealed (settings.FIELD_KEYS), not in the clear. allauth
    does not say whose secret it is, so the seal binds the value to the table and not to its row.
    """

    def encrypt(self, text: str) -> str:
        return fields.seal(text, context=fields.MFA_CONTEXT)

    def decrypt(self, encrypted_text: str) -> str:
        return fields.unseal(encrypted_text, context=fields.MFA_CONTEXT)

    def get_totp_issuer(self) -> str:
        return str(settings.SITE_NAME)

    def _get_site_name(self) -> str:
        return str(settings.SITE_NAME)

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """The last second factor of somebody whose role needs one stays: he would lock himself out."""
        others = Authenticator.objects.filter(
            user_id=authenticator.user_id, type__in=[Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
        ).exclude(pk=authenticator.pk)
        owner = User.objects.get(pk=authenticator.user_id)
        return others.exists() or not selectors.principal_of(owner).needs_second_factor


class SessionsAdapter(DefaultUserSessionsAdapter):
    def end_sessions(self, ended: Any) -> None:
        request = allauth_context.request
        super().end_sessions(ended)
        if isinstance(request.user, User):
            services.note(
                event="sessions_revoked",
                user_id=request.user.pk,
                actor=sessions.actor_of(request),
                at=timezone.now(),
                sessions_ended=len(ended),
            )
