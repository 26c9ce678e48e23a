"""Hejnał on one machine: installs, starts, watches and stops everything that `make run` and `make test` need."""
