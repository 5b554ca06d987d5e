"""States move by a table: one mapping per lifecycle, read by services, pages and auditors alike."""

from collections.abc import Mapping
from dataclasses import dataclass

from portal.domain.errors import Conflict


class NotAllowedNow(Conflict):
    """The lifecycle has no such step from this state."""

    code = "not-allowed-now"


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """
    name         what moves, as a noun: "offering"
    transitions  state -> event -> next state; a state without events is final
    """

    name: str
    transitions: Mapping[str, Mapping[str, str]]

    def after(self, state: str, event: str) -> str:
        """
        The state that `event` leads to from `state`.

        raises  NotAllowedNow, naming the state and what is possible from it
        """
        steps = self.transitions.get(state, {})
        if event not in steps:
            possible = ", ".join(sorted(steps)) or "nothing: this state is final"
            raise NotAllowedNow(
                f"This {self.name} is {state.replace('_', ' ')}; it cannot {event.replace('_', ' ')}.",
                next_step=f"Possible from here: {possible.replace('_', ' ')}.",
            )
        return steps[event]

    @property
    def states(self) -> tuple[str, ...]:
        reached = {after for steps in self.transitions.values() for after in steps.values()}
        return tuple(dict.fromkeys([*self.transitions, *sorted(reached)]))

    def choices(self) -> list[tuple[str, str]]:
        """(value, label) pairs for a model field."""
        return [(state, state.replace("_", " ")) for state in self.states]
