"""Which responses may be served from a cache, to which callers and how long: pure, no I/O.

`dependencies` records what an answer depends on, `cache_epoch` what has changed since, `policy`
decides from both and the clock, `keys` names an answer, `entry` is its form in Redis, `tuning`
defines the values that can be changed while processes run.
"""
