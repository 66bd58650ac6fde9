"""The floor of the highway; see highway/README.md.

python bench/highway.py --data ../shared/datasets/uci_online_retail
"""

from highway.run import main

if __name__ == "__main__":
    main()
