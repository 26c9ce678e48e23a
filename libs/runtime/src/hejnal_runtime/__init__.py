"""What every service shares. Nothing here knows cameras, residents or the town."""
