"""Commands over the ledger, one module each; `shopx_core.cli` says how they are registered."""
