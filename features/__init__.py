"""Radiographs in, arrays out: pixels and features. Knows no model and no metric."""
