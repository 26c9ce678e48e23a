"""The audit log: who saw, played, changed what, and why."""
