"""Decisions about the metric rho: closure, Hessian map, time warp."""
