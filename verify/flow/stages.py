"""Two tapes evaluated one after the other, the second never repeating what the first has computed.

The force v depends on the predictor beta(w), so that J(w)^T v cannot be part of beta's tape; what it shares with it
(the exponentials, mostly) can.  Instructions are numbered by value: the same operation on the same operands is one
register.
"""

from dataclasses import dataclass
from typing import Any

from verify.flow.program import Arithmetic, Bindable, Compute, Tape

# (operation, payload, operands); inputs are ("input", i, ()) and constants ("constant", value, ())
Step = tuple[str, Any, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Stages:
    """`head` maps w to (beta, kept); `tail` maps (kept, v) to what the second tape gives.

    `beta` counts the outputs of the first tape, `kept` the values kept.
    """

    head: Bindable
    tail: Bindable
    beta: int
    kept: int

    def bind(self, arithmetic: Arithmetic) -> tuple[Compute, Compute]:
        """Both tapes over an arithmetic."""
        return self.head.bind(arithmetic), self.tail.bind(arithmetic)


class _Numbering:
    """All values of both tapes, each once, in an order in which they can be computed."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.known: dict[Step, int] = {}
        self.early: list[bool] = []

    def place(self, step: Step, early: bool) -> int:
        """The number of a value, a new one if it is new."""
        if step not in self.known:
            self.known[step] = len(self.steps)
            self.steps.append(step)
            self.early.append(early)
        return self.known[step]

    def read(self, tape: Tape, first: int) -> tuple[list[int], list[int]]:
        """The places of a tape's inputs and outputs; inputs from number `first` on are late."""
        inputs = [self.place(("input", i, ()), i < first) for i in range(tape.inputs)]
        where = inputs + [self.place(("constant", c, ()), True) for c in tape.constants]
        for kind, payload, operands in tape.program:
            places = tuple(where[o] for o in operands)
            where.append(self.place((kind, payload, places), all(self.early[o] for o in places)))
        return inputs, [where[o] for o in tape.outputs]

    def late(self, outputs: list[int]) -> tuple[list[int], list[int]]:
        """The late values that outputs consist of, in order, and the early ones that these read."""
        seen: set[int] = set()
        pending = list(outputs)
        while pending:
            i = pending.pop()
            if i not in seen:
                seen.add(i)
                pending += () if self.early[i] else self.steps[i][2]
        kept = [i for i in sorted(seen) if self.early[i] and self.steps[i][0] != "constant"]
        return [i for i in sorted(seen) if not self.early[i]], kept

    def tape(self, inputs: list[int], include: list[int], outputs: list[int]) -> Tape:
        """A tape of its own of the instructions in `include`."""
        own = [i for i in include if self.steps[i][0] not in ("input", "constant")]
        read = {o for i in own for o in self.steps[i][2]} | set(outputs)
        constants = [i for i in sorted(read) if self.steps[i][0] == "constant"]
        place = {i: k for k, i in enumerate([*inputs, *constants, *own])}
        program = tuple(
            (kind, payload, tuple(place[o] for o in where)) for kind, payload, where in map(self.steps.__getitem__, own)
        )
        return Tape(len(inputs), tuple(self.steps[i][1] for i in constants), program, tuple(place[o] for o in outputs))


def stages(predictor: Tape, pullback: Tape) -> Stages:
    """Split `pullback`, a tape of (w, v), into what w alone determines and the rest."""
    numbering = _Numbering()
    w, beta = numbering.read(predictor, predictor.inputs)
    both, pulled = numbering.read(pullback, predictor.inputs)
    late, kept = numbering.late(pulled)
    early = [i for i, is_early in enumerate(numbering.early) if is_early]
    head = numbering.tape(w, early, [*beta, *kept])
    return Stages(head, numbering.tape([*kept, *both[len(w) :]], late, pulled), len(beta), len(kept))
