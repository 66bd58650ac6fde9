"""What the benchmarks share: servers, request bodies and load; and the run of the highway."""

import sys
from pathlib import Path

# The servers and the pages' queries are those of the tests.
sys.path.insert(0, str(Path(__file__).parents[2]))
