"""What can be written, one function for each mutation; written by `make generate` from the schema."""

from collections.abc import Sequence

from shopx_client.generated import inputs, models
from shopx_client.operation import Mutation, Step, arguments, new_key
from shopx_client.values import Day, Instant

__all__ = [
    "add_feed",
    "annotate",
    "cancel_order",
    "create_report",
    "delete_report",
    "generate_demo",
    "inspect_import",
    "pause_feed",
    "pause_report",
    "pull_feed",
    "record_orders",
    "refund_order",
    "remove_annotation",
    "remove_feed",
    "remove_view",
    "revoke_token",
    "save_view",
    "send_report",
    "set_rates",
    "start_import",
    "undo_import",
    "upsert_categories",
    "upsert_customers",
    "upsert_products",
    "upsert_reps",
]


def record_orders(
    orders: Sequence[inputs.OrderInput], *, source: str | None = None
) -> Mutation[models.RecordOrdersPayload]:
    """Record up to 500 orders, each on its own: one that is rejected does not affect the
    others. Scope INGEST.

    Args:
        orders: 1 to 500 orders.
        source: The source whose keys are meant; made if it is new. Sources never share keys.
    """
    return Mutation(
        Step(
            "recordOrders",
            arguments(
                ("orders", "[OrderInput!]!", orders),
                ("source", "String!", source),
            ),
        ),
        models.RecordOrdersPayload,
        is_repeatable=True,
    )


def refund_order(
    key: str,
    idempotency_key: str,
    *,
    lines: Sequence[inputs.RefundLineInput] | None = None,
    refunded_at: Instant | None = None,
    source: str | None = None,
) -> Mutation[models.ChangeOrderPayload]:
    """Take back a part of an order, or all that is left of it. Scope INGEST.

    Args:
        key: The order's key in its source.
        idempotency_key: Repeating it with the same content changes nothing.
        lines: What is taken back; all that is left if null.
        refunded_at: When it happened, and so counts; now if null.
        source: The source whose keys are meant; made if it is new. Sources never share keys.
    """
    return Mutation(
        Step(
            "refundOrder",
            arguments(
                ("key", "String!", key),
                ("idempotencyKey", "String!", idempotency_key),
                ("lines", "[RefundLineInput!]", lines),
                ("refundedAt", "DateTime", refunded_at),
                ("source", "String!", source),
            ),
        ),
        models.ChangeOrderPayload,
        is_repeatable=True,
    )


def cancel_order(key: str, *, source: str | None = None) -> Mutation[models.ChangeOrderPayload]:
    """Void an order as if it had never been: its lines count nowhere, at any time. Cancelling
    it again changes nothing. Scope INGEST.

    Args:
        key: The order's key in its source.
        source: The source whose keys are meant; made if it is new. Sources never share keys.
    """
    return Mutation(
        Step(
            "cancelOrder",
            arguments(
                ("key", "String!", key),
                ("source", "String!", source),
            ),
        ),
        models.ChangeOrderPayload,
        is_repeatable=True,
    )


def upsert_categories(
    categories: Sequence[inputs.CategoryInput], *, source: str | None = None
) -> Mutation[models.UpsertPayload]:
    """Make or change up to 1000 categories. Scope INGEST.

    Args:
        categories: Parents before their children.
        source: The source whose keys are meant; made if it is new. Sources never share keys.
    """
    return Mutation(
        Step(
            "upsertCategories",
            arguments(
                ("categories", "[CategoryInput!]!", categories),
                ("source", "String!", source),
            ),
        ),
        models.UpsertPayload,
        is_repeatable=True,
    )


def upsert_products(
    products: Sequence[inputs.ProductInput], *, source: str | None = None
) -> Mutation[models.UpsertPayload]:
    """Make or change up to 1000 products. Scope INGEST.

    Args:
        products: In any order.
        source: The source whose keys are meant; made if it is new. Sources never share keys.
    """
    return Mutation(
        Step(
            "upsertProducts",
            arguments(
                ("products", "[ProductInput!]!", products),
                ("source", "String!", source),
            ),
        ),
        models.UpsertPayload,
        is_repeatable=True,
    )


def upsert_customers(
    customers: Sequence[inputs.CustomerInput], *, source: str | None = None
) -> Mutation[models.UpsertPayload]:
    """Make or change up to 1000 customers. Scope INGEST.

    Args:
        customers: In any order.
        source: The source whose keys are meant; made if it is new. Sources never share keys.
    """
    return Mutation(
        Step(
            "upsertCustomers",
            arguments(
                ("customers", "[CustomerInput!]!", customers),
                ("source", "String!", source),
            ),
        ),
        models.UpsertPayload,
        is_repeatable=True,
    )


def upsert_reps(
    reps: Sequence[inputs.RepInput], *, source: str | None = None
) -> Mutation[models.UpsertPayload]:
    """Make or change up to 1000 sales reps. Scope INGEST.

    Args:
        reps: Managers before those they manage.
        source: The source whose keys are meant; made if it is new. Sources never share keys.
    """
    return Mutation(
        Step(
            "upsertReps",
            arguments(
                ("reps", "[RepInput!]!", reps),
                ("source", "String!", source),
            ),
        ),
        models.UpsertPayload,
        is_repeatable=True,
    )


def set_rates(rates: Sequence[inputs.RateInput]) -> Mutation[models.SetRatesPayload]:
    """Add up to 10000 exchange rates into the reporting currency, and correct those of days
    that have one, all or none. Scope INGEST for every source.

    Args:
        rates: In any order.
    """
    return Mutation(
        Step(
            "setRates",
            arguments(
                ("rates", "[RateInput!]!", rates),
            ),
        ),
        models.SetRatesPayload,
        is_repeatable=True,
    )


def inspect_import(
    upload: str, *, answers: inputs.ImportAnswersInput | None = None
) -> Mutation[models.ImportJob]:
    """Look at an uploaded file: what it is, a mapping with its guesses and questions, and its
    first rows as they would be booked. Changes nothing. Scope INGEST.

    Args:
        upload: The last part of the upload's address, /uploads/ID.
        answers: What the user says; nothing if null.
    """
    return Mutation(
        Step(
            "inspectImport",
            arguments(
                ("upload", "ID!", upload),
                ("answers", "ImportAnswersInput", answers),
            ),
        ),
        models.ImportJob,
        is_repeatable=True,
    )


def start_import(
    upload: str,
    mapping: str,
    *,
    options: inputs.ImportOptionsInput | None = None,
    dry_run: bool | None = None,
    idempotency_key: str | None = None,
) -> Mutation[models.ImportJob]:
    """Import an uploaded file, all or nothing, or check what that would do. Only lines that are
    not known are booked. Scope INGEST, for the mapping's source.

    Args:
        upload: The last part of the upload's address, /uploads/ID.
        mapping: The mapping, as YAML: docs/import.md.
        options: What it overrides of the mapping.
        dry_run: Report what would happen, and change nothing.
        idempotency_key: Repeating it with the same content gives the same job.
    """
    return Mutation(
        Step(
            "startImport",
            arguments(
                ("upload", "ID!", upload),
                ("mapping", "String!", mapping),
                ("options", "ImportOptionsInput", options),
                ("dryRun", "Boolean!", dry_run),
                ("idempotencyKey", "String", idempotency_key or new_key()),
            ),
        ),
        models.ImportJob,
        is_repeatable=True,
    )


def undo_import(id: str, *, idempotency_key: str | None = None) -> Mutation[models.ImportJob]:
    """Take an import back whole: figures are as before it. Again changes nothing. Scope INGEST,
    for its source.

    Args:
        id: Its global id.
        idempotency_key: Repeating it with the same content gives the same job.
    """
    return Mutation(
        Step(
            "undoImport",
            arguments(
                ("id", "ID!", id),
                ("idempotencyKey", "String", idempotency_key or new_key()),
            ),
        ),
        models.ImportJob,
        is_repeatable=True,
    )


def generate_demo(*, orders: int | None = None) -> Mutation[models.ImportJob]:
    """Generate sales of the past year, for a look around, in a dashboard without any; they
    cannot be taken back. Refused in production. Scope INGEST for every source.

    Args:
        orders: How many orders, at most 200000.
    """
    return Mutation(
        Step(
            "generateDemo",
            arguments(
                ("orders", "Int!", orders),
            ),
        ),
        models.ImportJob,
        is_repeatable=False,
    )


def add_feed(feed: inputs.FeedInput) -> Mutation[models.Feed]:
    """Read a source now, and again on a schedule: what changed there is imported. Scope INGEST,
    for the feed's source.

    Args:
        feed: What, how, and when.
    """
    return Mutation(
        Step(
            "addFeed",
            arguments(
                ("feed", "FeedInput!", feed),
            ),
        ),
        models.Feed,
        is_repeatable=False,
    )


def pause_feed(name: str, *, is_paused: bool | None = None) -> Mutation[models.Feed]:
    """Read a feed no longer, or again; what changed meanwhile is read then. Scope INGEST, for
    the feed's source.

    Args:
        name: The feed's name.
        is_paused: False resumes it.
    """
    return Mutation(
        Step(
            "pauseFeed",
            arguments(
                ("name", "String!", name),
                ("isPaused", "Boolean!", is_paused),
            ),
        ),
        models.Feed,
        is_repeatable=False,
    )


def pull_feed(name: str) -> Mutation[models.Feed]:
    """Read a feed now, whatever its schedule. Scope INGEST, for the feed's source.

    Args:
        name: The feed's name.
    """
    return Mutation(
        Step(
            "pullFeed",
            arguments(
                ("name", "String!", name),
            ),
        ),
        models.Feed,
        is_repeatable=False,
    )


def remove_feed(name: str) -> Mutation[bool]:
    """Remove a feed; what it imported stays. Scope INGEST, for the feed's source.

    Args:
        name: The feed's name.
    """
    return Mutation(
        Step(
            "removeFeed",
            arguments(
                ("name", "String!", name),
            ),
        ),
        bool,
        is_repeatable=False,
    )


def save_view(name: str, path: str, *, is_shared: bool | None = None) -> Mutation[models.SavedView]:
    """Save a page under a name; the caller's view of that name is replaced. Scope READ, and
    INGEST for tokens that share it.

    Args:
        name: Up to 100 characters.
        path: The page's path and query, such as /?range=7d.
        is_shared: Whether every reader sees it.
    """
    return Mutation(
        Step(
            "saveView",
            arguments(
                ("name", "String!", name),
                ("path", "String!", path),
                ("isShared", "Boolean!", is_shared),
            ),
        ),
        models.SavedView,
        is_repeatable=True,
    )


def remove_view(id: str) -> Mutation[str]:
    """Remove a saved view of the caller; admins remove any.

    Args:
        id: Its global id.
    """
    return Mutation(
        Step(
            "removeView",
            arguments(
                ("id", "ID!", id),
            ),
        ),
        str,
        is_repeatable=False,
    )


def annotate(from_: Day, text: str, *, to: Day | None = None) -> Mutation[models.Annotation]:
    """Note what happened on some days, for every reader. For users, and tokens with the scope
    INGEST.

    Args:
        from_: The first day.
        text: Up to 300 characters.
        to: The last day; the first if null.
    """
    return Mutation(
        Step(
            "annotate",
            arguments(
                ("from", "Date!", from_),
                ("text", "String!", text),
                ("to", "Date", to),
            ),
        ),
        models.Annotation,
        is_repeatable=False,
    )


def remove_annotation(id: str) -> Mutation[str]:
    """Remove an annotation of the caller; admins remove any.

    Args:
        id: Its global id.
    """
    return Mutation(
        Step(
            "removeAnnotation",
            arguments(
                ("id", "ID!", id),
            ),
        ),
        str,
        is_repeatable=False,
    )


def revoke_token(id: str) -> Mutation[models.ApiToken]:
    """Refuse a token from now on. Revoking it again changes nothing. Scope ADMIN.

    Args:
        id: Its global id.
    """
    return Mutation(
        Step(
            "revokeToken",
            arguments(
                ("id", "ID!", id),
            ),
        ),
        models.ApiToken,
        is_repeatable=True,
    )


def create_report(report: inputs.ReportInput) -> Mutation[models.Report]:
    """Keep a report or an alert, and send it on. Scope ADMIN.

    Args:
        report: What, when, to whom.
    """
    return Mutation(
        Step(
            "createReport",
            arguments(
                ("report", "ReportInput!", report),
            ),
        ),
        models.Report,
        is_repeatable=False,
    )


def pause_report(id: str, *, is_paused: bool | None = None) -> Mutation[models.Report]:
    """Send nothing on schedule, or again; what passed meanwhile is not caught up. Scope ADMIN.

    Args:
        id: Its global id.
        is_paused: False resumes it.
    """
    return Mutation(
        Step(
            "pauseReport",
            arguments(
                ("id", "ID!", id),
                ("isPaused", "Boolean!", is_paused),
            ),
        ),
        models.Report,
        is_repeatable=True,
    )


def send_report(id: str) -> Mutation[models.Report]:
    """Send it to its recipients at the workers' next round, whatever its schedule and
    condition. Scope ADMIN.

    Args:
        id: Its global id.
    """
    return Mutation(
        Step(
            "sendReport",
            arguments(
                ("id", "ID!", id),
            ),
        ),
        models.Report,
        is_repeatable=False,
    )


def delete_report(id: str) -> Mutation[bool]:
    """Remove a report with its history; false where there is none. Scope ADMIN.

    Args:
        id: Its global id.
    """
    return Mutation(
        Step(
            "deleteReport",
            arguments(
                ("id", "ID!", id),
            ),
        ),
        bool,
        is_repeatable=False,
    )
