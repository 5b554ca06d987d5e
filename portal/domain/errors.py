"""
Named refusals. Every error a person can meet is one of these: what happened with the numbers, what did not
happen, the next step, and the source of the rule. A refusal changes nothing.
"""

from collections.abc import Sequence
from typing import ClassVar


class Refused(Exception):
    """
    Base of every refusal that a service raises and a front door prints.

    message    a sentence with the numbers
    field      the input it speaks of, where it speaks of one
    next_step  what the reader can do now
    source     the rule's citation, where a rule refused
    reasons    all reasons as sentences, where there are several
    """

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 422

    def __init__(
        self,
        message: str,
        *,
        field: str = "",
        next_step: str = "",
        source: str = "",
        reasons: Sequence[str] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.next_step = next_step
        self.source = source
        self.reasons = tuple(reasons)


class Invalid(Refused):
    """The input itself is wrong: not a number, too precise, an impossible date."""

    code = "invalid"
    status = 422


class NotFound(Refused):
    """Nothing with that id, or nothing that this reader may know of: the two are told alike."""

    code = "not-found"
    status = 404


class NotAllowed(Refused):
    """This actor may see the thing but may not do this to it."""

    code = "not-allowed"
    status = 403


class Conflict(Refused):
    """The state has moved on, or the same work is under way."""

    code = "conflict"
    status = 409
