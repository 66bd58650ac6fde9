"""When each alert fires, and when it does not, as `promtool test rules` finds out.

Times are minutes; series are written as promtool writes them: `5+10x60` begins at 5 and grows by 10
for 60 minutes, `_x60` has no sample for 60 minutes.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.contract.test_monitoring import ALERTS, RULES, tool

OURS = 'dashboard="sales",namespace="shop"'
ABOUT = {"dashboard": "sales", "namespace": "shop"}


@dataclass(frozen=True)
class Case:
    """Series, and the alerts that fire at a minute."""

    name: str
    series: dict[str, str]
    at: int
    fires: dict[str, dict[str, str]] = field(default_factory=dict)
    """Alerts with their labels; of the alerts in `about`, the others are quiet."""
    about: tuple[str, ...] = ()


def requests(errors: float, slow: float = 0.0, minutes: int = 60) -> dict[str, str]:
    """A thousand requests a minute, shares of which fail and are slow."""
    good, bad = 1000 - 1000 * errors, 1000 * errors
    seconds = "shopx_http_request_duration_seconds"
    return {
        f'shopx_http_requests_total{{{OURS},cache="miss",status="200"}}': f"0+{good:g}x{minutes}",
        f'shopx_http_requests_total{{{OURS},cache="miss",status="503"}}': f"0+{bad:g}x{minutes}",
        f'{seconds}_bucket{{{OURS},cache="miss",le="0.2"}}': f"0+{1000 - 1000 * slow:g}x{minutes}",
        f'{seconds}_count{{{OURS},cache="miss"}}': f"0+1000x{minutes}",
    }


def age(values: str) -> dict[str, str]:
    """The age of answers in two processes, of which one is well."""
    return {
        f'shopx_as_of_age_seconds{{{OURS},pod="a"}}': values,
        f'shopx_as_of_age_seconds{{{OURS},pod="b"}}': "1x400",
    }


def objective(name: str) -> tuple[str, str]:
    return f"ShopX{name}BurnsFast", f"ShopX{name}BurnsSlowly"


def simple(
    alert: str,
    series: dict[str, str],
    quiet: dict[str, str],
    at: int,
    labels: dict[str, str] | None = None,
) -> list[Case]:
    """A case in which one alert fires, and one in which it does not."""
    about = (alert,)
    found = ABOUT if labels is None else labels
    return [
        Case(f"{alert} fires", series, at, {alert: found}, about),
        Case(f"{alert} is quiet", quiet, at, {}, about),
    ]


def one(name: str, values: str, labels: str = OURS) -> dict[str, str]:
    return {f"{name}{{{labels}}}": values}


def _servers(streaming: int) -> dict[str, str]:
    asked = one("shopx_operator_database_servers", "3x40", f'{OURS},what="asked"')
    labels = f'{OURS},what="streaming"'
    return asked | one("shopx_operator_database_servers", f"{streaming}x40", labels)


BACKUP = 'cronjob="sales-backup",namespace="shop"'
CHECK = 'cronjob="sales-backup-check",namespace="shop"'
VERIFY = 'cronjob="sales-verify",namespace="shop"'
CRONJOB = {"cronjob": "sales-verify", "namespace": "shop"}
VOLUME = {"persistentvolumeclaim": "sales-database", "namespace": "shop"}
MACHINE = {"dashboard": "sales", "mountpoint": "/data"}


def volume(free: int) -> dict[str, str]:
    labels = 'persistentvolumeclaim="sales-database",namespace="shop"'
    return one("kubelet_volume_stats_available_bytes", f"{free}x40", labels) | one(
        "kubelet_volume_stats_capacity_bytes", "100x40", labels
    )


def machine(free: int) -> dict[str, str]:
    labels = 'dashboard="sales",mountpoint="/data",fstype="ext4"'
    memory = 'dashboard="sales",mountpoint="/run",fstype="tmpfs"'
    return (
        one("node_filesystem_avail_bytes", f"{free}x40", labels)
        | one("node_filesystem_size_bytes", "100x40", labels)
        | one("node_filesystem_avail_bytes", "1x40", memory)
        | one("node_filesystem_size_bytes", "100x40", memory)
    )


CASES = [
    # A budget of 0.1 %: fast is 1.44 % in an hour, slow 0.3 % in a day.
    Case(
        "a twentieth of the requests fail",
        requests(0.05),
        50,
        dict.fromkeys(objective("Availability"), ABOUT),
        objective("Availability"),
    ),
    Case(
        "a two-hundredth fails",
        requests(0.005),
        50,
        {"ShopXAvailabilityBurnsSlowly": ABOUT},
        objective("Availability"),
    ),
    Case("one in two thousand fails", requests(0.0005), 50, {}, objective("Availability")),
    Case(
        "nothing fails, nothing is slow",
        requests(0, 0),
        50,
        {},
        (*objective("Availability"), *objective("Latency")),
    ),
    Case(
        "nobody visits",
        requests(0, 0, 0),
        50,
        {},
        (*objective("Availability"), *objective("Latency")),
    ),
    Case(
        "an error long ago is forgiven by the short window",
        {
            f'shopx_http_requests_total{{{OURS},cache="miss",status="200"}}': "0+1000x120",
            f'shopx_http_requests_total{{{OURS},cache="miss",status="503"}}': "0+100x10 1000x110",
        },
        100,
        {"ShopXAvailabilityBurnsSlowly": ABOUT},
        objective("Availability"),
    ),
    # A budget of 5 %: fast is 30 % in six hours, slow 15 % in a day.
    Case(
        "four tenths are slow",
        requests(0, 0.4),
        50,
        dict.fromkeys(objective("Latency"), ABOUT),
        objective("Latency"),
    ),
    Case(
        "a fifth is slow",
        requests(0, 0.2),
        50,
        {"ShopXLatencyBurnsSlowly": ABOUT},
        objective("Latency"),
    ),
    Case("three in a hundred are slow", requests(0, 0.03), 50, {}, objective("Latency")),
    Case(
        "slow writes are no slow reads",
        {
            f'shopx_http_request_duration_seconds_bucket{{{OURS},cache="bypass",le="0.2"}}': "0x60",
            f'shopx_http_request_duration_seconds_count{{{OURS},cache="bypass"}}': "0+10x60",
        },
        50,
        {},
        objective("Latency"),
    ),
    Case(
        "one process is a minute behind",
        age("60x60"),
        50,
        dict.fromkeys(objective("Freshness"), ABOUT),
        objective("Freshness"),
    ),
    Case(
        "one minute of five hours was outdated",
        age("5x249 60 5x100"),
        310,
        {"ShopXFreshnessBurnsSlowly": ABOUT},
        objective("Freshness"),
    ),
    Case("answers are five seconds old", age("5x60"), 50, {}, objective("Freshness")),
    *simple(
        "ShopXDown",
        one("up", "0x10", f'{OURS},component="api"')
        | one("up", "1x10", f'{OURS},component="fold"'),
        one("up", "0x10", f'{OURS},component="api",pod="a"')
        | one("up", "1x10", f'{OURS},component="api",pod="b"'),
        5,
    ),
    Case(
        "no API at all", one("up", "1x10"), 5, {"ShopXDown": {"component": "api"}}, ("ShopXDown",)
    ),
    *simple(
        "ShopXDegraded",
        one("shopx_operator_dashboard_condition", "1x20", f'{OURS},type="Degraded"'),
        one("shopx_operator_dashboard_condition", "0x20", f'{OURS},type="Degraded"')
        | one("shopx_operator_dashboard_condition", "1x20", f'{OURS},type="Stalled"'),
        15,
    ),
    *simple(
        "ShopXFoldLags",
        one("shopx_fold_lag_seconds", "301x20"),
        one("shopx_fold_lag_seconds", "400x3 1x20"),
        10,
    ),
    *simple("ShopXFoldAway", one("up", "1x20"), one("shopx_fold_lag_seconds", "1x20"), 15, {}),
    *simple(
        "ShopXViewStale",
        one("shopx_matview_last_success_timestamp_seconds", "0x1500", f'{OURS},view="mv_a"')
        | one("shopx_matview_last_success_timestamp_seconds", "80000x1500", f'{OURS},view="mv_b"'),
        one("shopx_matview_last_success_timestamp_seconds", "80000x1500", f'{OURS},view="mv_a"'),
        1480,
        ABOUT | {"view": "mv_a"},
    ),
    *simple(
        "ShopXPartitionsRunOut",
        one("shopx_partitions_ahead", "1x90"),
        one("shopx_partitions_ahead", "2x90"),
        80,
    ),
    *simple(
        "ShopXJobsWait",
        one("shopx_jobs_oldest_age_seconds", "3601x20"),
        one("shopx_jobs_oldest_age_seconds", "3600x20"),
        15,
    ),
    *simple(
        "ShopXFeedSlotGrows",
        one("shopx_feed_slot_bytes", f"{(10 << 30) + 1}x20", f'{OURS},feed="erp"')
        | one("shopx_feed_slot_bytes", "1000x20", f'{OURS},feed="shop"'),
        one("shopx_feed_slot_bytes", f"{10 << 30}x20", f'{OURS},feed="erp"'),
        15,
        ABOUT | {"feed": "erp"},
    ),
    *simple(
        "ShopXColumnsNotReady",
        one("shopx_columns_ready", "0x60", f'{OURS},pod="a"')
        | one("shopx_columns_ready", "1x60", f'{OURS},pod="b"'),
        one("shopx_columns_ready", "0x20 1x40"),
        45,
    ),
    *simple(
        "ShopXColumnsAway",
        one("shopx_columns_observed_timestamp_seconds", "1x100"),
        one("shopx_columns_observed_timestamp_seconds", "0+60x100"),
        80,
    ),
    Case(
        "no builder at all", one("up", "1x20"), 15, {"ShopXColumnsAway": {}}, ("ShopXColumnsAway",)
    ),
    *simple(
        "ShopXColumnsLag",
        one("shopx_columns_lag_seconds", "10801x30"),
        one("shopx_columns_lag_seconds", "3600x30"),
        20,
    ),
    *simple("ShopXDiskLow", volume(14), volume(16), 20, VOLUME),
    *simple("ShopXDiskFull", volume(4), volume(6), 20, VOLUME),
    Case(
        "the disk of a machine is nearly full",
        machine(3),
        20,
        {
            "ShopXDiskLow": MACHINE | {"fstype": "ext4"},
            "ShopXDiskFull": MACHINE | {"fstype": "ext4"},
        },
        ("ShopXDiskLow", "ShopXDiskFull"),
    ),
    *simple(
        "ShopXNotVerified",
        one("kube_cronjob_status_last_successful_time", "0x1900", VERIFY)
        | one("kube_cronjob_spec_suspend", "0x1900", VERIFY),
        one("kube_cronjob_status_last_successful_time", "0x1900", VERIFY)
        | one("kube_cronjob_spec_suspend", "1x1900", VERIFY),
        1830,
        CRONJOB,
    ),
    Case(
        "a new dashboard has a day to be verified first",
        one("kube_cronjob_created", "80000x1900", VERIFY),
        1830,
        {},
        ("ShopXNotVerified",),
    ),
    *(
        case
        for alert, labels, cronjob, seconds in (
            ("ShopXBackupTooOld", BACKUP, "sales-backup", 93_600),
            ("ShopXBackupNotVerified", CHECK, "sales-backup-check", 15 * 86_400),
        )
        for case in simple(
            alert,
            one("kube_cronjob_status_last_successful_time", f"-{seconds}x60", labels),
            one("kube_cronjob_status_last_successful_time", "0x60", labels),
            40,
            {"cronjob": cronjob, "namespace": "shop"},
        )
    ),
    *simple(
        "ShopXReplicasMissing",
        _servers(streaming=1),
        _servers(streaming=2),
        25,
    ),
    *simple(
        "ShopXWalArchiveBehind",
        one("shopx_wal_archive_lag_seconds", "1000x40"),
        one("shopx_wal_archive_lag_seconds", "60x40"),
        20,
    ),
]


LONG = 400
"""Minutes; a longer case is evaluated more rarely, which takes less time."""


def _only(alerts: tuple[str, ...]) -> list[dict[str, Any]]:
    """The groups of rules with these alerts, and with what objectives record."""
    recorded = any("Burns" in alert for alert in alerts)
    made = []
    for group in yaml.safe_load(RULES.read_text())["groups"]:
        rules = [
            rule
            for rule in group["rules"]
            if (recorded if "record" in rule else rule["alert"] in alerts)
        ]
        if rules:
            made.append({**group, "rules": rules})
    return made


def expanded(text: str, labels: dict[str, str]) -> str:
    """An annotation, as Prometheus expands its template for these labels."""
    text = re.sub(
        r"{{ with \$labels\.(\w+) }}{{ \. }}(.*?)(?:{{ else }}(.*?))?{{ end }}",
        lambda found: labels[found[1]] + found[2] if found[1] in labels else found[3] or "",
        text,
    )
    return re.sub(r"{{ \$labels\.(\w+) }}", lambda found: labels.get(found[1], ""), text)


def expected(alert: str, labels: dict[str, str]) -> dict[str, object]:
    rule = ALERTS[alert]
    return {
        "exp_labels": labels | rule["labels"],
        "exp_annotations": {k: expanded(v, labels) for k, v in rule["annotations"].items()},
    }


def _file(case: Case) -> dict[str, Any]:
    """A test of promtool."""
    return {
        "rule_files": [f"{_name(case)}.rules.yml"],
        "evaluation_interval": "10m" if case.at > LONG else "1m",
        # What is recorded, before the alerts about it.
        "group_eval_order": [group["name"] for group in _only(case.about)],
        "tests": [
            {
                "interval": "1m",
                "input_series": [{"series": k, "values": v} for k, v in case.series.items()],
                "alert_rule_test": [
                    {
                        "eval_time": f"{case.at}m",
                        "alertname": alert,
                        "exp_alerts": [expected(alert, case.fires[alert])]
                        if alert in case.fires
                        else [],
                    }
                    for alert in case.about
                ],
            }
        ],
    }


def _name(case: Case) -> str:
    return case.name.replace(" ", "-")


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What promtool says about each case; one run of it, which takes as long as one case."""
    folder = tmp_path_factory.mktemp("alerts")
    files = []
    for case in CASES:
        rules = {"groups": _only(case.about)}
        (folder / f"{_name(case)}.rules.yml").write_text(yaml.safe_dump(rules, sort_keys=False))
        files.append(folder / f"{_name(case)}.yml")
        files[-1].write_text(yaml.safe_dump(_file(case), sort_keys=False))
    done = tool("promtool", "test", "rules", *files)
    parts = (done.stdout + done.stderr).split("Unit Testing:")[1:]
    return {Path(part.split()[0]).stem: part for part in parts}


@pytest.mark.xdist_group("alerts")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_it_fires_when_it_should(case: Case, results: dict[str, str]) -> None:
    assert "SUCCESS" in results[_name(case)], results[_name(case)]


def test_each_alert_fires_in_a_case_and_is_quiet_in_another() -> None:
    fired = {alert for case in CASES for alert in case.fires}
    quiet = {alert for case in CASES for alert in case.about if alert not in case.fires}
    assert fired == ALERTS.keys()
    assert quiet == ALERTS.keys()
