"""Claims for people: a table for the terminal, a page in Markdown, a table in LaTeX, and the JSON."""

from collections.abc import Sequence

from verify.claims.record import SOURCES, Result

MARK = {"proved": "confirmed", "refuted": "refuted", "unknown": "unknown"}


def document(results: Sequence[Result]) -> list[dict[str, object]]:
    """The JSON list: one object a claim."""
    return [
        {
            "id": r.claim.id,
            "source": r.claim.source,
            "where": r.claim.where,
            "statement": r.claim.statement,
            "printed": str(r.printed.status),
            "corrected": r.claim.corrected_statement,
            "corrected_verdict": None if r.corrected is None else str(r.corrected.status),
            "hypotheses": r.claim.hypotheses,
            "evidence": r.printed.reason,
            "method": r.claim.how,
            "note": r.claim.note,
            "seconds": round(r.seconds, 4),
        }
        for r in results
    ]


def table(results: Sequence[Result]) -> str:
    """One line a claim, with a line more for each correction, and the counts."""
    width = max((len(r.claim.id) for r in results), default=0)
    lines: list[str] = []
    for r in results:
        lines.append(f"{r.claim.id:<{width}}  {r.printed.status:<8} {r.claim.where:<28} {_short(r.printed.reason)}")
        if r.corrected is not None:
            lines.append(f"{'':<{width}}  corrected: {r.corrected.status}, {r.claim.corrected_statement}")
    counts = {status: sum(str(r.printed.status) == status for r in results) for status in MARK}
    lines += ["", f"{len(results)} claims: " + ", ".join(f"{n} {MARK[s]}" for s, n in counts.items())]
    return "\n".join(lines)


def markdown(results: Sequence[Result]) -> str:
    """The page docs/claims.md."""
    lines = ["# The claims, checked", "",
             "Written by `verify claims --markdown docs/claims.md`; every line was computed, none was typed in.",
             "`proved` is exact algebra or a rigorous enclosure, `refuted` has a witness, `unknown` says why.", "",
             "| source | claims | confirmed | refuted | unknown |", "|---|---|---|---|---|"]  # fmt: skip
    for source, title in SOURCES.items():
        mine = [str(r.printed.status) for r in results if r.claim.source == source]
        lines.append(
            f"| {title} | {len(mine)} | {mine.count('proved')} | {mine.count('refuted')} | {mine.count('unknown')} |"
        )
    for source, title in SOURCES.items():
        lines += ["", f"## {title}"]
        for r in (r for r in results if r.claim.source == source):
            lines += [
                "",
                f"### {r.claim.id}: {MARK[str(r.printed.status)]}",
                "",
                f"*{r.claim.where}.* {typeset(r.claim.statement)}",
            ]
            if r.claim.hypotheses:
                lines += ["", f"Hypotheses: {r.claim.hypotheses}"]
            if r.corrected is not None:
                lines += ["", f"Corrected ({r.corrected.status}): {typeset(r.claim.corrected_statement or '')}"]
            lines += ["", f"Computed: {r.claim.how} Result: {r.printed.reason}."]
            if r.claim.note:
                lines += ["", f"Note: {r.claim.note}"]
    return "\n".join(lines) + "\n"


def latex(results: Sequence[Result]) -> str:
    """A longtable: id, place, statement, verdict, correction."""
    lines = [r"% written by verify claims --latex; needs longtable and amsmath",
             r"\begin{longtable}{p{4.6cm}p{3.4cm}p{8cm}lp{7cm}}",
             r"claim & place & statement & verdict & corrected \\ \hline \endhead"]  # fmt: skip
    for r in results:
        corrected = typeset(r.claim.corrected_statement or "")
        cells = (
            _plain(r.claim.id),
            _plain(r.claim.where),
            typeset(r.claim.statement),
            MARK[str(r.printed.status)],
            corrected,
        )
        lines.append(" & ".join(cells) + r" \\")
    return "\n".join([*lines, r"\end{longtable}"]) + "\n"


def typeset(statement: str) -> str:
    """The statement with its math in dollars and its outermost words outside, so that lines can break."""
    pieces: list[str] = []
    math, depth, i = "", 0, 0
    while i < len(statement):
        if depth == 0 and statement.startswith(r"\text{", i):
            end = _closing(statement, i + 6)
            pieces += [_dollars(math), statement[i + 6 : end]]
            math, i = "", end + 1
            continue
        if statement.startswith(r"\begin", i) or statement.startswith(r"\left", i):
            depth += 1
        elif statement.startswith(r"\end", i) or statement.startswith(r"\right", i):
            depth -= 1
        else:
            depth += (statement[i] == "{") - (statement[i] == "}")
        math, i = math + statement[i], i + 1
    return "".join([*pieces, _dollars(math)])


def _closing(text: str, start: int) -> int:
    """The place of the brace that closes the group opened before `start`."""
    depth = 1
    for i in range(start, len(text)):
        depth += (text[i] == "{") - (text[i] == "}")
        if depth == 0:
            return i
    return len(text)


def _dollars(math: str) -> str:
    inner = math.strip().removesuffix("\\").strip()
    before, after = " " * math.startswith(" "), " " * math.endswith(" ")
    return f"{before}${inner}${after}" if inner else before or after


def _short(text: str, width: int = 90) -> str:
    return text if len(text) <= width else text[: width - 3] + "..."


def _plain(text: str) -> str:
    return text.replace("_", r"\_").replace("&", r"\&").replace("%", r"\%")
