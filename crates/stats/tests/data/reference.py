"""Writes reference.csv beside it: values of `confseq` 0.0.11 and `ville` 0.1.0 (PyPI, MIT).

    python3 -m venv venv && venv/bin/pip install confseq==0.0.11 ville==0.1.0 "numpy<2"
    venv/bin/python reference.py

Building confseq needs a C++ compiler, Boost headers, CMake and Ninja.
"""
import csv
import math
import pathlib

import numpy as np
from confseq.boundaries import beta_binomial_log_mixture
from confseq.predmix import predmix_lower_cs
from scipy.optimize import brentq
from scipy.special import betaln
from ville import BernoulliCS
from ville.evalues import combine, ebh

rows = []


def upper(n, right, alpha, a, b):
    x = np.r_[np.ones(right), np.zeros(n - right)]
    return float(BernoulliCS(alpha, (a, b), intersect=False).update(x).upper_[-1])


# theta_upper against ville: the same sequence.
for n, right in [(1, 0), (10, 4), (60, 30), (60, 55), (240, 120), (1000, 480), (3600, 1801), (50000, 25200)]:
    for alpha in (0.05, 0.001):
        for a, b in ((20, 20), (1, 1), (0.5, 3)):
            rows.append(("theta", n, right, alpha, a, b, upper(n, right, alpha, a, b)))

# theta_upper against confseq: its two-sided beta-binomial mixture has a prior whose mean is the
# hypothesis p. Where it has evidence L against p, theta_upper at alpha = exp(-L) has to be p.
def prior(p, v_opt):
    """The prior behind confseq's v_opt, recovered from one value of the mixture."""
    t, right = 40, round(40 * p)  # where the evidence grows with the prior's mass
    target = float(beta_binomial_log_mixture(right - t * p, p * (1 - p) * t, v_opt, p, 1 - p, 0.05, False))
    gap = lambda ln_m: evidence(t, right, p, math.exp(ln_m)) - target
    return math.exp(brentq(gap, -3, 12, xtol=1e-14))


def evidence(n, right, p, mass):
    a, b = mass * p, mass * (1 - p)
    return (betaln(a + right, b + n - right) - betaln(a, b)
            - right * math.log(p) - (n - right) * math.log(1 - p))


for p in (0.5, 0.6, 0.75):
    for v_opt in (5.0, 50.0):
        mass = prior(p, v_opt)
        for n, right in [(60, 20), (240, 90), (1000, 430), (3600, 1500)]:
            found = float(beta_binomial_log_mixture(right - n * p, p * (1 - p) * n, v_opt, p, 1 - p, 0.05, False))
            if 0.1 < found < 700:  # beyond, alpha is no number any more
                rows.append(("mixture", n, right, math.exp(-found), mass * p, mass * (1 - p), p))

# The empirical Bernstein sequence behind bits_at_least, one l at a time, against confseq. The
# predictions are ours: the mean so far with one imagined 0.
for n in (5, 60, 1000):
    k = np.arange(n)
    x = 0.3 + 0.7 * ((k * 7919) % 1000) / 1000
    expected = np.r_[0.0, np.cumsum(x)[:-1]] / (k + 1)
    for l in (0.1, 0.5, 0.95):
        for alpha in (0.05, 0.001):
            low = predmix_lower_cs(
                x, v=(x - expected) ** 2, lambdas_fn=lambda y: np.full(n, l),
                psi_fn=lambda l: -np.log(1 - l) - l, alpha=alpha)
            rows.append(("bernstein", n, 0, alpha, l, 0, float(low[-1])))

# e-BH and the mixture: four series of ten e-values by a formula.
for seed in (3, 5, 7, 11):
    e = np.array([((k * seed * 37 + seed) % 101) ** 3 / 400.0 for k in range(10)])
    for fdr in (0.01, 0.05):
        named = sum(1 << int(i) for i in np.flatnonzero(ebh(e, fdr)))
        rows.append(("ebh", 10, seed, fdr, 0, 0, named))
    weights = np.arange(1, 11)
    rows.append(("mean", 10, seed, 0, 0, 0, float(combine(e, weights=weights))))

with open(pathlib.Path(__file__).with_name("reference.csv"), "w", newline="") as out:
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("kind", "n", "right", "alpha", "a", "b", "value"))
    writer.writerows(rows)
