"""The parts that all services of a project share."""

from typing import Any, Final

from shopx_core.resource.presets import Compute
from shopx_core.resource.types import amount

Service = dict[str, Any]

APP_USER: Final = 10001
NGINX_USER: Final = 10002
SERVER_USER: Final = 999
_PROCESSES: Final = 512
_LOG: Final = {"driver": "json-file", "options": {"max-size": "10m", "max-file": "5"}}


def service(
    image: str, command: list[str] | None, compute: Compute, *, user: int | None, **more: Any
) -> Service:
    """One service: no privileges, a read-only root, limits, bounded logs.

    Args:
        image: Its image.
        command: Replaces the image's own; `None` = the image's.
        compute: Its limits.
        user: Who runs it; `None` = the image's.
        more: Other keys of a compose service; `tmpfs` adds to `/tmp`.
    """
    return {
        "image": image,
        "command": command,
        "user": f"{user}:{user}" if user is not None else None,
        "init": True,
        "restart": more.pop("restart", "unless-stopped"),
        "read_only": True,
        "tmpfs": ["/tmp:mode=1777,size=1g", *more.pop("tmpfs", ())],  # noqa: S108 -- its own
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        "deploy": {
            **more.pop("deploy", {}),
            "resources": {
                "limits": {
                    "cpus": f"{amount(compute.cpu_limit).normalize():f}",
                    "memory": f"{int(amount(compute.memory_limit) / 1024**2)}m",
                    "pids": _PROCESSES,
                }
            },
        },
        "logging": _LOG,
        **more,
    }


def once(made: Service) -> Service:
    """The same as a one-shot: it ends, and is tried again while it fails."""
    return made | {"restart": "no"}


def health(test: str, *, start: str = "120s", interval: str = "10s", retries: int = 3) -> Service:
    """A health check by the shell.

    Args:
        test: Of bash; code 0 = healthy.
        start: How long failures at the start do not count.
        interval: The pause between two checks.
        retries: Failures in a row that make it unhealthy.
    """
    return {
        # A check must not stay behind when what it asks hangs.
        "test": ["CMD", "timeout", "5", "bash", "-c", test],
        "interval": interval,
        "timeout": "6s",
        "retries": retries,
        "start_period": start,
    }


def http_ok(port: int, path: str) -> str:
    """Bash that asks for a path of this container and fails unless it answers 200."""
    request = f"GET {path} HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n"
    return (
        f"exec 3<>/dev/tcp/127.0.0.1/{port} && printf '{request}' >&3"
        ' && read -r _ code _ <&3 && [ "$$code" = 200 ]'
    )


def listens(port: int) -> str:
    """Bash that fails unless a port of this container accepts a connection."""
    return f"exec 3<>/dev/tcp/127.0.0.1/{port}"


def after(**conditions: str) -> Service:
    """`depends_on`; a name's underscores are hyphens."""
    return {
        name.replace("_", "-"): {"condition": f"service_{condition}"}
        for name, condition in conditions.items()
    }
