"""The recorder: takes footage over from ingest, keeps each camera's timeline, plays back, deletes in time."""
