"""The floor benchmark of the response cache."""
