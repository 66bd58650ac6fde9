"""A model of the product under load, to compare and test autoscalers.

`python -m shopx_tools.simulator` runs every scenario with every policy.
"""
