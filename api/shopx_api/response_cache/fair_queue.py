"""Waiting work of several callers, who get equal time: start-time fair queueing.

Each caller has an account of the seconds that it was served. The one with the least goes next, so a
caller that asks much, or what takes long, waits for itself. Work is charged by its mean when it
begins, and by what it took when it ends, so that nothing is gained by what looks cheap (Goyal, Vin,
Cheng, "Start-time Fair Queueing", SIGCOMM 1996).
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

_T = TypeVar("_T")


@dataclass(slots=True, eq=False)
class Account(Generic[_T]):
    """A caller with work that waits or runs."""

    name: str
    served: float
    """Seconds that it was served, counted from a common zero."""
    waiting: "dict[Waiting[_T], None]" = field(default_factory=dict)
    """The oldest first."""
    seconds: float = 0.0
    """Of what waits, by its means."""
    running: int = 0
    refused: float = float("-inf")
    """When it was last refused while other work of it waited."""


@dataclass(frozen=True, slots=True, eq=False)
class Waiting(Generic[_T]):
    """Work that waits."""

    account: Account[_T]
    permit: "asyncio.Future[_T]"
    since: float
    seconds: float
    """How long such work takes on average."""


class FairQueue(Generic[_T]):
    """Accounts, and what waits in them."""

    def __init__(self) -> None:
        self._accounts: dict[str, Account[_T]] = {}
        self._backlogged: dict[Account[_T], None] = {}
        self._waiting: dict[Waiting[_T], None] = {}
        self._seconds = 0.0
        self._served = 0.0
        """Of the account whose work began last, before that: where a newcomer's begins."""

    def __len__(self) -> int:
        """How much waits."""
        return len(self._waiting)

    @property
    def oldest(self) -> Waiting[_T]:
        """What waits the longest, of all; something must wait."""
        return next(iter(self._waiting))

    @property
    def callers(self) -> int:
        """Callers with work that waits or runs."""
        return len(self._accounts)

    def known(self, name: str) -> Account[_T] | None:
        """The account of a caller, if anything of it waits or runs."""
        return self._accounts.get(name)

    def account(self, name: str) -> Account[_T]:
        """The account of a caller that is about to start or to wait."""
        found = self._accounts.get(name)
        if found is None:
            found = self._accounts[name] = Account(name, self._served)
        return found

    def before(self, account: Account[_T] | None, seconds: float) -> float:
        """Seconds of the work that would go before a caller's next, at most.

        Args:
            account: The caller's; `None` = it has none.
            seconds: How long the next takes.
        """
        own = account.seconds if account is not None else 0.0
        others = len(self._backlogged) - (account in self._backlogged)
        return own + min(self._seconds - own, (own + seconds) * others)

    def push(
        self, account: Account[_T], permit: "asyncio.Future[_T]", since: float, seconds: float
    ) -> Waiting[_T]:
        """Let work of a caller wait; see `Waiting`."""
        waiting = Waiting(account, permit, since, seconds)
        if not account.waiting:
            self._backlogged[account] = None
            # What it was not served while it asked for nothing, it does not get later.
            account.served = max(account.served, self._served)
        account.waiting[waiting] = None
        account.seconds += waiting.seconds
        self._waiting[waiting] = None
        self._seconds += waiting.seconds
        return waiting

    def remove(self, waiting: Waiting[_T]) -> bool:
        """Take work out; whether it waited."""
        if waiting not in self._waiting:
            return False
        account = waiting.account
        del self._waiting[waiting], account.waiting[waiting]
        account.seconds -= waiting.seconds
        self._seconds -= waiting.seconds
        # Without anything left a sum is exactly zero, whatever was rounded.
        if not account.waiting:
            account.seconds = 0.0
            del self._backlogged[account]
        if not self._waiting:
            self._seconds = 0.0
        return True

    def take(
        self, at_once: Callable[[float], int], newest: Callable[[Account[_T]], bool]
    ) -> Waiting[_T] | None:
        """Take out what goes next: of the caller that was served the least.

        Args:
            at_once: How much of one caller may run at once, by the seconds of what would begin.
            newest: Whether the newest work of a caller goes before its oldest.

        Returns:
            `None` = nothing waits whose caller may have more running.
        """
        left = list(self._backlogged)
        while left:
            # Mostly the first fits: who has work running was charged for it.
            account = min(left, key=lambda account: account.served)
            waiting = next(reversed(account.waiting) if newest(account) else iter(account.waiting))
            if account.running < at_once(waiting.seconds):
                self.remove(waiting)
                return waiting
            left.remove(account)
        return None

    def begin(self, account: Account[_T], seconds: float) -> None:
        """Charge for work that begins.

        Args:
            account: Its caller's.
            seconds: How long it is expected to take.
        """
        account.running += 1
        account.served = self._served = max(account.served, self._served)
        account.served += seconds

    def end(self, account: Account[_T], difference: float) -> None:
        """Correct the charge for work that has ended.

        Args:
            account: Its caller's.
            difference: The seconds that it took, less what was expected.
        """
        account.running -= 1
        account.served += difference
        self.leave(account)

    def leave(self, account: Account[_T]) -> None:
        """Forget a caller without work."""
        if account.running == 0 and not account.waiting:
            self._accounts.pop(account.name, None)
        if not self._accounts:
            self._served = 0.0
