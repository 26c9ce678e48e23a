"""From an announcement version to its deliveries."""
