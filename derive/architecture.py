"""An architecture: a named family of models, as data.

A new architecture is one file in `derive/architectures/` that binds `ARCHITECTURE` to one
`Architecture` literal.  `derive.catalogue` finds it by walking the folder, and the contract suite
in `tests/` runs on it unasked.  Nothing else has to be edited.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from derive.errors import InputError
from derive.model import Model
from derive.names import check_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """A whole-number option of a family, `--name VALUE`, with its default and its range.

    `symbol`: a name is a value too, and makes the option a positive constant of the model.
    """

    name: str
    default: int
    minimum: int = 1
    maximum: int = 64
    help: str = ""
    symbol: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """A family of models.

    `build` takes the options by name and returns a `Model`; `dimension` names the option that is
    the length of the predictor, so that a data set can fix it.  `examples` are option values that
    the contract suite runs.
    """

    name: str
    summary: str
    source: str
    options: tuple[Option, ...]
    build: Callable[..., Model]
    dimension: str | None = None
    examples: tuple[Mapping[str, int | str], ...] = ()

    def __post_init__(self) -> None:
        names = [option.name for option in self.options]
        if len(set(names)) != len(names) or (self.dimension is not None and self.dimension not in names):
            raise ValueError(f"architecture {self.name}: options {names}, dimension {self.dimension}")

    def model(self, **values: int | str) -> Model:
        """The member of the family with these options; the others keep their defaults.

        Raises `InputError` for an option that the family does not have, out of its range, or no name that it takes.
        """
        known = {option.name: option for option in self.options}
        for name, value in values.items():
            if name not in known:
                raise InputError(
                    f"architecture {self.name} has no option --{name}",
                    expected=", ".join(f"--{n}" for n in known) or "no options",
                    received=f"--{name} {value}",
                )
            option = known[name]
            if isinstance(value, str):
                self._check_name(option, value)
            elif not option.minimum <= value <= option.maximum:
                raise InputError(
                    f"--{name} is out of range for {self.name}",
                    expected=f"{option.minimum} to {option.maximum}",
                    received=str(value),
                )
        return self.build(**{name: values.get(name, option.default) for name, option in known.items()})

    def _check_name(self, option: Option, value: str) -> None:
        """Raise `InputError` where the option takes whole numbers only, or the name stands for something else."""
        if not option.symbol:
            raise InputError(
                f"--{option.name} of {self.name} is a whole number",
                expected=f"{option.minimum} to {option.maximum}",
                received=value,
            )
        check_name(value)
        usual: dict[str, int | str] = {o.name: o.default for o in self.options}
        other = f"{value}_"  # whichever name it is given, the model has the rest of its names
        members = (self.build(**usual), self.build(**usual | {option.name: other}))
        taken = {s.name for member in members for s in member.symbols} - {other}
        if value in taken:
            raise InputError(
                f"--{option.name} needs a name that the model does not have",
                received=f"{value}, next to {', '.join(sorted(taken))}",
            )
