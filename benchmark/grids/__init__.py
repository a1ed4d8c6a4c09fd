"""Grids: one experiment over several seeds, folds, sizes or values."""
