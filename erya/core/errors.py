"""The errors a person is meant to read: one line that says what was got, what is allowed and what to do."""

import difflib
from collections.abc import Iterable


class UserError(Exception):
    """A usage or input error: shown as one line, exit code 2."""

    exit_code = 2


class RunFailed(UserError):  # noqa: N818 - it says what happened to the run
    """A run that started well and could not go on (three bad steps in a row, a lost file): exit code 1."""

    exit_code = 1


class RunStopped(UserError):  # noqa: N818 - a stop that can be resumed is no error
    """A run that saved its state after SIGTERM (exit code 75) or SIGINT (130) and can be resumed."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """`; did you mean 'learning_rate'?` when a choice is close, otherwise the list of choices."""
    known = sorted(choices)
    close = difflib.get_close_matches(word, known, n=1)
    if close:
        return f"; did you mean '{close[0]}'?"
    return f"; allowed: {', '.join(known)}" if known else ""
