"""The claims of five papers as records, each with a check that could fail."""
