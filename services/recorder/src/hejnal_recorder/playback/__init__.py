"""Playback: the timeline as an API, HLS playlists with byte ranges into segment files, and the bytes themselves."""
