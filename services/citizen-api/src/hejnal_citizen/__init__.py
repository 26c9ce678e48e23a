"""Hejnał's citizen-api: the only door for residents, and the staff API of announcements and reports."""
