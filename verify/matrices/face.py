"""The optimality system of min tr B, <A_n, B> = b_n, B >= 0, near a minimiser of rank r, square and smooth.

With Z = I - sum nu A the conditions are Z >= 0, B >= 0, Z B = 0 and the equations.  In an order of the coordinates in
which the first r (P) determine the others (Q), write B = R C R^T, R = (I; W), C symmetric of size r.  Z B = 0 is
Z R = 0:

    rows Q of Z R = 0,    R^T Z R = 0 on and above the diagonal,    <A_n, R C R^T> = b_n,

in the unknowns W, C, nu: as many equations as unknowns, because Z is symmetric.  Where C and the block Z_QQ are
positive definite, Z = (-W, I)^T Z_QQ (-W, I) >= 0, and the zero is a minimiser (docs/derivations/matrices.md, theorem
2).
"""

from collections.abc import Sequence

from flint import arb, arb_mat, fmpq, fmpq_mat

from verify.matrices.symmetric import combination, coordinates, inner, is_positive, places


class FaceSystem:
    """E and E' in Arb; `order` lists P, then Q; unknowns are W (row by row), C (on and above the diagonal), nu."""

    def __init__(
        self, matrices: Sequence[fmpq_mat], b: Sequence[fmpq], order: Sequence[int], rank: int, precision: int
    ) -> None:
        self.precision, self.order, self.rank, self.k = precision, list(order), rank, len(order)
        tables = [m.table() for m in matrices]
        self.a = [arb_mat([[arb(t[i][j]) for j in order] for i in order]) for t in tables]
        self.b = [arb(e) for e in b]
        self.rest = self.k - rank
        self.pairs = places(rank)

    def parts(self, z: Sequence[arb]) -> tuple[arb_mat, arb_mat, list[arb]]:
        """R, C and nu."""
        count = self.rest * self.rank
        w = [list(z[i * self.rank : (i + 1) * self.rank]) for i in range(self.rest)]
        r = arb_mat([[arb(int(i == j)) for j in range(self.rank)] for i in range(self.rank)] + w)
        c = [[arb(0)] * self.rank for _ in range(self.rank)]
        for (i, j), e in zip(self.pairs, z[count : count + len(self.pairs)], strict=True):
            c[i][j] = c[j][i] = e
        return r, arb_mat(c), list(z[count + len(self.pairs) :])

    def slack(self, nu: Sequence[arb]) -> arb_mat:
        """Z, in the order P, Q."""
        identity = arb_mat(self.k, self.k, [arb(int(i == j)) for i in range(self.k) for j in range(self.k)])
        return identity - combination(nu, self.a, self.k)

    def matrix(self, z: Sequence[arb]) -> arb_mat:
        """B, in the order of the data."""
        r, c, _ = self.parts(z)
        table, back = (r * c * r.transpose()).table(), {n: i for i, n in enumerate(self.order)}
        return arb_mat([[table[back[i]][back[j]] for j in range(self.k)] for i in range(self.k)])

    def inside(self, z: Sequence[arb]) -> bool:
        """Are C and Z_QQ certainly positive definite?"""
        _, c, nu = self.parts(z)
        z_qq = [row[self.rank :] for row in self.slack(nu).table()[self.rank :]]
        return is_positive(c) and (not z_qq or is_positive(arb_mat(z_qq)))

    def reachable(self, beta: Sequence[arb]) -> bool:
        """There is no other branch."""
        return all(b.is_finite() for b in beta)

    def residual(self, z: Sequence[arb]) -> arb_mat:
        """E at z, as a column."""
        r, c, nu = self.parts(z)
        zr = self.slack(nu) * r
        b, square = r * c * r.transpose(), (r.transpose() * zr).table()
        values = [e for row in zr.table()[self.rank :] for e in row]
        values += [square[i][j] for i, j in self.pairs]
        values += [inner(a, b) - e for a, e in zip(self.a, self.b, strict=True)]
        return arb_mat(len(values), 1, values)

    def jacobian(self, z: Sequence[arb]) -> arb_mat:
        """E' at z, column by column."""
        r, c, nu = self.parts(z)
        slack = self.slack(nu)
        table, zr = slack.table(), (slack * r).table()
        pulled = [a * r for a in self.a]
        curved = [(p * c).table() for p in pulled]
        squares = [(r.transpose() * p).table() for p in pulled]
        columns = []
        for i in range(self.rest):
            for k in range(self.rank):
                top = [table[self.rank + q][self.rank + i] if j == k else arb(0)
                       for q in range(self.rest) for j in range(self.rank)]  # fmt: skip
                row = zr[self.rank + i]
                middle = [(row[j] if m == k else arb(0)) + (row[m] if j == k else arb(0)) for m, j in self.pairs]
                columns.append(top + middle + [2 * p[self.rank + i][k] for p in curved])
        for i, j in self.pairs:
            nothing = [arb(0)] * (self.rest * self.rank + len(self.pairs))
            columns.append(nothing + [s[i][j] * (1 if i == j else 2) for s in squares])
        for p, s in zip(pulled, squares, strict=True):
            top = [-e for row in p.table()[self.rank :] for e in row]
            columns.append(top + [-s[i][j] for i, j in self.pairs] + [arb(0)] * len(self.b))
        return arb_mat(columns).transpose()

    def unpack(self, z: Sequence[arb]) -> tuple[tuple[arb, ...], tuple[arb, ...]]:
        """(nu, the entries of B)."""
        return tuple(self.parts(z)[2]), coordinates(self.matrix(z))
