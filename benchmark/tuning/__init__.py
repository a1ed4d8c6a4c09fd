"""Tuning: options chosen on *valid* alone."""
