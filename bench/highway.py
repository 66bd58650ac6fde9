"""The tiers of the data highway under load; see harness/README.md.

make bench ARGS="highway --data ../shared/datasets/uci_online_retail"
"""

from harness.run import main

if __name__ == "__main__":
    main()
