"""People, the organisations they act for, and in which role."""

import uuid

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac

from portal.domain.roles import GRANTABLE, OrganisationKind, Role


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: object) -> "User":
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(AbstractBaseUser):
    """
    A person who signs in. Rights come from memberships alone: there is no superuser, and Django's own
    permissions are never granted.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(max_length=254)
    name = models.CharField(max_length=200, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)
    session_epoch = models.PositiveIntegerField(default=0)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: list[str] = []
    objects = UserManager()

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_unique")]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return self.name or self.email

    def get_short_name(self) -> str:
        return (self.name or self.email).split()[0]

    def has_perm(self, perm: str, obj: object = None) -> bool:
        return False

    def has_module_perms(self, app_label: str) -> bool:
        return False

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Raising `session_epoch` ends every session of this person at once, listed or not."""
        value = f"{self.password}:{self.session_epoch}"
        return salted_hmac("portal.accounts.session", value, secret=secret, algorithm="sha256").hexdigest()


class Organisation(models.Model):
    """A tenant: the house that runs the portal, or an issuer on it."""

    class Kind(models.TextChoices):
        HOUSE = OrganisationKind.HOUSE.value
        ISSUER = OrganisationKind.ISSUER.value

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=10, choices=Kind)
    name = models.CharField(max_length=200)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind"], condition=models.Q(kind="house"), name="one_house"),
            models.CheckConstraint(
                condition=models.Q(kind__in=[kind.value for kind in OrganisationKind]),
                name="organisation_kind",
            ),
            models.CheckConstraint(condition=~models.Q(name=""), name="organisation_named"),
        ]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """
    One role of one person in one organisation. Ended, never deleted and never revived; the role fits the kind
    of the organisation (triggers of migration 0001).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=24, choices=[(role.value, role.label) for role in GRANTABLE])
    created_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "organisation", "role"],
                condition=models.Q(ended_at=None),
                name="membership_once",
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=[role.value for role in GRANTABLE]), name="membership_role"
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at=None) | models.Q(ended_at__gte=models.F("created_at")),
                name="membership_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} as {Role(self.role).label} of {self.organisation}"


class Attempts(models.Model):
    """How often something was tried within one window of time: the counter behind sign-in throttling."""

    bucket = models.CharField(max_length=80)
    window_start = models.DateTimeField()
    count = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["bucket", "window_start"], name="attempts_once")]
        indexes = [models.Index(fields=["window_start"], name="attempts_by_window")]
        verbose_name_plural = "attempts"

    def __str__(self) -> str:
        return f"{self.count} in {self.bucket} since {self.window_start:%Y-%m-%d %H:%M}"
