"""How bases reach readers that share no disk with the builder.

The builder serves its files over HTTP (`server`) with what `catalog` says about them; a reader
fetches the newest (`fetcher`), and opens it as if it had been built beside it.
"""
