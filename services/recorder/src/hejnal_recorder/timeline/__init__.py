"""The timeline: what a camera's facts mean for its recorded time. Pure: no clock, no database, no files."""
