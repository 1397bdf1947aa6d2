"""Methods that one thread at a time may run."""

import threading
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class Locked(Protocol):
    """An object with a lock that its own methods may take again."""

    lock: threading.RLock


Owner = TypeVar("Owner", bound=Locked)


def alone(
    method: Callable[Concatenate[Owner, P], R],
) -> Callable[Concatenate[Owner, P], R]:
    """Makes a method wait until no other thread is in such a method of the object."""

    @wraps(method)
    def locked(owner: Owner, /, *args: P.args, **kwargs: P.kwargs) -> R:
        with owner.lock:
            return method(owner, *args, **kwargs)

    return locked
