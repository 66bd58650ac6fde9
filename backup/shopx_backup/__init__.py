"""Base backups, the archive of the write-ahead log, and restores to a point in time (ADR 54).

Runs beside PostgreSQL's own programs, in its image and on one machine. An archive is a folder or
a prefix in a bucket, and readable with `tar`, `gunzip` and PostgreSQL alone:

    SYSTEM/base/ID/base.tar.gz     what pg_basebackup wrote
    SYSTEM/base/ID/backup.json     its description, written last: without it the backup is none
    SYSTEM/wal/NAME.gz             segments and timeline histories

SYSTEM is the system identifier of the database cluster, so that a new one never meets an old one's
files.
"""
