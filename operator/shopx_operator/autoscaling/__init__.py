"""Scaling on a cluster: metrics in, decisions stored, tuning out. `docs/scaling.md` explains it."""
