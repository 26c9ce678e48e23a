"""CAP 1.2 (OASIS): one signed document per announcement version, an index of the current ones, a sign of life."""
