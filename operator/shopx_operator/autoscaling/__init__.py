"""Scaling on a cluster: observe, decide, store, apply. `docs/scaling.md` explains it."""
