"""What the benchmarks share: servers, questions and offered load; and the floor of the highway."""
