"""Standby: a second recorder of the same facts with an index and a disk of its own, silent, ready to be read from."""
