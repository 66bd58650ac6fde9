"""What single fields of a manifest do to the children."""

import json
from dataclasses import replace
from typing import Any, ClassVar

import pytest

from shopx_core.containers.variables import (
    DATABASE_DSN,
    DATABASE_READONLY_DSN,
    DATABASE_REPLICA_ADDRESS,
    REDIS_URL,
)
from shopx_core.domain.ledger_partitions import locks_at_most
from shopx_core.settings import Settings
from shopx_operator.manifests import config, images, migration, names
from shopx_operator.manifests.context import Context
from tests.support.dashboards import CASES, Case
from tests.support.rendering import RELEASE, SECRETS, children, context, environment

EXTERNAL = {"database": {"external": {"secretRef": {"name": "db"}}}}
READER: dict[str, Any] = {
    "database": {
        "external": {
            "secretRef": {"name": "db"},
            "readOnlySecretRef": {"name": "db", "key": "reader"},
        }
    }
}
API = ("Deployment", "sales-api")

GOOD = [case for case in CASES if case.refused is None]


@pytest.mark.parametrize("case", GOOD, ids=lambda case: case.id)
def test_every_good_manifest_renders(case: Case) -> None:
    """The same table that the models and the API server are asked."""
    assert children(case.spec, name=case.name).objects


class TestReadsOfReplicas:
    """The API alone learns where replicas are, and only if it is to ask them."""

    CASES: ClassVar[dict[str, tuple[dict[str, Any], str]]] = {
        "bundled": ({"bundled": {"instances": 3}}, "sales-database-ro:5432"),
        "cloudNativePG": ({"cloudNativePG": {"clusterName": "pg"}}, "pg-ro"),
        "external": (
            {"external": {"secretRef": {"name": "db"}, "replicaAddress": "ro.test:7432"}},
            "ro.test:7432",
        ),
    }

    @pytest.mark.parametrize("kind", CASES)
    def test_the_address(self, kind: str) -> None:
        database, address = self.CASES[kind]
        made = children({"database": database | {"reads": "Replicas"}})
        variables = environment(made.pod(*API))
        assert variables[DATABASE_REPLICA_ADDRESS] == address
        readers = [
            name
            for name, pod in made.pods().items()
            if DATABASE_REPLICA_ADDRESS in environment(pod)
        ]
        assert readers == [" ".join(API)]
        by_leader = children({"database": database})
        assert DATABASE_REPLICA_ADDRESS not in environment(by_leader.pod(*API))
        assert Settings.from_env(
            {DATABASE_DSN: "postgresql://u@h/d", DATABASE_REPLICA_ADDRESS: address}
        ).database.replica_dsn

    def test_the_service_of_bundled_replicas_has_that_name(self) -> None:
        database, address = self.CASES["bundled"]
        made = children({"database": database | {"reads": "Replicas"}})
        service = made["Service", address.partition(":")[0]]
        assert service["spec"]["selector"][names.LABEL_ROLE] == "replica"
        assert [port["port"] for port in service["spec"]["ports"]] == [5432]

    def test_bundled_replicas_tell_the_leader_what_they_read(self) -> None:
        """So that it keeps those row versions; a manifest may say otherwise."""
        database, _ = self.CASES["bundled"]

        def feedback(**more: Any) -> Any:
            made = children({"database": {**database, **more}})
            settings = json.loads(
                made["ConfigMap", "sales-database-config"]["metadata"]["annotations"]["config"]
            )
            return settings["postgresql"]["parameters"].get("hot_standby_feedback")

        assert feedback() is None
        assert feedback(reads="Replicas") == "on"
        own = database["bundled"] | {"parameters": {"hot_standby_feedback": "off"}}
        assert feedback(reads="Replicas", bundled=own) == "off"

    def test_policies_let_the_api_reach_them(self) -> None:
        database, _ = self.CASES["external"]
        made = children({"database": database | {"reads": "Replicas"}})
        (rule,) = made["NetworkPolicy", "sales-database-clients"]["spec"]["egress"]
        assert [port["port"] for port in rule["ports"]] == [6543, 7432]


class TestAuthorities:
    """Certificates of private authorities reach the drivers of who connects."""

    SPEC: ClassVar[dict[str, Any]] = {
        "database": {
            "external": {"secretRef": {"name": "db"}, "caSecretRef": {"name": "authority"}}
        },
        "cache": {
            "redis": {
                "external": {
                    "secretRef": {"name": "redis"},
                    "caSecretRef": {"name": "authority", "key": "redis.crt"},
                }
            }
        },
    }
    PATHS: ClassVar[dict[str, tuple[str, str]]] = {
        DATABASE_DSN: ("PGSSLROOTCERT", "database"),
        REDIS_URL: ("SHOPX_REDIS_CA", "redis"),
    }

    def test_who_connects_finds_the_file_that_its_variable_names(self) -> None:
        keys = {"database": "ca.crt", "redis": "redis.crt"}
        seen = set()
        for pod in children(self.SPEC).pods().values():
            variables = environment(pod)
            volumes = {volume["name"]: volume for volume in pod["spec"]["volumes"]}
            for url, (variable, server) in self.PATHS.items():
                assert (url in variables) == (variable in variables)
                if url not in variables:
                    assert f"{server}-authority" not in volumes
                    continue
                seen.add(server)
                (item,) = volumes[f"{server}-authority"]["secret"]["items"]
                assert item["key"] == keys[server]
                for container in pod["spec"]["containers"]:
                    (mount,) = [
                        one
                        for one in container["volumeMounts"]
                        if one["name"] == f"{server}-authority"
                    ]
                    assert variables[variable] == f"{mount['mountPath']}/{item['path']}"
        assert seen == {"database", "redis"}

    def test_a_new_authority_restarts_who_uses_it(self) -> None:
        made = {
            text: children(self.SPEC, given=SECRETS | {"authority": {"ca.crt": text}}).pod(*API)
            for text in ("one", "two")
        }
        one, two = (pod["metadata"]["annotations"] for pod in made.values())
        assert one != two
        assert "authority" in config.referenced(context(self.SPEC))


class TestConfiguration:
    """The spec reaches the processes."""

    def test_a_process_reads_back_what_the_manifest_says(self) -> None:
        spec = {
            "reporting": {"timezone": "Asia/Kathmandu", "currency": "NPR", "weekStart": "Sunday"},
            "cache": {"liveInterval": "2s", "ttl": {"min": "40s"}},
            "api": {"poolSize": 7, "limits": {"maxCost": 500}},
        }
        variables = environment(children(spec).pod(*API))
        secrets = {name for name, value in variables.items() if isinstance(value, dict)}
        given = {
            DATABASE_DSN: "postgresql://h/d",
            REDIS_URL: "redis://h",
            "SHOPX_COLUMNS_TOKEN": "secret",
        }
        assert secrets == given.keys()
        settings = Settings.from_env(variables | given)
        assert settings.reporting.timezone == "Asia/Kathmandu"
        assert (settings.reporting.currency, settings.reporting.week_start) == ("NPR", 7)
        assert (settings.cache.live_interval, settings.cache.ttl_min) == (2, 40)
        assert (settings.database.pool_size, settings.api.max_cost) == (7, 500)
        assert settings.api.host == "0.0.0.0"  # noqa: S104 -- pods are reached at their address

    def test_views_are_refreshed_by_cronjobs_alone(self) -> None:
        made = children({"refresh": {"views": [{"name": "rfm", "schedule": "0 * * * *"}]}})
        for pod in made.pods().values():
            assert "SHOPX_REFRESH_VIEWS" not in environment(pod)

    @pytest.mark.parametrize(
        ("spec", "restarted"),
        [
            ({"fold": {"interval": "2s"}}, {"fold"}),
            ({"columns": {"podTemplate": {"labels": {"a": "b"}}}}, {"columns"}),
            ({"auth": {"mode": "token"}, "environment": "development"}, {"api"}),
            ({"cache": {"liveInterval": "3s"}}, {"api", "workers"}),
            ({"workers": {"concurrency": 4}}, {"workers"}),
            ({"api": {"limits": {"maxDepth": 9}}}, {"api"}),
            ({"api": {"replicas": 3}}, set()),
            ({"suspend": True}, set()),
            ({"deletionPolicy": "Delete"}, set()),
            ({"ingress": {"host": "a.example.com"}, "auth": {"mode": "token"}}, set()),
            ({"networkPolicy": {"enabled": False}}, set()),
            ({"monitoring": {"grafanaDashboard": False}}, set()),
            ({"partitions": {"ahead": 12}}, {"workers"}),
            ({"monitoring": {"traces": {"endpoint": "http://otel:4318"}}}, {"api", "workers"}),
            ({"monitoring": {"logLevel": "DEBUG"}}, {"api", "columns", "fold", "workers"}),
            ({"database": {"bundled": {"parameters": {"work_mem": "8MB"}}}}, {"database"}),
            (
                {"restartedAt": "2026-11-23T10:00:00Z"},
                {"api", "columns", "fold", "workers", "database", "redis"},
            ),
        ],
        ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
    )
    def test_a_change_restarts_what_it_concerns_and_nothing_else(
        self, spec: dict[str, Any], restarted: set[str]
    ) -> None:
        base = {"environment": spec["environment"]} if "environment" in spec else {}
        before, after = children(base), children(spec)
        changed = {
            one["metadata"]["labels"][names.LABEL_COMPONENT]
            for one in after.objects
            if one["kind"] in ("Deployment", "StatefulSet")
            and one["spec"]["template"]
            != before[one["kind"], one["metadata"]["name"]]["spec"]["template"]
        }
        assert changed == restarted

    def test_a_newer_operator_restarts_no_dashboard_that_names_its_version(self) -> None:
        """Strimzi's users were surprised by the opposite."""
        spec = {"version": "1.0.0"}
        newer = type(RELEASE)(
            version="2.0.0", app=RELEASE.app, postgres=RELEASE.postgres, redis=RELEASE.redis
        )
        assert children(spec).pods() == children(spec, release=newer).pods()
        assert children().pods() != children(release=newer).pods()


class TestSecrets:
    """Credentials are drawn once, kept, and followed."""

    def test_the_url_follows_the_password(self) -> None:
        made = context(given={"sales-database": {"password": "p@ss/word"}})
        url = made.facts.secrets["sales-database"]["dsn"]
        assert url == "postgresql://shopx:p%40ss%2Fword@sales-database.shop.svc:5432/shopx"

    def test_what_exists_is_kept(self) -> None:
        first = context(draw="a" * 43)
        again = context(given={k: dict(v) for k, v in first.facts.secrets.items()}, draw="b" * 43)
        assert again.facts.secrets == first.facts.secrets

    def test_a_removed_password_is_drawn_anew_and_restarts_who_uses_it(self) -> None:
        before, after = children(draw="a" * 43), children(draw="b" * 43)
        assert before.pod(*API) != after.pod(*API)
        assert before.pod("Deployment", "sales-redis") != after.pod("Deployment", "sales-redis")
        # The fold has no use for Redis; its database's password has changed all the same.
        assert before.pod("Deployment", "sales-fold") != after.pod("Deployment", "sales-fold")

    def test_a_changed_external_secret_restarts_the_pods(self) -> None:
        def api(url: str) -> Any:
            return children(EXTERNAL, given={"db": {"dsn": url}}).pod(*API)

        assert api("postgresql://a:1@h/d") != api("postgresql://a:2@h/d")
        assert api("postgresql://a:1@h/d") == api("postgresql://a:1@h/d")

    def test_a_digest_tells_nothing_without_the_salt(self) -> None:
        """Whoever reads pods cannot try passwords against the annotation."""
        one = context(given={"sales-token": {"salt": "1", "token": "t"}})
        two = context(given={"sales-token": {"salt": "2", "token": "t"}})
        references = [config.database(one)]
        assert one.facts.secrets["sales-database"] == two.facts.secrets["sales-database"]
        assert one.secret_digest(references) != two.secret_digest(references)

    def test_a_valkey_password_may_contain_anything(self) -> None:
        made = context(given={"sales-redis": {"password": 'a"b\\c d'}})
        secret = made.facts.secrets["sales-redis"]
        assert secret["valkey.conf"] == 'requirepass "a\\"b\\\\c d"\n'
        assert secret["url"] == "redis://:a%22b%5Cc%20d@sales-redis.shop.svc:6379/0"

    def test_kept_data_keep_their_password(self) -> None:
        made = children({"deletionPolicy": "Retain"})
        for key in (("PersistentVolumeClaim", "sales-database"), ("Secret", "sales-database")):
            assert "ownerReferences" not in made[key]["metadata"]
            options = made[key]["metadata"]["annotations"]
            assert options["argocd.argoproj.io/sync-options"] == "Prune=false"
        gone = children({"deletionPolicy": "Delete"})
        for key in (("PersistentVolumeClaim", "sales-database"), ("Secret", "sales-database")):
            assert gone[key]["metadata"]["ownerReferences"]
            options = gone[key]["metadata"].get("annotations", {})
            assert "argocd.argoproj.io/sync-options" not in options

    def test_cloudnativepg_brings_its_own(self) -> None:
        made = children({"database": {"cloudNativePG": {"clusterName": "pg"}}})
        reference = environment(made.pod(*API))[DATABASE_DSN]["secretKeyRef"]
        assert reference == {"name": "pg-app", "key": "uri"}
        assert ("StatefulSet", "sales-database") not in made
        assert ("Secret", "sales-database") not in made


class TestMigration:
    """Another Job exactly when the result could differ."""

    @pytest.mark.parametrize(
        ("spec", "given", "same"),
        [
            (EXTERNAL, {"db": {"dsn": "postgresql://u:1@h:5/d"}}, True),
            # It may be wrong: a failed Job reports that better than pods that cannot start.
            (EXTERNAL, {"db": {"dsn": "postgresql://u:2@h:5/d"}}, False),
            (EXTERNAL, {"db": {"dsn": "postgresql://u:1@other:5/d"}}, False),
            (EXTERNAL, {"db": {"dsn": "postgresql://u:1@h:5/other"}}, False),
            (EXTERNAL | {"api": {"replicas": 5}}, {"db": {"dsn": "postgresql://u:1@h:5/d"}}, True),
            (
                EXTERNAL | {"reporting": {"timezone": "Europe/Berlin"}},
                {"db": {"dsn": "postgresql://u:1@h:5/d"}},
                False,
            ),
            (EXTERNAL | {"version": "1.1.0"}, {"db": {"dsn": "postgresql://u:1@h:5/d"}}, False),
            (
                EXTERNAL | {"restartedAt": "2026-11-23T10:00:00Z"},
                {"db": {"dsn": "postgresql://u:1@h:5/d"}},
                False,
            ),
        ],
        ids=[
            "same",
            "other password",
            "other server",
            "other database",
            "replicas",
            "time zone",
            "release",
            "restart",
        ],
    )
    def test_identity(
        self, spec: dict[str, Any], given: dict[str, dict[str, str]], same: bool
    ) -> None:
        base = context(EXTERNAL, given={"db": {"dsn": "postgresql://u:1@h:5/d"}})
        assert (migration.name(base) == migration.name(context(spec, given=given))) is same

    @pytest.mark.parametrize(
        ("reader", "same"),
        [("postgresql://r:1@h/d", True), ("postgresql://r:2@h/d", False)],
        ids=["same", "other password"],
    )
    def test_the_url_for_reads_is_tried_as_well(self, reader: str, same: bool) -> None:
        """By the migration, and again when it changes: pods that cannot read never get ready."""

        def made(url: str) -> Context:
            return context(READER, given={"db": {"dsn": "postgresql://u:1@h:5/d", "reader": url}})

        before = made("postgresql://r:1@h/d")
        assert (migration.name(before) == migration.name(made(reader))) is same
        variables = environment(children(READER).pod("Job", migration.name(context(READER))))
        reference = variables[DATABASE_READONLY_DSN]["secretKeyRef"]
        assert reference == {"name": "db", "key": "reader"}
        alone = environment(migration.exclusive_job(before)["spec"]["template"])
        assert DATABASE_READONLY_DSN in alone

    def test_the_bundled_server_takes_its_new_password_without_a_job(self) -> None:
        other = {"sales-database": {"password": "another"}}
        assert migration.name(context()) == migration.name(context(given=other))

    def test_another_token_is_registered(self) -> None:
        other = {"sales-token": {"token": "shopx_" + "o" * 43, "salt": "salt"}}
        assert migration.name(context()) != migration.name(context(given=other))

    def test_the_token_is_read_from_a_file(self) -> None:
        """A variable or an argument would show it in `kubectl describe`."""
        pod = children().pod("Job", migration.name(context()))
        assert "--secret-file /etc/shopx-token/token" in pod["spec"]["containers"][0]["command"][2]


class TestScaling:
    """Who decides on the number of pods."""

    def test_an_autoscaler_exists_only_in_its_mode(self) -> None:
        for mode, expected in (("native", False), ("keda", False), ("hpa", True)):
            made = children({"api": {"autoscaling": {"mode": mode}}})
            assert (("HorizontalPodAutoscaler", "sales-api") in made) is expected

    def test_its_bounds_are_the_manifests(self) -> None:
        spec = {"api": {"autoscaling": {"mode": "hpa", "min": 3, "max": 6, "targets": {"cpu": 55}}}}
        scaler = children(spec)["HorizontalPodAutoscaler", "sales-api"]["spec"]
        assert (scaler["minReplicas"], scaler["maxReplicas"]) == (3, 6)
        assert scaler["metrics"][0]["resource"]["target"]["averageUtilization"] == 55
        assert scaler["scaleTargetRef"]["name"] == "sales-api"
        assert scaler["behavior"]["scaleDown"]["stabilizationWindowSeconds"] == 300

    def test_a_rollout_needs_one_more_pod_and_loses_none(self) -> None:
        """The connection budget counts on exactly that."""
        for workload in children().kind("Deployment"):
            strategy = workload["spec"]["strategy"]
            if workload["metadata"]["name"] in ("sales-redis", "sales-columns"):
                assert strategy == {"type": "Recreate"}
            else:
                assert strategy["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}


class TestPods:
    """Overrides, sizes, images."""

    def test_a_components_own_overrides_win(self) -> None:
        made = children(
            {
                "podTemplate": {
                    "labels": {"team": "a", "tier": "1"},
                    "nodeSelector": {"disk": "ssd"},
                    "priorityClassName": "low",
                    "tolerations": [{"key": "all", "operator": "Exists"}],
                },
                "api": {
                    "podTemplate": {
                        "labels": {"team": "b"},
                        "nodeSelector": {"zone": "x"},
                        "serviceAccountName": "mine",
                        "tolerations": [{"key": "api", "operator": "Exists"}],
                        "overrides": {"spec": {"containers": [{"name": "api", "tty": True}]}},
                    }
                },
            }
        )
        api, fold = made.pod(*API), made.pod("Deployment", "sales-fold")
        assert api["metadata"]["labels"]["team"] == "b"
        assert fold["metadata"]["labels"]["team"] == "a"
        assert api["metadata"]["labels"]["tier"] == "1"
        assert api["spec"]["nodeSelector"] == {"disk": "ssd", "zone": "x"}
        assert fold["spec"]["nodeSelector"] == {"disk": "ssd"}
        assert api["spec"]["serviceAccountName"] == "mine"
        assert fold["spec"]["serviceAccountName"] == "sales-fold"
        assert api["spec"]["priorityClassName"] == "low"
        assert api["spec"]["tolerations"] == [{"key": "api", "operator": "Exists"}]
        assert fold["spec"]["tolerations"] == [{"key": "all", "operator": "Exists"}]
        (container,) = api["spec"]["containers"]
        assert container["tty"] is True
        assert container["image"] == "registry.test/shopx:1.0.0", "the rest stays"

    def test_no_override_can_lose_the_pods(self) -> None:
        """A Deployment whose selector misses its pods is refused by the API server."""
        override = {"metadata": {"labels": {names.LABEL_COMPONENT: "other"}}}
        spec = {"podTemplate": {"labels": {names.LABEL_INSTANCE: "x"}, "overrides": override}}
        labels = children(spec).pod(*API)["metadata"]["labels"]
        assert names.selector("sales", "api").items() <= labels.items()

    @pytest.mark.parametrize(
        ("asked", "requests", "limits"),
        [
            ({}, "512Mi", "768Mi"),
            ({"requests": {"memory": "300Mi"}}, "300Mi", "768Mi"),
            ({"requests": {"memory": "2Gi"}}, "2Gi", "2Gi"),
            ({"limits": {"memory": "128Mi"}}, "128Mi", "128Mi"),
            ({"limits": {"memory": "1Gi"}}, "512Mi", "1Gi"),
        ],
        ids=["size", "request", "request above the size", "limit below the size", "limit"],
    )
    def test_what_a_manifest_leaves_out_never_contradicts_it(
        self, asked: dict[str, Any], requests: str, limits: str
    ) -> None:
        pod = children({"api": {"resources": asked}}).pod(*API)
        resources = pod["spec"]["containers"][0]["resources"]
        assert resources["requests"]["memory"] == requests
        assert resources["limits"]["memory"] == limits

    @pytest.mark.parametrize(
        ("spec", "image"),
        [
            ({}, "registry.test/shopx:1.0.0"),
            ({"version": "1.2.3"}, "registry.test/shopx:1.2.3"),
            ({"images": {"app": "mine/shopx"}, "version": "1.2.3"}, "mine/shopx:1.2.3"),
            ({"images": {"app": "host:5000/shopx"}}, "host:5000/shopx:1.0.0"),
            ({"images": {"app": "host:5000/shopx:dev"}, "version": "9"}, "host:5000/shopx:dev"),
            ({"images": {"app": "shopx@sha256:0a"}}, "shopx@sha256:0a"),
        ],
        ids=["release", "version", "own", "own with port", "own with tag", "digest"],
    )
    def test_image(self, spec: dict[str, Any], image: str) -> None:
        assert children(spec).pod(*API)["spec"]["containers"][0]["image"] == image

    def test_variables_reach_every_container_and_a_components_own_win(self) -> None:
        made = children(
            {
                "podTemplate": {"env": {"HTTPS_PROXY": "http://proxy.test", "TEAM": "all"}},
                "api": {"podTemplate": {"env": {"TEAM": "front"}}},
            }
        )
        for name, found in made.pods().items():
            known = environment(found)
            assert known["HTTPS_PROXY"] == "http://proxy.test", name
            assert known["TEAM"] == ("front" if name == "Deployment sales-api" else "all"), name
        assert environment(made.pod(*API)).keys() > environment(children().pod(*API)).keys()

    def test_the_operators_release_is_pulled_by_its_digest(self) -> None:
        release = replace(RELEASE, app_digest="sha256:0a")
        made = context(release=release)
        assert images.app(made) == "registry.test/shopx@sha256:0a"
        older = context({"version": "0.9.0"}, release=release)
        assert images.app(older) == "registry.test/shopx:0.9.0", "the digest is of another release"

    @pytest.mark.parametrize(
        ("version", "label"), [("1.2.3", "1.2.3"), ("v" * 62 + "-1", "v" * 62), ("_1.0-", "1.0")]
    )
    def test_a_version_of_any_length_makes_a_label(self, version: str, label: str) -> None:
        labels = children({"version": version})[API]["metadata"]["labels"]
        assert labels["app.kubernetes.io/version"] == label

    def test_registry_credentials_reach_every_pod(self) -> None:
        spec = {"images": {"pullSecrets": ["mine"], "pullPolicy": "Always"}}
        for pod in children(spec).pods().values():
            assert pod["spec"]["imagePullSecrets"] == [{"name": "mine"}]
            assert pod["spec"]["containers"][0]["imagePullPolicy"] == "Always"


class TestServers:
    """The bundled PostgreSQL and Valkey."""

    def test_the_database_serves_the_budget_and_some_more(self) -> None:
        spec = {"database": {"bundled": {"parameters": {"jit": "on"}}, "connectionBudget": 80}}
        arguments = children(spec).pod("StatefulSet", "sales-database")["spec"]["containers"][0][
            "args"
        ]
        assert "-cmax_connections=88" in arguments
        assert f"-cmax_locks_per_transaction={locks_at_most()}" in arguments
        assert "-cjit=on" in arguments
        assert "-cshared_buffers=256MB" in arguments, "a quarter of the limit"

    def test_the_volume_grows_and_keeps_its_name(self) -> None:
        for size in ("10Gi", "20Gi"):
            spec = {"database": {"bundled": {"storage": {"size": size, "className": "ssd"}}}}
            made = children(spec)
            claim = made["PersistentVolumeClaim", "sales-database"]
            assert claim["spec"]["resources"]["requests"]["storage"] == size
            assert claim["spec"]["storageClassName"] == "ssd"
            (volume,) = [
                volume["persistentVolumeClaim"]["claimName"]
                for volume in made.pod("StatefulSet", "sales-database")["spec"]["volumes"]
                if "persistentVolumeClaim" in volume
            ]
            assert volume == "sales-database"

    def test_redis_leaves_room_in_its_container(self) -> None:
        spec = {
            "cache": {
                "redis": {
                    "bundled": {"maxMemory": "1Gi", "resources": {"limits": {"memory": "1Gi"}}}
                }
            }
        }
        arguments = children(spec).pod("Deployment", "sales-redis")["spec"]["containers"][0]["args"]
        assert int(arguments[arguments.index("--maxmemory") + 1]) == int(1024**3 * 0.8)
        assert arguments[arguments.index("--maxmemory-policy") + 1] == "volatile-ttl"
