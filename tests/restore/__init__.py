"""The restore drill: `make test-restore`."""
