"""From a spec to the desired objects: pure, one file for each component.

`render` is a function of the dashboard and of `ClusterFacts`: the same input gives the same
objects. So a pod template changes when the spec, a referenced Secret or the release changes, and at
no other time. Objects are dictionaries as server-side apply sends them. None of them contains
`replicas` (see `shopx_operator.planning.replicas`).
"""
