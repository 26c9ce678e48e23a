"""Single pictures of recorded footage: any instant as a file, small ones along the time bar, key frames for fast playback."""
