"""Executors: where parallel work runs, here or on a cluster."""
