"""Generated sales: realistic, deterministic, of any size.

`catalogue`, `timeline` and `demand` are pure functions of `options`; `copy_binary` and `rows` write
rows in COPY's binary format, `publish` loads them month by month, `live_orders` continues live.
"""
