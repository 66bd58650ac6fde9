"""Feeds as rows: what is read again on a schedule, and how far it is."""
