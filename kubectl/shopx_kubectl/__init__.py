"""`kubectl adash explain | status | top`: the state of a dashboard on a cluster, and its reasons.

kubectl finds it as `kubectl-adash` on the PATH. Everything is read through kubectl itself, with the
user's own context, permissions and authentication plugins.
"""

from shopx_kubectl.main import main

__all__ = ["main"]
