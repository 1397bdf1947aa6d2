"""The routes of the server."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from starlette.exceptions import HTTPException

import tfrecs
from tfrecs._base.finite import NotFinite
from tfrecs.serve.answering import Answer, answers
from tfrecs.serve.batching import Batching, QueueFull
from tfrecs.serve.current import Current
from tfrecs.serve.gate import Gate
from tfrecs.serve.logs import log
from tfrecs.serve.metrics import Metrics
from tfrecs.serve.options import Options
from tfrecs.serve.questions import (
    Items,
    Question,
    Recommend,
    RecommendForHistory,
    Score,
    ScoresOfPairs,
    SimilarItems,
)
from tfrecs.serve.tally import Tally

LONGEST_NAME = 40
"""Most characters of a field's name in a message."""


def application(options: Options, current: Current) -> Any:
    """Returns the ASGI application that serves a bundle."""

    def answer(questions: Sequence[Question]) -> list[Answer | Exception]:
        metrics.batch.observe(len(questions))
        return answers(current.served, questions)

    batching = Batching(answer, most_waiting=options.queue, most_at_once=options.batch)
    metrics = Metrics(lambda: batching.waiting)

    tally = Tally()

    async def ask(question: Question) -> Any:
        found = await batching.ask(question, options.seconds)
        if isinstance(question, Recommend | RecommendForHistory):
            tally.add(found)
            metrics.unknown.inc(found.source == "popularity")
        return found

    @asynccontextmanager
    async def running(app: FastAPI) -> AsyncIterator[None]:
        tasks = [
            asyncio.create_task(batching.run()),
            asyncio.create_task(current.watch(options.watch)),
        ]
        log("ready", version=current.version)
        yield
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        tally.log()
        log("stopped")

    app = FastAPI(title="tfrecs", version=tfrecs.__version__, lifespan=running)
    _add_questions(app, ask)
    _add_state(app, current, metrics)
    _add_errors(app)
    routes = {str(getattr(route, "path", "")) for route in app.routes}
    return Gate(app, options, metrics, routes)


def _add_questions(app: FastAPI, ask: Any) -> None:
    @app.post("/recommend")
    async def recommend(question: Recommend) -> Items:
        """Returns a user's best items."""
        return await ask(question)

    @app.post("/recommend-for-history")
    async def recommend_for_history(question: RecommendForHistory) -> Items:
        """Returns the best items for someone with these items and no id."""
        return await ask(question)

    @app.post("/similar-items")
    async def similar_items(question: SimilarItems) -> Items:
        """Returns the items most similar to one."""
        return await ask(question)

    @app.post("/score")
    async def score(question: Score) -> ScoresOfPairs:
        """Returns the scores of pairs."""
        return await ask(question)


def _add_state(app: FastAPI, current: Current, metrics: Metrics) -> None:
    @app.get("/health")
    async def health() -> dict[str, str]:
        """Returns that the process runs."""
        return {"status": "ok"}

    @app.get("/ready")
    async def ready() -> dict[str, str]:
        """Returns the bundle that is served."""
        return {"status": "ready", "bundle": current.version}

    @app.get("/metrics")
    async def prometheus() -> Response:
        """Returns metrics in the format of Prometheus."""
        return PlainTextResponse(metrics.text(), media_type="text/plain; version=0.0.4")


def _add_errors(app: FastAPI) -> None:
    def refuse(status: int, message: str, **headers: str) -> JSONResponse:
        text = message.encode(
            errors="backslashreplace"
        ).decode()  # halves of characters
        return JSONResponse({"error": text}, status, headers=headers or None)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        place = ".".join(str(part)[:LONGEST_NAME] for part in first["loc"][:3])
        return refuse(422, f"{place}: {first['msg']}")

    @app.exception_handler(HTTPException)
    async def not_served(_: Request, error: HTTPException) -> JSONResponse:
        return refuse(error.status_code, error.detail, **(error.headers or {}))

    @app.exception_handler(QueueFull)
    async def full(_: Request, error: QueueFull) -> JSONResponse:
        return refuse(503, "too many requests wait", **{"Retry-After": "1"})

    @app.exception_handler(TimeoutError)
    async def late(_: Request, error: TimeoutError) -> JSONResponse:
        return refuse(503, "no answer in time", **{"Retry-After": "1"})

    @app.exception_handler(NotFinite)
    async def diverged(_: Request, error: NotFinite) -> JSONResponse:
        return refuse(500, str(error))

    @app.exception_handler(ValueError)
    @app.exception_handler(TypeError)
    async def refused(_: Request, error: Exception) -> JSONResponse:
        return refuse(422, " ".join(str(error).split()))
