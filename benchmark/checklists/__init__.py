"""Reporting checklists, CLAIM and TRIPOD+AI, answered as far as a run can answer them."""
