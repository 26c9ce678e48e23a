"""What a privacy mask may look like. Pure."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated

from pydantic import AfterValidator

from hejnal_contracts.cameras import PicturePoint, PrivacyMask

_SMALLEST_SHARE = 1e-6


def _turn(a: PicturePoint, b: PicturePoint, c: PicturePoint) -> float:
    """Positive when a, b, c turn one way, negative the other way, 0 on a line."""
    return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x)


def _on(a: PicturePoint, b: PicturePoint, c: PicturePoint) -> bool:
    return min(a.x, b.x) <= c.x <= max(a.x, b.x) and min(a.y, b.y) <= c.y <= max(a.y, b.y)


def _meet(a: PicturePoint, b: PicturePoint, c: PicturePoint, d: PicturePoint) -> bool:
    """Whether the edges a–b and c–d have a point in common."""
    first, second, third, fourth = _turn(a, b, c), _turn(a, b, d), _turn(c, d, a), _turn(c, d, b)
    if first * second < 0 and third * fourth < 0:
        return True
    touching = ((first, a, b, c), (second, a, b, d), (third, c, d, a), (fourth, c, d, b))
    return any(turn == 0 and _on(start, end, point) for turn, start, end, point in touching)


def area(points: Sequence[PicturePoint]) -> float:
    """Of a simple polygon, as a share of the picture."""
    return abs(sum(a.x * b.y - b.x * a.y for a, b in pairwise([*points, points[0]]))) / 2


def crosses_itself(points: Sequence[PicturePoint]) -> bool:
    """Whether two edges that are no neighbours meet, or a neighbour runs back over the other."""
    count = len(points)
    edges = [(points[number], points[(number + 1) % count]) for number in range(count)]
    for first in range(count):
        for second in range(first + 1, count):
            (a, b), (c, d) = edges[first], edges[second]
            if second == first + 1 or (first == 0 and second == count - 1):
                shared, left, right = (b, a, d) if second == first + 1 else (a, b, c)
                if _turn(left, shared, right) == 0 and (_on(shared, left, right) or _on(shared, right, left)):
                    return True
            elif _meet(a, b, c, d):
                return True
    return False


def _checked(mask: PrivacyMask) -> PrivacyMask:
    if len({(point.x, point.y) for point in mask.points}) != len(mask.points):
        raise ValueError("a corner of the mask is named twice; the last one need not repeat the first")
    if crosses_itself(mask.points):
        raise ValueError("the outline of the mask crosses itself")
    if area(mask.points) < _SMALLEST_SHARE:
        raise ValueError("the mask covers nothing")
    return mask


CheckedMask = Annotated[PrivacyMask, AfterValidator(_checked)]
"""A mask whose outline is a simple polygon."""
