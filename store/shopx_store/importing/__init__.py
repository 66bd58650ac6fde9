"""Importing sales from any flat or relational source, through a mapping.

`mapping` is what a user writes, `readers` open what it names, `transforming` makes staged rows of
it, `staging` … `publishing` take them to the ledger in one transaction, `running` is all of it.
"""
