"""What the benchmarks share: servers, request bodies and load; and the run of response_cache."""
