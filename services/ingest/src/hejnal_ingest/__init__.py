"""Ingest: pulls cameras, watches their health, writes fragments, relays live. It keeps no history."""
