"""Front ends: a PyTorch module, a JAX function or a NumPy function, traced on symbols into a `Model`.

Each front end runs the user's program once, with symbols for its parameters and for two input samples, on the
operations of `derive.frontends.operations`; `derive.frontends.functional` reads the predictor off the result, and
checks that the program is linear in its input, exactly.  What has no exact expression is refused by name.
"""
