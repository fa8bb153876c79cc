"""Optimisers: discrete methods on linear predictors and on any model, in float64 or at any precision.

One method is one small file in `verify.optimise.methods`: a record and a pure function from state to state.
"""
