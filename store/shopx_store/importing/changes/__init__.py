"""Changes of a PostgreSQL database, by logical replication: which orders they concern."""
