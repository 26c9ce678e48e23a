"""Consultations: a question, or where a camera may stand; votes and opinions, on paper too; the result for everybody."""
