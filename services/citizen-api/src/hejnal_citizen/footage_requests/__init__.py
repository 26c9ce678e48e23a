"""Requests for one's own footage (GDPR art. 15): asked by a resident, answered by the office within a month."""
