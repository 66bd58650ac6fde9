"""Autoscalers that a world can be run with."""
