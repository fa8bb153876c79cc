"""The layers hold: `verify` stands on `derive` and never the other way; no cycles; no code from text."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = sorted(p for package in ("derive", "verify") for p in (ROOT / package).rglob("*.py"))
FLOORS = ("exact", "fields", "laws", "metric", "branch", "potentials", "limits")  # each stands on those before it
FORBIDDEN = {"eval", "exec", "sympify", "parse_expr", "pickle", "compile", "__import__"}


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_file_keeps_to_its_layer(path: Path) -> None:
    tree = ast.parse(path.read_text())
    if path.relative_to(ROOT).parts[0] == "derive":
        assert not any(name.split(".")[0] == "verify" for name in imports(path))
    inside = [
        n
        for f in ast.walk(tree)
        if isinstance(f, ast.FunctionDef)
        for n in ast.walk(f)
        if isinstance(n, ast.Import | ast.ImportFrom)
    ]
    assert not inside, "an import inside a function"
    called = {n.func.id for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
    assert not called & FORBIDDEN
    # the claims of a document are one file: a list of records, not a module to understand
    assert "claims/sources" in str(path) or len(path.read_text().splitlines()) < 400


def test_there_is_no_import_cycle() -> None:
    names = {module_name(p) for p in FILES}
    edges = {module_name(p): {i for i in imports(p) if i in names} - {module_name(p)} for p in FILES}
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, " -> ".join((*path, name))
        if name in done:
            return
        for other in edges[name]:
            if not name.startswith(other + "."):
                visit(other, (*path, name))
        done.add(name)

    for name in edges:
        visit(name, ())


def test_the_packages_of_derive_are_floors() -> None:
    """Each package imports only itself, those before it in `FLOORS`, and modules that lie directly in `derive`."""
    for path in (
        p for p in FILES if p.relative_to(ROOT).parts[1] in FLOORS and p.relative_to(ROOT).parts[0] == "derive"
    ):
        floor = FLOORS.index(path.relative_to(ROOT).parts[1])
        used = {name.split(".")[1] for name in imports(path) if name.startswith("derive.")}
        packages = {name for name in used if (ROOT / "derive" / name).is_dir()}
        assert packages <= set(FLOORS[: floor + 1]), f"{path.name}: {packages - set(FLOORS[: floor + 1])}"
