"""Between the two processes of an API unit: the front calls, the compute process responds."""
