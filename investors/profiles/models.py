"""Who an investor is. Personal data stands here only sealed; every change leaves a revision."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from investors.domain.entities import ENTITY_FORMS
from portal.accounts.fields import EncryptedTextField


class Investor(models.Model):
    """
    One holder of securities: a natural person, joint holders, or an entity.

    reference       what people call it where no name may stand, such as "INV-7KQ2MX"
    country         residence of a person, place of organisation of an entity; ISO 3166-1 alpha-2
    born_or_formed  ISO date of birth, or of formation of an entity; sealed, as are name, number and address
    expected_minor  what the investor expects to invest, in US cents
    entity_form     of an entity, a key of ENTITY_FORMS; "" for people and where not said yet
    no_large_owner  the entity says that nobody owns 25 % of it or more
    lei             of an entity; public, so it lies open
    identity_changed_at  when name, birth date, number, country or related persons last changed
    ESSENTIALS      what the trail keeps a hash of; the rest of a profile is in its newest revision
    """

    ESSENTIALS = {1: ("reference", "user_id", "version", "created_at", "identity_changed_at", "closed_at")}

    class Kind(models.TextChoices):
        NATURAL = "natural", "Natural person"
        JOINT = "joint", "Joint holders"
        ENTITY = "entity", "Entity"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reference = models.CharField(max_length=16, unique=True)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    kind = models.CharField(max_length=8, choices=Kind)
    country = models.CharField(max_length=2)
    tax_countries = ArrayField(models.CharField(max_length=2), default=list, blank=True)
    us_person = models.BooleanField()
    politically_exposed = models.BooleanField(default=False)
    expected_minor = models.BigIntegerField(default=0)
    legal_name = EncryptedTextField(blank=True)
    born_or_formed = EncryptedTextField(blank=True)
    identifier_kind = models.CharField(max_length=8, default="none")
    identifier = EncryptedTextField(blank=True)
    address = EncryptedTextField(blank=True)
    mailing_address = EncryptedTextField(blank=True, default="")
    phone = EncryptedTextField(blank=True, default="")
    entity_form = models.CharField(max_length=12, blank=True, default="", choices=list(ENTITY_FORMS.items()))
    no_large_owner = models.BooleanField(default=False)
    lei = models.CharField(max_length=20, blank=True, default="")
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    identity_changed_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=("natural", "joint", "entity")), name="investor_kind"
            ),
            models.CheckConstraint(condition=Q(country__regex=r"^[A-Z]{2}$"), name="investor_country"),
            models.CheckConstraint(
                condition=Q(expected_minor__gte=0), name="investor_expects_no_less_than_nothing"
            ),
            models.CheckConstraint(
                condition=~Q(country="US") | Q(us_person=True), name="investor_in_us_is_us_person"
            ),
            models.CheckConstraint(
                condition=Q(kind="entity") | Q(entity_form="", no_large_owner=False, lei=""),
                name="investor_entity_facts_of_entities",
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class Revision(models.Model):
    """
    One change of a profile: which fields, by whom, why; the values after it, with a salt, as one sealed text. A table
    of record.
    """

    ESSENTIALS = {
        1: ("investor_id", "version", "changed", "snapshot", "actor", "actor_label", "reason", "at")
    }

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    investor = models.ForeignKey(Investor, on_delete=models.PROTECT, related_name="revisions")
    version = models.PositiveIntegerField()
    changed = ArrayField(models.CharField(max_length=40))
    snapshot = EncryptedTextField()
    actor = models.CharField(max_length=100)
    actor_label = models.CharField(max_length=200, blank=True)
    reason = models.TextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["investor", "version"], name="revision_once")]

    def __str__(self) -> str:
        return f"{self.investor_id} version {self.version}"


class RelatedPerson(models.Model):
    """
    A person behind an investor: the other joint holder, an owner of 25 % or more, the one in control, a signatory.

    ownership_ppm  share of the entity in parts per million; null where the role has none
    name, born     sealed; born is an ISO date, or empty where unknown, as is the number
    is_entity      an owner that is an entity itself
    owner          the owner's own profile, where it is an investor here: owners of owners may not close a circle
    title          by what right a signatory signs, or the person in control controls
    """

    ESSENTIALS = {1: ("investor_id", "role", "ownership_ppm", "added_at", "ended_at")}

    class Role(models.TextChoices):
        JOINT_HOLDER = "joint_holder", "Joint holder"
        BENEFICIAL_OWNER = "beneficial_owner", "Beneficial owner"
        CONTROL_PERSON = "control_person", "Person in control"
        SIGNATORY = "signatory", "Authorised signatory"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    investor = models.ForeignKey(Investor, on_delete=models.PROTECT, related_name="related_persons")
    role = models.CharField(max_length=20, choices=Role)
    name = EncryptedTextField()
    born = EncryptedTextField(blank=True)
    country = models.CharField(max_length=2)
    ownership_ppm = models.PositiveIntegerField(null=True, blank=True)
    is_entity = models.BooleanField(default=False)
    owner = models.ForeignKey(
        Investor, on_delete=models.PROTECT, null=True, blank=True, related_name="stakes"
    )
    title = models.CharField(max_length=80, blank=True, default="")
    identifier_kind = models.CharField(max_length=8, default="none")
    identifier = EncryptedTextField(blank=True, default="")
    added_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ownership_ppm__isnull=True) | Q(ownership_ppm__lte=1_000_000),
                name="related_person_owns_at_most_all",
            ),
            models.CheckConstraint(
                condition=~Q(role="beneficial_owner") | Q(ownership_ppm__gt=0), name="beneficial_owner_owns"
            ),
            models.CheckConstraint(
                condition=Q(role="beneficial_owner") | Q(is_entity=False, owner__isnull=True),
                name="only_owners_are_entities",
            ),
            models.CheckConstraint(
                condition=Q(owner__isnull=True) | ~Q(owner=F("investor")), name="nobody_owns_himself"
            ),
        ]
        indexes = [models.Index(fields=["investor", "ended_at"], name="related_person_by_investor")]

    def __str__(self) -> str:
        return f"{self.role} of {self.investor_id}"
