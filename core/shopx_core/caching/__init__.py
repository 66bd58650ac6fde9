"""What may be answered from memory, for whom and how long: decisions only, no I/O.

`reads` says what an answer depends on, `changes` what has changed since, `policy` puts the two
together with the clock and decides, `keys` names an answer, `entry` is its form in Redis.
"""
