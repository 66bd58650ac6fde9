"""The columnar replica: a copy of the ledger in files, and the lines since in memory.

`builder` writes a base (one DuckDB file) from one PostgreSQL snapshot, `tail` pulls what was booked
since, `engine` answers a `SalesQuery` from both, and `choice` decides whether it may. PostgreSQL is
the truth and answers whatever the replica cannot.
"""
