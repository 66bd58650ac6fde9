"""Kinds of documents and ledger lines, as in the database and the GraphQL schema."""

import enum


class DocumentKind(enum.StrEnum):
    """What the source's document is: source documents are counted apart from orders."""

    SALE = "sale"
    RETURN = "return"
    ADJUSTMENT = "adjustment"


class LedgerKind(enum.StrEnum):
    """What a ledger line does.

    A sale adds. A return takes back, when it happens. A correction takes a wrong line back at that
    line's own time (or, without `reverses`, adjusts an account). A void cancels an order's lines.
    """

    SALE = "sale"
    RETURN = "return"
    CORRECTION = "correction"
    VOID = "void"
