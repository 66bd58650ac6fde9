"""The response cache under load; see harness/README.md.

make bench ARGS="response_cache --data ../shared/datasets/uci_online_retail"
"""

from harness.response_cache_run import main

if __name__ == "__main__":
    main()
