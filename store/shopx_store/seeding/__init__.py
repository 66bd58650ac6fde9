"""Generated sales: realistic, deterministic, of any size.

`options` says what is wanted, `catalogue`, `timeline` and `demand` are pure functions of it, `wire`
writes rows in COPY's binary format, `loading` publishes them month by month, `trickling` goes on
live.
"""
