"""Asks what may never answer, such as a share whose server is gone, without waiting for ever."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Answer = TypeVar("Answer")

ANSWER_S_MAX = 0.2
THREADS_MAX = 64


@dataclass(slots=True)
class _Question(Generic[Answer]):
    """One call in a thread of its own, and what became of it."""

    done: threading.Event = field(default_factory=threading.Event)
    answer: Answer | None = None
    error: OSError | None = None


class Asker(Generic[Answer]):
    """Calls a function in threads; one call a name at a time, so that a dead share holds one thread, not many."""

    def __init__(self, function: Callable[[str], Answer], answer_s_max: float = ANSWER_S_MAX) -> None:
        self._function = function
        self._answer_s_max = answer_s_max
        self._open: dict[str, _Question[Answer]] = {}

    def ask(self, name: str) -> Answer:
        """Return the answer, which may be that to an earlier call; raise TimeoutError when there is none yet.

        Raises the function's OSError. A call that hung before is not waited for: only its first one costs time.
        """
        question = self._open.get(name)
        if question is None:
            # What answered late and is asked for no more, as a share that was unmounted since, makes room.
            if len(self._open) >= THREADS_MAX:
                self._open = {asked: each for asked, each in self._open.items() if not each.done.is_set()}
            if len(self._open) >= THREADS_MAX:
                raise TimeoutError(f"{name}: {THREADS_MAX} calls hang already")
            question = self._open[name] = _Question()
            # A daemon: the kernel may never let go of it, and the process must still be able to end.
            threading.Thread(target=self._call, args=(name, question), daemon=True).start()
            question.done.wait(self._answer_s_max)
        if not question.done.is_set():
            raise TimeoutError(f"{name}: no answer in {self._answer_s_max} s")
        del self._open[name]
        if question.error is not None:
            raise question.error
        assert question.answer is not None
        return question.answer

    def _call(self, name: str, question: _Question[Answer]) -> None:
        try:
            question.answer = self._function(name)
        except OSError as error:
            question.error = error
        finally:
            question.done.set()
