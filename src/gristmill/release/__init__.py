"""What users get, named: the manifest of everything that can change an answer."""
