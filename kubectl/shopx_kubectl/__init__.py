"""`kubectl adash`: the state of a dashboard on a cluster, its reasons, backups and migrations.

kubectl finds it as `kubectl-adash` on the PATH. Everything is read through kubectl itself, with the
user's own context, permissions and authentication plugins.
"""

from shopx_kubectl.main import main

__all__ = ["main"]
