"""Holds: footage secured for a proceeding. Nothing beats a hold; the database refuses what the code would forget."""
