"""Who may do what, in one place."""

from enum import StrEnum


class Role(StrEnum):
    """What a member of staff is there for."""

    OPERATOR = "operator"
    DISPATCHER = "dispatcher"
    EDITOR = "editor"
    CLERK = "clerk"
    DPO = "dpo"
    ADMIN = "admin"


ALL = frozenset(Role)
WATCH_LIVE = frozenset({Role.OPERATOR, Role.DISPATCHER, Role.ADMIN})
SEE_UNMASKED = frozenset({Role.ADMIN})
"""Who draws the privacy masks must see what is under them."""
SEE_TIMELINE = frozenset({Role.OPERATOR, Role.DISPATCHER, Role.DPO, Role.ADMIN})
PLAY_BACK = frozenset({Role.OPERATOR, Role.DISPATCHER, Role.DPO})
SECURE_FOOTAGE = frozenset({Role.OPERATOR, Role.DPO, Role.ADMIN})
"""Place and extend holds, mark footage."""
GIVE_FREE = frozenset({Role.DPO, Role.ADMIN})
"""Release holds, delete for privacy: always two of them."""
KEEP_CAMERAS = frozenset({Role.ADMIN})
KEEP_ACCOUNTS = frozenset({Role.ADMIN})
SEE_ACCOUNTS = frozenset({Role.DPO, Role.ADMIN})
"""Who asks about people by name: the audit log's second question."""
SEE_EVERY_CAMERA = frozenset({Role.ADMIN, Role.DPO})
"""Who registers and answers for all of them: camera groups do not bind these."""
SEE_ALERTS = frozenset({Role.OPERATOR, Role.DISPATCHER, Role.ADMIN})
WORK_ON_ALERTS = frozenset({Role.OPERATOR, Role.DISPATCHER, Role.ADMIN})
"""Raise, take, assign, resolve; the same for incidents."""
MARK_INCIDENT_FOOTAGE = frozenset({Role.OPERATOR, Role.ADMIN})
KEEP_ALERT_RULES = frozenset({Role.ADMIN})
"""Rules and webhooks."""
MOVE_CAMERAS = frozenset({Role.OPERATOR, Role.DISPATCHER, Role.ADMIN})
TAKE_OVER_CAMERAS = frozenset({Role.DISPATCHER, Role.ADMIN})
KEEP_PTZ = frozenset({Role.DISPATCHER, Role.ADMIN})
"""Presets and patrols."""
READ_AUDIT = frozenset({Role.DPO, Role.ADMIN})
READ_REPORTS = frozenset({Role.OPERATOR, Role.DISPATCHER, Role.CLERK, Role.EDITOR, Role.ADMIN})
ANSWER_REPORTS = frozenset({Role.CLERK, Role.EDITOR, Role.ADMIN})
KEEP_REPORT_CATEGORIES = frozenset({Role.EDITOR, Role.ADMIN})
"""Questions, routing, who may report."""
KEEP_OPEN311 = frozenset({Role.ADMIN})
"""Keys of other systems, and the back office that gets reports."""
READ_ANNOUNCEMENTS = frozenset({Role.EDITOR, Role.DISPATCHER, Role.OPERATOR, Role.CLERK, Role.ADMIN})
WRITE_ANNOUNCEMENTS = frozenset({Role.EDITOR, Role.ADMIN})
APPROVE_ANNOUNCEMENTS = frozenset({Role.EDITOR, Role.DISPATCHER, Role.ADMIN})
"""The second pair of eyes; citizen-api sees to it that it is another person's."""
SEE_SENDING = frozenset({Role.EDITOR, Role.DISPATCHER, Role.ADMIN})
"""How the providers of messages do, the month's statement and its bill."""
WRITE_CONSULTATIONS = frozenset({Role.EDITOR, Role.ADMIN})
WORK_ON_CONSULTATIONS = frozenset({Role.CLERK, Role.EDITOR, Role.ADMIN})
"""Type in forms on paper, look after opinions."""
IMPORT_RESIDENTS = frozenset({Role.DPO, Role.ADMIN})
ANSWER_FOR_PRIVACY = frozenset({Role.DPO})
"""Find and erase a person's data, answer requests for one's own footage."""
SEE_TOWN = ALL
