"""Severities as numbers the database can compare, and the order in which deliveries are sent."""

from hejnal_contracts.base import Severity

RANK: dict[Severity, int] = {Severity.INFO: 0, Severity.NOTICE: 1, Severity.WARNING: 2, Severity.EMERGENCY: 3}
OF_RANK: dict[int, Severity] = {rank: severity for severity, rank in RANK.items()}

PRIORITY_DIRECT = 0
PRIORITIES = 5


def priority(severity: Severity) -> int:
    """1 (emergency) to 4 (info); 0 is kept for messages that a person is waiting for."""
    return PRIORITIES - 1 - RANK[severity]
