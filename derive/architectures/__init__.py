"""One architecture a file; see `derive.architecture`."""
