"""A model of the product under load, in which autoscalers can be compared and proved wrong.

`python -m shopx_core.scaling.simulator` runs every scenario with every policy.
"""
