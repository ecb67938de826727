"""Directions of news as questions ask for them: by name, with their sign, those of policy."""

from __future__ import annotations

from analysis.snapshot.choices import Choices

__all__ = ["list_kinds", "list_policy", "list_policy_ends", "list_policy_first", "list_signs"]

Kind = tuple[tuple[str, ...], bool]


def list_signs(choices: Choices) -> dict[str, int]:
    """Return the expected sign of every direction, in the order of ``study.toml``."""
    return {name: direction.sign for name, direction in choices.directions.items()}


def list_policy(choices: Choices, *sign: int) -> tuple[str, ...]:
    """Return the directions of the policy under study; of these, those with a `sign` asked for."""
    return tuple(
        name
        for name, direction in choices.directions.items()
        if direction.policy and (not sign or direction.sign in sign)
    )


def list_policy_ends(choices: Choices) -> tuple[str, ...]:
    """Return the first direction of policy of either sign: those that pictures set side by side."""
    return tuple(name for sign in (1, -1) for name in list_policy(choices, sign)[:1])


def list_policy_first(choices: Choices) -> tuple[str, ...]:
    """Return all directions, those of policy first."""
    return tuple(dict.fromkeys((*list_policy(choices), *choices.directions)))


def list_kinds(choices: Choices, pooled: str) -> dict[str, Kind]:
    """Return what is pooled, by name: the directions, and whether responses are signed.

    Every direction for itself, then all of policy, signed, under the name `pooled`.
    """
    kinds: dict[str, Kind] = {name: ((name,), False) for name in choices.directions}
    return kinds | {pooled: (list_policy(choices), True)}
