"""An upgrade with a migration that is incompatible with the previous release, step by step."""

from typing import Any

from shopx_operator.manifests import migration
from shopx_operator.planning.known_database import with_database
from tests.support.cluster import Cluster
from tests.support.rendering import context

API = ("Deployment", "sales-api")
PAGE = ("Deployment", "sales-maintenance")
POLICY = ("NetworkPolicy", "sales-maintenance")
SERVICE = ("Service", "sales-api")
CRON = ("CronJob", "sales-partitions")
NEW: dict[str, Any] = {"version": "2.0.0"}
USERS = ("api", "fold", "workers")
REFUSED = "error: Migration 010 is incompatible with the previous release; nothing was changed."
WORDS = 'error: A migration failed and changed nothing: column "note" does not exist.'


class Upgrade:
    """A dashboard that serves, and a release with a migration that must run alone."""

    def __init__(
        self, spec: dict[str, Any] | None = None, found: dict[str, int] | None = None
    ) -> None:
        self.old = spec or {}
        self.new = self.old | NEW
        self.spec = self.new
        self.cluster = Cluster()
        self.cluster.running(self.old)
        for part, count in (found or {}).items():
            self.cluster["Deployment", f"sales-{part}"]["spec"]["replicas"] = count
        self.cluster.serves()
        for part in USERS:
            self.cluster.runs(part, f"sales-{part}-0")
        self.asking = self.check_job(self.new)
        self.alone = f"{self.asking}-alone"

    def check_job(self, spec: dict[str, Any]) -> str:
        """The name of the check Job of a spec."""
        made = with_database(context(spec), self.cluster.observed(), self.cluster.status)
        return migration.name(made)

    def look(self, times: int = 1) -> None:
        for _ in range(times):
            self.cluster.reconcile(self.spec)

    def needs_maintenance(self) -> None:
        self.cluster.pass_(minutes=1)
        self.cluster.ends(self.asking, "Failed", REFUSED, reason="PodFailurePolicy")

    def prepared(self) -> "Upgrade":
        """The release requires maintenance, and the page is there."""
        self.look()
        self.needs_maintenance()
        self.look(2)
        self.cluster.serves("sales-maintenance")
        return self

    def shown(self) -> "Upgrade":
        """Background work has ended, so the page is shown."""
        self.prepared()
        self.cluster.runs("workers")
        self.look(2)
        return self

    def migrating(self) -> "Upgrade":
        """All pods have ended, so the migration runs alone."""
        self.shown()
        for part in USERS:
            self.cluster.runs(part)
        self.cluster.serves()
        self.look()
        return self

    def migrated(self) -> "Upgrade":
        """It succeeded, and new pods are requested."""
        self.migrating()
        self.cluster.pass_(minutes=1)
        self.cluster.ends(self.alone, "Complete", "The database is at revision 010.")
        self.look(2)
        return self

    def failed(self) -> "Upgrade":
        """It failed; the database was checked again, and is unchanged."""
        self.migrating()
        self.cluster.pass_(minutes=1)
        self.cluster.ends(self.alone, "Failed", WORDS)
        self.look(2)
        self.needs_maintenance()
        self.look()
        return self

    def component(self) -> str:
        """Which pods visitors reach."""
        found: str = self.cluster[SERVICE]["spec"]["selector"]["app.kubernetes.io/component"]
        return found

    def image(self) -> str:
        found: str = self.cluster[API]["spec"]["template"]["spec"]["containers"][0]["image"]
        return found.rpartition(":")[2]

    def counts(self) -> dict[str, int]:
        return {part: self.cluster.replicas(f"sales-{part}") for part in USERS}

    def calm(self) -> bool:
        """Whether a further reconcile has nothing to do."""
        plan = self.cluster.reconcile(self.spec)
        return not (plan.changes or plan.prune)
