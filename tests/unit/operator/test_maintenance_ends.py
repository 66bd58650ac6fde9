"""A migration that was alone and failed, and people who change their mind in the middle of one."""

from tests.support.upgrade import CRON, PAGE, REFUSED, USERS, WORDS, Upgrade


class TestFailure:
    """A migration that failed alone changed nothing: the release before comes back."""

    def test_the_database_is_asked_before_anything_starts(self) -> None:
        upgrade = Upgrade().migrating()
        upgrade.cluster.pass_(minutes=1)
        upgrade.cluster.ends(upgrade.alone, "Failed", WORDS)
        upgrade.look()
        assert ("Job", upgrade.asking) not in upgrade.cluster, "its answer was of before"
        upgrade.look()
        assert ("Job", upgrade.asking) in upgrade.cluster
        assert upgrade.counts() == dict.fromkeys(USERS, 0)
        assert upgrade.component() == "maintenance"
        assert upgrade.cluster.condition("Maintenance") == ("True", "Asking")

    def test_the_release_before_serves_again_and_the_status_says_why(self) -> None:
        upgrade = Upgrade().failed()
        assert upgrade.counts() == {"api": 2, "fold": 1, "workers": 1}
        assert upgrade.component() == "maintenance", "no pod serves yet"
        assert upgrade.cluster.condition("Maintenance") == ("True", "Returning")
        upgrade.cluster.serves()
        upgrade.look(2)
        assert upgrade.image() == "1.0.0"
        assert upgrade.component() == "api"
        assert PAGE not in upgrade.cluster
        assert upgrade.cluster[CRON]["spec"]["suspend"] is False
        assert upgrade.cluster.condition("Available") == ("True", "Serving")
        assert upgrade.cluster.condition("Ready") == ("False", "MigrationFailed")
        assert upgrade.cluster.condition("Degraded") == ("True", "MigrationFailed")
        assert upgrade.cluster.condition("Progressing") == ("False", "MigrationFailed")
        assert upgrade.cluster.condition("Maintenance") == ("False", "AsExpected")
        assert 'column "note" does not exist' in upgrade.cluster.message("Degraded")
        assert upgrade.cluster.status["version"] == "1.0.0"

    def test_it_does_not_take_the_dashboard_away_again_by_itself(self) -> None:
        upgrade = Upgrade().failed()
        upgrade.cluster.serves()
        upgrade.look(2)
        upgrade.cluster.pass_(hours=5)
        assert upgrade.calm()
        assert "spec.restartedAt" in upgrade.cluster.message("Migrated")

    def test_a_person_has_it_tried_again(self) -> None:
        upgrade = Upgrade().failed()
        upgrade.cluster.serves()
        upgrade.look(2)
        upgrade.cluster.pass_(hours=1)
        upgrade.spec = upgrade.new | {"restartedAt": "2026-11-23T12:00:00Z"}
        upgrade.look()
        # The migration waits for the server, which restarts as well.
        upgrade.cluster.serves("sales-database")
        upgrade.look()
        asking = upgrade.check_job(upgrade.spec)
        upgrade.cluster.pass_(minutes=1)
        upgrade.cluster.ends(asking, "Failed", REFUSED, reason="PodFailurePolicy")
        upgrade.look()
        assert upgrade.cluster.condition("Maintenance") == ("True", "Preparing")
        assert upgrade.cluster.condition("Available") == ("True", "Serving")
        assert upgrade.cluster.condition("Ready") == ("False", "Maintenance")

    def test_going_back_asks_the_database_and_shows_no_page(self) -> None:
        upgrade = Upgrade().failed()
        upgrade.cluster.serves()
        upgrade.look(2)
        upgrade.cluster.pass_(minutes=1)
        upgrade.spec = upgrade.old
        upgrade.look(2)
        assert upgrade.component() == "api"
        old = upgrade.check_job(upgrade.old)
        upgrade.cluster.pass_(minutes=1)
        upgrade.cluster.ends(old, "Complete")
        upgrade.look()
        assert upgrade.cluster.condition("Degraded") == ("False", "AsExpected")
        assert upgrade.cluster.job() == old
        assert upgrade.calm()

    def test_a_database_that_does_not_answer_keeps_the_page(self) -> None:
        """Nothing runs that could answer wrong; it is asked again every few minutes."""
        upgrade = Upgrade().migrating()
        upgrade.cluster.pass_(minutes=1)
        upgrade.cluster.ends(upgrade.alone, "Failed", "error: The connection was lost.")
        upgrade.look(2)
        upgrade.cluster.pass_(minutes=1)
        upgrade.cluster.ends(upgrade.asking, "Failed", "error: The database is away.")
        upgrade.look()
        assert upgrade.component() == "maintenance"
        assert upgrade.counts() == dict.fromkeys(USERS, 0)
        assert upgrade.cluster.condition("Maintenance") == ("True", "NotAnswered")
        assert upgrade.cluster.condition("Degraded") == ("True", "MigrationFailed")
        upgrade.cluster.pass_(minutes=6)
        assert upgrade.cluster.reconcile(upgrade.spec).retry == (("Job", upgrade.asking),)

    def test_one_that_failed_after_it_had_changed_the_database_goes_on(self) -> None:
        """Such as one that was killed between its commit and its last word."""
        upgrade = Upgrade().migrating()
        upgrade.cluster.pass_(minutes=1)
        upgrade.cluster.ends(upgrade.alone, "Failed", "error: killed")
        upgrade.look(2)
        upgrade.cluster.pass_(minutes=1)
        upgrade.cluster.ends(upgrade.asking, "Complete", "The database is at revision 010.")
        upgrade.look(2)
        assert upgrade.image() == "2.0.0"
        assert upgrade.cluster.replicas("sales-api") == 2


class TestAChangeOfMind:
    """Another version in the middle of it."""

    def test_while_the_page_is_made_nobody_notices(self) -> None:
        upgrade = Upgrade().prepared()
        upgrade.look()
        upgrade.spec = upgrade.old
        upgrade.look(2)
        assert PAGE not in upgrade.cluster
        assert upgrade.counts() == {"api": 2, "fold": 1, "workers": 1}
        assert upgrade.cluster[CRON]["spec"]["suspend"] is False
        assert upgrade.component() == "api"

    def test_while_it_drains_the_release_before_comes_back(self) -> None:
        upgrade = Upgrade().shown()
        upgrade.spec = upgrade.old
        upgrade.cluster.serves()
        upgrade.look()
        assert upgrade.cluster.replicas("sales-api") == 2
        assert upgrade.component() == "maintenance"
        upgrade.cluster.serves()
        upgrade.look(2)
        assert upgrade.component() == "api"
        assert PAGE not in upgrade.cluster

    def test_while_the_migration_is_alone_its_end_is_waited_for(self) -> None:
        upgrade = Upgrade().migrating()
        upgrade.spec = upgrade.old
        upgrade.look(2)
        assert upgrade.counts() == dict.fromkeys(USERS, 0)
        assert ("Job", upgrade.alone) in upgrade.cluster
        assert upgrade.cluster.condition("Maintenance") == ("True", "Migrating")

    def test_after_it_the_release_before_is_asked_about_the_database(self) -> None:
        """Its own Job has succeeded, but long before; it does not know this database."""
        upgrade = Upgrade().migrating()
        upgrade.spec = upgrade.old
        upgrade.cluster.pass_(minutes=1)
        upgrade.cluster.ends(upgrade.alone, "Complete")
        upgrade.look(2)
        assert upgrade.counts() == dict.fromkeys(USERS, 0)
        old = upgrade.check_job(upgrade.old)
        upgrade.cluster.pass_(minutes=1)
        upgrade.cluster.ends(old, "Failed", "error: The database is at an unknown revision.")
        upgrade.look(2)
        assert upgrade.counts() == dict.fromkeys(USERS, 0)
        assert upgrade.component() == "maintenance"
        assert "unknown revision" in upgrade.cluster.message("Degraded")
        upgrade.spec = upgrade.new
        upgrade.look(3)
        assert upgrade.image() == "2.0.0"
        assert upgrade.cluster.replicas("sales-api") == 2

    def test_suspending_leaves_the_server_to_a_migration(self) -> None:
        upgrade = Upgrade().migrating()
        upgrade.spec = upgrade.new | {"suspend": True}
        upgrade.look(2)
        assert upgrade.cluster.replicas("sales-database", "StatefulSet") == 1
