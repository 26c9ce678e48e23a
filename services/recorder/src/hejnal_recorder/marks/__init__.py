"""What is marked on the time bar: events that cameras and ingest reported, bookmarks of staff."""
