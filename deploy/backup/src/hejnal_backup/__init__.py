"""Backups of a town: made while it runs, encrypted for somebody who is not on the server, verified, restored."""
