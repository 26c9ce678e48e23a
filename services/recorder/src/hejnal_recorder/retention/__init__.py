"""Deleting in time: by age, by share of disk, for room, for privacy. Never later than the law's ceiling, never under a hold."""
