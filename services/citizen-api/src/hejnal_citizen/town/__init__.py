"""The town itself: boundary, streets, addresses, categories, map."""
