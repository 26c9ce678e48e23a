"""What goes wrong for a reason that a person can do something about."""


class BackupError(RuntimeError):
    """A backup was not made, not found, not whole or not restored; the text says why and what to do."""
