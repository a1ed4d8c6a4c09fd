"""Arrays in, scores out. One public file is one model is one row of the report."""
