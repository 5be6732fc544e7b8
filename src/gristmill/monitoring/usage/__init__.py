"""Usage: how much was asked, how fast and at what cost it was answered, and what people thought of it."""
