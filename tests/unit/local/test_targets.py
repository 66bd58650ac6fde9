"""Where Prometheus finds the metrics of the processes of one machine."""

from shopx_local.listening import Ports


def test_running_processes_are_targets_by_component() -> None:
    """With the labels that rules and dashboards select by."""
    ports = Ports()
    known = {name: ports(name) for name in ("api.1", "api.2", "fold", "worker")}
    found = ports.targets(["worker", "api.2", "postgres", "beat", "fold"], dashboard="sales")
    assert found == [
        {
            "targets": [f"127.0.0.1:{known[name]}"],
            "labels": {"dashboard": "sales", "component": component},
        }
        for name, component in (("api.2", "api"), ("fold", "fold"), ("worker", "workers"))
    ]
