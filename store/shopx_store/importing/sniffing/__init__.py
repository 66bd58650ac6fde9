"""Looks at a file without a mapping: what it is, how it is written, and what its columns mean."""
