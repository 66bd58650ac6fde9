"""A model of the product under load, in which autoscalers can be compared and proved wrong.

`python -m shopx_tools.simulator` runs every scenario with every policy.
"""
