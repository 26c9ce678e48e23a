"""Take-over: from ingest's facts to durable files, index rows and facts of our own, in this order."""
