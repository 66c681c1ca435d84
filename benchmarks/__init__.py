"""Measures the figures that the design is held to: `python -m benchmarks`."""
