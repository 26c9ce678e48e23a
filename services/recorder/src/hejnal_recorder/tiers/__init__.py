"""Tiers: footage of some age moves from the local disk into an S3-compatible store; readers do not notice."""
