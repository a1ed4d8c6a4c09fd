"""The audit: the same rows on a split by patient and on one that leaks, and the difference."""
