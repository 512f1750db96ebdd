"""Pieces worked on in several threads: the order of results and errors, the bound, and no thread left behind."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from pipelines.read.side_by_side import MOST_WORKERS, cores, in_order


def readers() -> list[threading.Thread]:
    """Return the threads that work on pieces."""
    return [thread for thread in threading.enumerate() if thread.name.startswith("read")]


def test_results_come_in_the_order_of_the_items_whatever_ends_first() -> None:
    second = threading.Event()

    def work(number: int) -> int:
        if number == 0:
            assert second.wait(10)  # two at the same time, and the later one is done first
        if number == 1:
            second.set()
        return number * number

    assert list(in_order(work, range(50), workers=2, ahead=4)) == [number * number for number in range(50)]
    assert not readers()


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_no_item_gives_no_result(workers: int) -> None:
    assert list(in_order(str, [], workers=workers, ahead=3)) == []
    assert not readers()


@pytest.mark.parametrize("workers", [1, 3])
def test_an_error_is_raised_in_its_turn_and_ends_the_work(workers: int) -> None:
    def work(number: int) -> int:
        if number in (3, 4):
            raise ValueError(f"piece {number}")
        return number

    results = in_order(work, range(100), workers=workers, ahead=8)
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="piece 3"):
        next(results)
    assert list(results) == []
    assert not readers()


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_of_the_items_comes_behind_the_results_before_it(workers: int) -> None:
    def items() -> Iterator[int]:
        yield 1
        yield 2
        raise ValueError("the file breaks off")

    results = in_order(abs, items(), workers=workers, ahead=8)
    assert [next(results), next(results)] == [1, 2]
    with pytest.raises(ValueError, match="the file breaks off"):
        next(results)
    assert not readers()


def test_no_more_items_are_taken_than_allowed() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for number in range(100):
            taken.append(number)
            yield number

    results = in_order(abs, items(), workers=2, ahead=3)
    for number in range(20):
        assert next(results) == number
        assert len(taken) == number + 3
    results.close()
    assert len(taken) == 22


def test_items_are_taken_in_the_thread_that_asks() -> None:
    def items() -> Iterator[str]:
        for _ in range(5):
            yield threading.current_thread().name

    own = threading.current_thread().name
    assert list(in_order(str, items(), workers=2, ahead=2)) == [own] * 5


def test_a_stream_that_is_left_early_leaves_no_thread_and_begins_nothing_more() -> None:
    begun: list[int] = []
    goes_on = threading.Event()

    def work(number: int) -> int:
        begun.append(number)
        if number:
            assert goes_on.wait(10)
        return number

    results = in_order(work, range(100), workers=1 + 1, ahead=6)
    assert next(results) == 0
    assert readers()
    goes_on.set()
    results.close()
    assert not readers()
    assert len(begun) <= 6


def test_with_one_worker_all_happens_here_one_at_a_time() -> None:
    results = in_order(lambda _: threading.current_thread(), iter([1, 2]), workers=1, ahead=9)
    assert list(results) == [threading.current_thread()] * 2


def test_the_cores_of_this_process_count_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    for allowed, expected in ((1, 1), (2, 2), (64, MOST_WORKERS)):
        monkeypatch.setattr("os.sched_getaffinity", lambda _, n=allowed: set(range(n)), raising=False)
        assert cores() == expected
    monkeypatch.delattr("os.sched_getaffinity")
    monkeypatch.setattr("os.cpu_count", lambda: None)
    assert cores() == 1
