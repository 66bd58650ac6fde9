"""Our autoscaler beside others on one cluster, under one load; see docs/scaling/on-a-cluster.md.

python -m shopx_tools.kind_cluster compare
"""

from autoscaler_comparison.run import main

if __name__ == "__main__":
    main()
