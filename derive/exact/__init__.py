"""Exact arithmetic: a differential field over Q, three-valued zero tests, linear algebra."""
