"""`kubectl adash explain | status | top`: what a dashboard on a cluster does, and why.

Found by kubectl as `kubectl-adash` on the PATH. Everything is read through kubectl itself, with the
person's own context, rights and plugins for signing in.
"""

from shopx_kubectl.main import main

__all__ = ["main"]
