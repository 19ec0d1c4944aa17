"""The web: WARC, WET and ARC files."""
