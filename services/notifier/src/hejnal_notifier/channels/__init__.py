"""The ways to people: one adapter per channel, each speaks its provider's protocol."""
