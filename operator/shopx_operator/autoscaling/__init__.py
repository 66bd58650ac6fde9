"""Scaling on a cluster: figures in, decisions kept, levers out. `docs/scaling.md` explains it."""
