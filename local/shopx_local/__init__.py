"""A dashboard on one machine: a manifest's processes and servers under one supervisor."""
