"""Errors for people: the right exit code, and a hint at what was meant."""

from erya.core.errors import RunFailed, RunStopped, UserError, did_you_mean


def test_exit_codes() -> None:
    assert UserError("x").exit_code == 2
    assert RunFailed("x").exit_code == 1
    assert [RunStopped("x", code).exit_code for code in (75, 130)] == [75, 130]
    assert UserError.exit_code == 2, "an instance must not change the class"


def test_every_error_for_people_is_caught_as_one() -> None:
    assert issubclass(RunFailed, UserError)
    assert issubclass(RunStopped, UserError)


def test_the_closest_word_is_named() -> None:
    assert did_you_mean("learning_rat", ["learning_rate", "max_steps"]) == "; did you mean 'learning_rate'?"


def test_without_a_close_word_all_are_listed_in_order() -> None:
    assert did_you_mean("zzz", ["max_steps", "dropout"]) == "; allowed: dropout, max_steps"
    assert did_you_mean("zzz", iter(["max_steps"])) == "; allowed: max_steps"
    assert did_you_mean("zzz", []) == ""
