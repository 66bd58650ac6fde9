"""The load generator wrk: a closed loop of 32 connections."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

_SCRIPT = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
local bodies = {}
for line in io.lines(os.getenv("BODIES")) do bodies[#bodies + 1] = line end
wrk.body = bodies[1]
if #bodies > 1 then
  local at = 0
  request = function()
    at = at % #bodies + 1
    return wrk.format(nil, nil, nil, bodies[at])
  end
end
"""


def installed() -> bool:
    """Whether wrk is there."""
    return shutil.which("wrk") is not None


def successes(port: int, bodies: Sequence[bytes], *, seconds: int = 4) -> float:
    """Requests a second that were answered with success.

    Args:
        port: Where `/graphql` is served on the loopback.
        bodies: What is sent, in turns; none contains a line break.
        seconds: How long.
    """
    with tempfile.TemporaryDirectory() as folder:
        script, file = Path(folder, "post.lua"), Path(folder, "bodies")
        script.write_text(_SCRIPT, encoding="utf-8")
        file.write_bytes(b"\n".join(bodies) + b"\n")
        url = f"http://127.0.0.1:{port}/graphql"
        done = subprocess.run(
            ["wrk", "-t1", "-c32", f"-d{seconds}s", "-s", str(script), url],
            env={**os.environ, "BODIES": str(file)},
            capture_output=True,
            text=True,
            check=True,
        )
    sent = re.search(r"(\d+) requests in", done.stdout)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    if sent is None or rate is None:
        raise RuntimeError(done.stdout)
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", done.stdout)
    return float(rate[1]) * (1 - int(failed[1]) / int(sent[1]) if failed else 1)
