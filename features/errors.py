"""Errors that a user can mend, told in one line."""

from collections.abc import Iterable
from difflib import get_close_matches


class InputError(ValueError):
    """Something the user gave cannot be used; the message says what, where and what is allowed.

    The command line prints the message alone and exits with status 2.
    """


class WorkError(RuntimeError):
    """Work on good input failed; the command line prints the message alone and exits with 1."""


def one_line(text: str) -> str:
    r"""Return text as one line: what a file held may neither break it nor command a terminal.

    Examples
    --------
    >>> one_line("a.csv has '\x1b[2J\n' as Mass")
    "a.csv has ' [2J ' as Mass"
    """
    return "".join(sign if sign.isprintable() else " " for sign in text)


def unknown(kind: str, given: object, allowed: Iterable[str], where: str = "") -> InputError:
    """Make the error for a name that is not one of `allowed`.

    Parameters
    ----------
    kind : str
        What the name was meant to be, for example ``"model"``.
    given : object
        What stands there instead.
    allowed : iterable of str
        Every name that would have been right.
    where : str, optional
        The file, table or option in which `given` stands.

    Returns
    -------
    InputError
        To be raised by the caller.

    Examples
    --------
    >>> print(unknown("model", "cnn7", ["cnn6", "resnet50"]))
    unknown model 'cnn7'; did you mean 'cnn6'? Available: cnn6, resnet50
    """
    names = sorted(allowed)
    near = get_close_matches(str(given), names, n=1, cutoff=0.5)
    hint = f"; did you mean '{near[0]}'?" if near else "."
    place = f" in {where}" if where else ""
    return InputError(f"unknown {kind} '{given}'{place}{hint} Available: {', '.join(names)}")
