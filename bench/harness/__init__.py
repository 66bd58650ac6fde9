"""What the benchmarks share: servers, request bodies and load; and the run of the highway."""
