"""Alerts: what a dispatcher must act on, from its being raised to its end."""
