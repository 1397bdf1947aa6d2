"""Visitors of a server, for locust; `serving_load.py` runs them.

Each sends the next request when the last one is answered, and waits as long as
`Retry-After` says. The requests are called "steady", and "overload" while a crowd is
there; refused ones are called apart, and every other answer than 200 is a failure.
"""

import json
import os
import random

import gevent
from locust import FastHttpUser, LoadTestShape, task

LOAD = json.loads(os.environ["TFRECS_LOAD"])
RNG = random.Random(0)


class Visitors(LoadTestShape):
    """A few visitors, and for a tenth of the time a crowd."""

    def is_crowded(self):
        begin, end = LOAD["crowded"]
        return begin <= self.get_run_time() / LOAD["seconds"] < end

    def tick(self):
        if self.get_run_time() > LOAD["seconds"]:
            return None
        users = LOAD["crowd"] if self.is_crowded() else LOAD["visitors"]
        return users, users


class Visitor(FastHttpUser):
    """Of 20 requests, 17 are of known or unknown users, and 3 of other kinds."""

    @task(17)
    def recommend(self):
        known = RNG.random() < 0.95
        user = RNG.choice(LOAD["users"]) if known else "nobody"
        self.ask("/recommend", {"user": user}, "items")

    @task(1)
    def similar_items(self):
        self.ask("/similar-items", {"item": RNG.choice(LOAD["items"])}, "items")

    @task(1)
    def recommend_for_history(self):
        self.ask("/recommend-for-history", {"items": LOAD["items"][:5]}, "items")

    @task(1)
    def score(self):
        users, items = LOAD["users"][:10], LOAD["items"][:10]
        self.ask("/score", {"users": users, "items": items}, "scores")

    def ask(self, route, body, answer):
        crowded = self.environment.shape_class.is_crowded()
        name = "overload" if crowded else "steady"
        with self.client.post(route, json=body, name=name, catch_response=True) as got:
            wait = got.headers and got.headers.get("Retry-After")
            if got.status_code == 503 and wait:
                got.request_meta["name"] = "refused"
                got.success()
            elif got.status_code != 200 or len(got.json()[answer]) != 10:
                wait = None
                got.failure(f"{route}: {got.status_code} {got.text}")
        if wait:
            gevent.sleep(float(wait))
