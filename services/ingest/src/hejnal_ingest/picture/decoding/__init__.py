"""One picture at a time is decoded, in a process of its own: hostile bytes may end that process, never ingest."""
