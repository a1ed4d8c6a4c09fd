"""Several runs on the same test part: what has changed from one to the next."""
