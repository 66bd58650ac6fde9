"""The floor of the highway; see harness/README.md.

python bench/highway.py --data ../shared/datasets/uci_online_retail
"""

from harness.run import main

if __name__ == "__main__":
    main()
