"""Our scaling beside others' on one cluster, under the same load; see docs/scaling/on-a-cluster.md.

hack/e2e.py compare
"""

from rivals.run import main

if __name__ == "__main__":
    main()
