"""Random models for the regimes: separable powers, products, neurons and chains, from random starts in constants.

Run as a script, it derives them and prints what `regime_oracle` finds: `python tests/regime_models.py 40`.
"""

import json
import random
import subprocess
import sys

from regime_oracle import complaints


def random_model(rng: random.Random) -> list[str]:
    """Arguments of `derive show`."""
    kind = rng.choice(("difference", "product", "untied", "neuron", "chain", "sum", "layers", "power"))
    a, b = (
        f"{rng.randint(1, 3)}*alpha",
        rng.choice(("alpha", "kappa", "2*alpha", "alpha**2", "1/alpha", "kappa/2", "3")),
    )
    if kind == "difference":
        n = rng.choice((2, 2, 3, 4))
        c = rng.choice(("", "2*"))
        return [f"p**{n} - {c}m**{n}", "--start", f"p={a}, m={b}"]
    if kind == "product":
        return ["u*v", "--start", f"u={a}, v={rng.choice(('0', b, a))}"]
    if kind == "untied":
        return ["p*q - u*v", "--start", f"p={a}, u={a}, q={b}, v={b}"]
    if kind == "neuron":
        w1, w2 = rng.choice((("3/5", "4/5"), ("1", "0"), ("5/13", "12/13")))
        return ["a*w1, a*w2", "--start", f"a={a}, w1={w1}*({b}), w2={w2}*({b})"]
    if kind == "chain":
        return ["a*b*w1, a*b*w2", "--start", f"a={a}, b={a}, w1={a}, w2=0"]
    if kind == "sum":
        return ["u**2 + v**2", "--start", f"u={a}, v={b}"]
    if kind == "layers":
        return [f"{rng.choice((1, 2))}*u*v*w", "--start", f"u=0, v={a}, w={a}"]
    return [f"w**{rng.choice((2, 3, 4))}", "--start", f"w={b}"]


def document(arguments: list[str]) -> dict | str:
    """The JSON document of `derive show`, or the error."""
    done = subprocess.run(
        [sys.executable, "-m", "derive", "show", *arguments, "--json"], capture_output=True, text=True, check=False
    )
    return json.loads(done.stdout) if done.returncode == 0 else done.stderr.strip()


def main(count: int, seed: int = 0) -> None:
    rng = random.Random(seed)
    seen, entries = set(), 0
    while len(seen) < count:
        arguments = random_model(rng)
        if tuple(arguments) in seen:
            continue
        seen.add(tuple(arguments))
        found = document(arguments)
        if isinstance(found, str):
            print(arguments, found)
            continue
        entries += len(found["regimes"])
        print(" ".join(arguments), [f"{r['limit']}: {r['norm']}" for r in found["regimes"]], flush=True)
        for complaint in complaints(found):
            print("   !!", complaint, flush=True)
    print(f"{len(seen)} models, {entries} entries")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20, int(sys.argv[2]) if len(sys.argv) > 2 else 0)
