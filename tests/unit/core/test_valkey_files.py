"""The scripts of the replicated cache, with the servers played."""

import os
import subprocess
from pathlib import Path

from shopx_core.containers.valkey_files import REPLICATED_FILES

# Sentinels agree to each hand-over; after the second one this server is no primary any more.
PLAYED = r"""
echo "$*" >>"$SHOPX_ASKED"
case $3 in
  ROLE) [ "$(grep -c FAILOVER "$SHOPX_ASKED")" -lt 2 ] && echo master || echo slave ;;
  *) echo OK ;;
esac
"""


def test_a_stop_asks_again_for_a_hand_over_that_does_not_get_on(tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    for name, text in (REPLICATED_FILES | {"ask.sh": PLAYED}).items():
        (tmp_path / name).write_text(text)
    done = subprocess.run(
        ["bash", str(tmp_path / "stop.sh")],
        env={
            "PATH": os.environ["PATH"],
            "SHOPX_HOST": "a",
            "SHOPX_HOSTS": "a b c",
            "SHOPX_ASKED": str(asked),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    hand_overs = [line for line in asked.read_text().splitlines() if "FAILOVER" in line]
    assert hand_overs == [
        "b 26379 SENTINEL FAILOVER shopx COORDINATED",
        "b 26379 SENTINEL FAILOVER shopx",
    ]
