"""Commands over the ledger, one module each; `shopx_core.cli` registers them."""
