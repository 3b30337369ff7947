"""The same programs on us and on our peers, one table: `python -m benchmarks`."""
