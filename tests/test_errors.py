"""A malformed expression is refused in one line, before anything is evaluated."""

import pytest

from derive.errors import InputError
from derive.model import parse_model


@pytest.mark.parametrize(
    "text",
    [
        "9**9**9**9",
        "w1^2",
        "__import__('os')",
        "f(w)",
        "1/0",
        "(w",
        "w1 +",
        "sqrt(-1)",
        "(" * 200 + "w",
        "w[0]",
        "w.real",
    ],
)
def test_a_malformed_expression_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_model([text])
    assert "\n" not in str(caught.value)
