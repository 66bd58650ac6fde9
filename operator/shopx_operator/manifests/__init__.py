"""From a spec to the objects that make it true: pure, one file a component.

`render` is a function of the dashboard and of `Facts`: the same input gives the same objects, so a
pod template changes when the spec, a referenced Secret or the release changes, and at no other
time. Objects are plain dictionaries, as server-side apply sends them. None of them ever carries
`replicas` (see `shopx_operator.planning.replicas`).
"""
