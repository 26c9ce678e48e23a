"""Statements as constants, marked by what they do. JSON columns come back as Python values (the driver's codec)."""

from sqlalchemy import TextClause, text


def query(statement: str) -> TextClause:
    """A statement that gives rows."""
    return text(statement)


def command(statement: str) -> TextClause:
    """A statement that changes rows."""
    return text(statement)
