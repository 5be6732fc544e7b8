"""From a source of files to accepted documents: discover, parse, clean, judge."""
