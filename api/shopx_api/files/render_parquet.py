"""`python -m shopx_api.files.render_parquet PATH`: makes one Parquet file, as `render_pdf` does.

Apart from that, because each loads much that the other does not need.
"""

import json
import sys
from pathlib import Path

from shopx_api.files.parquet import write_parquet

if __name__ == "__main__":
    asked = json.load(sys.stdin)
    source, target = Path(asked["source"]), Path(sys.argv[1])
    write_parquet(source, target, asked["columns"], asked["text_columns"])
