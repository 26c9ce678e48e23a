"""What staff may reach in other services through this door."""
