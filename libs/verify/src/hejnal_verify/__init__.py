"""Checks exported footage on any machine: hashes, signatures, time stamps. Knows nothing of Hejnał's database."""
