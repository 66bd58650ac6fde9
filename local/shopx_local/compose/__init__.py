"""A dashboard as a compose project: pure, from the manifest to the text of each file."""
