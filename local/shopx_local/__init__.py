"""The one-machine substrate: a manifest's processes and servers under one supervisor."""
