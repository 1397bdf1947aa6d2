"""The queue of questions, without a server."""

import asyncio

import pytest

from tfrecs.serve.batching import Batching, QueueFull


def ask(answer, questions, **limits):
    """Asks all questions at once; returns answers and errors."""
    limits = {"most_waiting": 10, "most_at_once": 10, **limits}

    async def main():
        batching = Batching(answer, **limits)
        running = asyncio.create_task(batching.run())
        asked = [batching.ask(question, 30) for question in questions]
        found = await asyncio.gather(*asked, return_exceptions=True)
        running.cancel()
        return found

    return asyncio.run(main())


def test_questions_that_wait_are_answered_together():
    batches = []

    def double(questions):
        batches.append(len(questions))
        return [2 * question for question in questions]

    assert ask(double, range(5)) == [0, 2, 4, 6, 8]
    assert batches == [5]
    batches.clear()
    assert ask(double, range(5), most_at_once=2) == [0, 2, 4, 6, 8]
    assert batches == [2, 2, 1]


def test_an_error_is_the_answer_to_its_question():
    found = ask(lambda qs: [q if q else ValueError("zero") for q in qs], [3, 0, 4])
    assert [found[0], found[2]] == [3, 4]
    assert str(found[1]) == "zero"


def test_a_batch_that_fails_does_not_stop_the_next():
    def answer(questions):
        if 1 in questions:
            raise RuntimeError("broken")
        return questions

    found = ask(answer, [1, 2], most_at_once=1)
    assert (str(found[0]), found[1]) == ("broken", 2)


def test_an_error_of_a_batch_is_the_answer_to_each_question():
    def answer(questions):
        raise RuntimeError("broken")

    assert [str(found) for found in ask(answer, [1, 2])] == ["broken", "broken"]


def test_questions_above_the_size_of_the_queue_are_refused():
    found = ask(lambda questions: questions, [1, 2, 3], most_waiting=2)
    assert found[:2] == [1, 2]
    assert isinstance(found[2], QueueFull)


def test_a_question_out_of_time_is_not_answered():
    async def main():
        asked = []

        def answer(questions):
            asked.extend(questions)
            return questions

        batching = Batching(answer, most_waiting=1, most_at_once=1)
        with pytest.raises(TimeoutError):
            await batching.ask(1, 0.01)  # nothing runs yet
        running = asyncio.create_task(batching.run())
        await asyncio.sleep(0.05)
        assert batching.waiting == 0
        assert await batching.ask(2, 30) == 2
        assert asked == [2]
        running.cancel()

    asyncio.run(main())
