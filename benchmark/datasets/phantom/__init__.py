"""The phantom: procedural chest radiographs, so that the benchmark runs where no data are."""

from benchmark.datasets.phantom.writer import write_phantom

__all__ = ["write_phantom"]
