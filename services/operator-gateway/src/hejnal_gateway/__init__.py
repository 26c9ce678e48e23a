"""The operator gateway: the only door for staff. Accounts, camera registry, live view, audit log."""
