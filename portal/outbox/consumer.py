"""How a task becomes a consumer of the outbox."""

import logging
from collections.abc import Callable
from typing import Any

from celery import shared_task
from django.utils import timezone

from portal.outbox import services

log = logging.getLogger(__name__)


def outbox_task(name: str) -> Callable[[Callable[..., None]], Any]:
    """
    Register a consumer under the topic's name. It gets the message's payload as keyword arguments, and may be
    called twice for one message: its service must be idempotent by key.

    An error is kept with the message, which is tried again later, longer each time.
    """

    def register(consume: Callable[..., None]) -> Any:
        @shared_task(name=name)
        def deliver(message_id: int) -> None:
            delivery = services.begin(message_id=message_id)
            if delivery is None:
                return
            try:
                consume(**delivery.payload)
            except Exception as error:
                log.exception("%s failed for message %s", name, message_id)
                services.fail(
                    message_id=message_id, error=f"{type(error).__name__}: {error}", at=timezone.now()
                )
                return
            services.finish(message_id=message_id, at=timezone.now())

        deliver.__doc__ = consume.__doc__
        return deliver

    return register
