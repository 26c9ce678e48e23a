"""Hejnał's notifier: every announcement to everyone concerned, once, in seconds; and proof of it."""
