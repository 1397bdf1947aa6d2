"""A queue of questions, which one thread answers in batches."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any


class QueueFull(RuntimeError):
    """More questions wait than the queue holds."""


class Batching:
    """Answers the questions that wait together, as soon as the last ones are answered.

    Nothing waits for a batch to fill: a lone question is answered at once.

    Args:
        answer: from questions to an answer or an error for each; runs in a thread.
        most_waiting: size of the queue.
        most_at_once: size of a batch.
    """

    def __init__(
        self,
        answer: Callable[[Sequence[Any]], Sequence[Any]],
        *,
        most_waiting: int,
        most_at_once: int,
    ) -> None:
        self._answer = answer
        self._most_at_once = most_at_once
        self._queue: asyncio.Queue[tuple[Any, asyncio.Future[Any]]] = asyncio.Queue(
            most_waiting
        )
        self._thread = ThreadPoolExecutor(1, "answers")

    @property
    def waiting(self) -> int:
        """The number of questions in the queue."""
        return self._queue.qsize()

    async def ask(self, question: Any, seconds: float) -> Any:
        """Returns the answer to a question, or raises its error.

        Raises:
            QueueFull: if the queue is full.
            TimeoutError: if there is no answer within these seconds.
        """
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        try:
            self._queue.put_nowait((question, answer))
        except asyncio.QueueFull:
            raise QueueFull from None
        return await asyncio.wait_for(answer, seconds)

    async def run(self) -> None:
        """Answers questions until it is cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            batch = [await self._queue.get()]
            while len(batch) < self._most_at_once and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            batch = [(q, answer) for q, answer in batch if not answer.done()]
            if not batch:  # all of them ran out of time
                continue
            questions = [question for question, _ in batch]
            try:
                found = await loop.run_in_executor(
                    self._thread, self._answer, questions
                )
            except Exception as error:  # the next batch is answered
                found = [error] * len(batch)
            for (_, answer), result in zip(batch, found, strict=True):
                if answer.done():
                    continue
                if isinstance(result, Exception):
                    answer.set_exception(result)
                else:
                    answer.set_result(result)
