"""What others see of an investor's profile."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from investors.domain.claims import Kind
from investors.domain.entities import ENTITY_FORMS, tax_form


@dataclass(frozen=True, slots=True)
class InvestorFacts:
    """
    An investor without personal data.

    reference  what stands where no name may stand: "INV-7KQ2MX"
    missing    fields of the profile that are still empty
    """

    id: UUID
    reference: str
    kind: Kind
    country: str
    tax_countries: tuple[str, ...]
    us_person: bool
    politically_exposed: bool
    expected_minor: int
    user_id: UUID | None
    identifier_kind: str
    has_identifier: bool
    version: int
    created_at: datetime
    identity_changed_at: datetime
    closed_at: datetime | None
    missing: tuple[str, ...]
    entity_form: str = ""
    no_large_owner: bool = False
    lei: str = ""

    @property
    def entity_form_label(self) -> str:
        return ENTITY_FORMS.get(self.entity_form, "")

    @property
    def tax_form(self) -> str:
        """The IRS form that fits what is declared, such as "W-8BEN"."""
        return tax_form(
            kind=self.kind,
            entity_form=self.entity_form,
            country=self.country,
            us_person=self.us_person,
            tax_countries=self.tax_countries,
        )

    @property
    def owner(self) -> str:
        """Owner text for the ledger and for documents."""
        return f"investor:{self.id}"

    @property
    def complete(self) -> bool:
        return not self.missing


@dataclass(frozen=True, slots=True)
class PersonalData:
    """Opened personal data. Whoever asks for it leaves an audit event, except the investor himself."""

    legal_name: str = ""
    born_or_formed: date | None = None
    identifier_kind: str = "none"
    identifier: str = ""
    address: str = ""
    mailing_address: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class MaskedData:
    """What a page shows of personal data: enough to recognise, not enough to misuse."""

    legal_name: str
    born_or_formed: str
    identifier: str
    address: str


@dataclass(frozen=True, slots=True)
class RelatedFacts:
    """A person behind an investor, without the name."""

    id: UUID
    role: str
    role_label: str
    country: str
    ownership_ppm: int | None
    masked_name: str
    is_entity: bool = False
    owner_reference: str = ""
    title: str = ""
    masked_identifier: str = ""


@dataclass(frozen=True, slots=True)
class NamedPerson:
    """
    A name to screen, opened by the screening worker: whose it is, with what else is known.

    kind  person | entity | "" where nobody said, as for an owner
    """

    subject: str
    name: str
    born: date | None
    country: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class OwnedShare:
    """What a beneficial owner holds of an entity, opened for the 50 percent rule; ppm of the whole."""

    investor_id: UUID
    related_person_id: UUID
    owner_name: str
    ownership_ppm: int


@dataclass(frozen=True, slots=True)
class RevisionFacts:
    """One change of a profile, without the values."""

    version: int
    changed: tuple[str, ...]
    actor: str
    actor_label: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ChangeFacts:
    """One field as a revision left it, opened: what it was before and what it became, as text."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class OpenedRevision:
    """A revision with what changed in it, opened to an officer for a stated reason."""

    revision: RevisionFacts
    changes: tuple[ChangeFacts, ...]


@dataclass(frozen=True, slots=True)
class ProfileInput:
    """
    What an investor may say of himself; None leaves a field as it is.

    born_or_formed  ISO date text
    expected_minor  US cents
    """

    kind: str | None = None
    country: str | None = None
    tax_countries: tuple[str, ...] | None = None
    us_person: bool | None = None
    politically_exposed: bool | None = None
    expected_minor: int | None = None
    legal_name: str | None = None
    born_or_formed: str | None = None
    identifier_kind: str | None = None
    identifier: str | None = None
    address: str | None = None
    mailing_address: str | None = None
    phone: str | None = None
    entity_form: str | None = None
    no_large_owner: bool | None = None
    lei: str | None = None
