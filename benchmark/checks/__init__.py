"""What a reviewer would look for: small functions, evidence in, remarks out."""
