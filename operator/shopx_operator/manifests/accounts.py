"""ServiceAccounts: without any right, and without a token in the pods."""

from shopx_operator.manifests import components
from shopx_operator.manifests.context import Context, Object


def objects(context: Context) -> list[Object]:
    """The accounts of all components that this dashboard has."""
    accounts = dict.fromkeys(one.account for one in components.wanted(context.spec))
    made = []
    for component in accounts:
        account = context.object("v1", "ServiceAccount", component, component)
        account["automountServiceAccountToken"] = False
        made.append(account)
    return made
