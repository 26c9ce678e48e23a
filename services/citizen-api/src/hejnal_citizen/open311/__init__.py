"""Open311 GeoReport v2: the town's reports for other programs, and our reports for another program."""
