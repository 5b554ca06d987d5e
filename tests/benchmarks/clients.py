"""Client processes that do one thing over and over for so many seconds: as many at once as a slice asks for."""

import multiprocessing
import time
from collections.abc import Callable
from multiprocessing.connection import Connection

Work = Callable[[], None]


def serve(make_work: Callable[[int], Work], number: int, orders: Connection) -> None:
    """One client: connects and warms up, then runs each slice it is asked for; None ends it."""
    work = make_work(number)
    for _ in range(20):
        work()
    orders.send(0.0)
    while (seconds := orders.recv()) is not None:
        done, began = 0, time.perf_counter()
        end = began + seconds
        while time.perf_counter() < end:
            work()
            done += 1
        orders.send(done / (time.perf_counter() - began))


class Clients:
    """
    Processes made once and used for every slice, so that a slice measures work and not starting up.

    make_work(number) runs in the client and returns what it repeats
    """

    def __init__(self, make_work: Callable[[int], Work], count: int) -> None:
        fork = multiprocessing.get_context("fork")
        self.ends: list[Connection] = []
        self.processes = []
        for number in range(count):
            ours, theirs = fork.Pipe()
            process = fork.Process(target=serve, args=(make_work, number, theirs), daemon=True)
            process.start()
            theirs.close()
            self.ends.append(ours)
            self.processes.append(process)
        for end in self.ends:
            end.recv()

    def rate(self, count: int, seconds: float) -> float:
        """Transactions per second of `count` clients together."""
        used = self.ends[:count]
        for end in used:
            end.send(seconds)
        return sum(end.recv() for end in used)

    def stop(self) -> None:
        for end in self.ends:
            end.send(None)
        for process in self.processes:
            process.join(10)
