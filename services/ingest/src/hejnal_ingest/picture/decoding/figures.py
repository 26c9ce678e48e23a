"""Measuring one decoded picture, by itself and against a reference. Runs in the decoding process only."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hejnal_ingest.picture.decoding.wire import LUMA_HEIGHT, LUMA_WIDTH

Floats = NDArray[np.float32]

_WHITE, _BLACK = 245, 12
_TILES_X, _TILES_Y = 8, 5
_BLEND = 0.08
"""Share of a new healthy picture in the reference: passers-by vanish, the sun's way through the day is followed."""
_FLAT_SHARE = 0.3
_LOST_BELOW = 0.35
_MAX_SHIFT = 0.45


@dataclass(frozen=True, slots=True)
class Gradients:
    """Direction and strength of brightness changes; `soft` forgets gain, so that a camera's AGC changes nothing."""

    x: Floats
    y: Floats
    strength: Floats
    soft_x: Floats
    soft_y: Floats


def as_picture(luma: bytes) -> Floats:
    """A kept picture as numbers."""
    return np.frombuffer(luma, np.uint8).reshape(LUMA_HEIGHT, LUMA_WIDTH).astype(np.float32)


def gradients(picture: Floats) -> Gradients:
    """Central differences of the slightly smoothed picture."""
    smooth = _smooth(picture)
    x = np.zeros_like(smooth)
    y = np.zeros_like(smooth)
    x[:, 1:-1] = (smooth[:, 2:] - smooth[:, :-2]) / 2
    y[1:-1, :] = (smooth[2:, :] - smooth[:-2, :]) / 2
    strength: Floats = np.hypot(x, y)
    scale = strength + np.float32(max(1.5, float(strength.mean())))
    return Gradients(x, y, strength, x / scale, y / scale)


def share_white(picture: Floats) -> float:
    """Share of white pixels."""
    return float((picture >= _WHITE).mean())


def share_black(picture: Floats) -> float:
    """Share of black pixels."""
    return float((picture <= _BLACK).mean())


def mean_step(picture: Floats) -> float:
    """Mean difference between neighbours."""
    return float(np.abs(np.diff(picture, axis=1)).mean() + np.abs(np.diff(picture, axis=0)).mean())


def coarse_contrast(picture: Floats) -> float:
    """Standard deviation over tiles."""
    return float(_tiles(picture).std())


def likeness(one: Gradients, other: Gradients) -> float:
    """Correlation of gradient fields, -1 … 1."""
    product = float((one.soft_x * other.soft_x + one.soft_y * other.soft_y).sum())
    norm = np.sqrt(float((one.soft_x**2 + one.soft_y**2).sum()) * float((other.soft_x**2 + other.soft_y**2).sum()))
    return float(product / norm) if norm > 0 else 0.0


def tone(one: Floats, other: Floats) -> float:
    """Correlation of brightness over coarse tiles."""
    a, b = _tiles(one).ravel(), _tiles(other).ravel()
    a, b = a - a.mean(), b - b.mean()
    norm = float(np.sqrt((a**2).sum() * (b**2).sum()))
    return float((a * b).sum()) / norm if norm > 1 else 0.0


def flat_share(now: Gradients, reference: Gradients) -> float:
    """Share of the reference's textured tiles that have lost their texture."""
    before, after = _tiles(reference.strength), _tiles(now.strength)
    textured = before > 0.6 * float(np.median(before))
    return float((after[textured] < _FLAT_SHARE * before[textured]).mean()) if textured.any() else 0.0


def lost_share(now: Gradients, reference: Gradients) -> float:
    """Share of the reference's textured tiles in which the scene is not to be seen any more, whatever is there instead."""
    before = _tiles(reference.strength)
    textured = before > 0.6 * float(np.median(before))
    product = _tiles(now.soft_x * reference.soft_x + now.soft_y * reference.soft_y)
    norm = np.sqrt(_tiles(now.soft_x**2 + now.soft_y**2) * _tiles(reference.soft_x**2 + reference.soft_y**2))
    correlation = product / np.maximum(norm, 1e-6)
    return float((correlation[textured] < _LOST_BELOW).mean()) if textured.any() else 0.0


def find_shift(now: Gradients, reference: Gradients) -> tuple[float, float]:
    """(how far the scene has moved in picture widths, likeness after moving it back), by phase correlation."""
    window = np.outer(np.hanning(LUMA_HEIGHT), np.hanning(LUMA_WIDTH)).astype(np.float32)
    a = np.fft.rfft2(now.soft_x * window), np.fft.rfft2(now.soft_y * window)
    b = np.fft.rfft2(reference.soft_x * window), np.fft.rfft2(reference.soft_y * window)
    cross = a[0] * np.conj(b[0]) + a[1] * np.conj(b[1])
    surface = np.fft.irfft2(cross / (np.abs(cross) + 1e-3 * float(np.abs(cross).max()) + 1e-9), (LUMA_HEIGHT, LUMA_WIDTH))
    row, column = np.unravel_index(int(surface.argmax()), surface.shape)
    down = int(row) - (LUMA_HEIGHT if row > LUMA_HEIGHT // 2 else 0)
    right = int(column) - (LUMA_WIDTH if column > LUMA_WIDTH // 2 else 0)
    if abs(down) > _MAX_SHIFT * LUMA_HEIGHT or abs(right) > _MAX_SHIFT * LUMA_WIDTH:
        return 0.0, likeness(now, reference)
    return float(np.hypot(right, down)) / LUMA_WIDTH, likeness(_part(now, down, right), _part(reference, -down, -right))


def noise_sigma(picture: NDArray[np.uint8]) -> float:
    """Noise of a part of the full-size picture (Immerkær, "Fast noise variance estimation", 1996), least of nine places."""
    height, width = picture.shape
    side_y, side_x = min(height // 3, 128), min(width // 3, 128)
    if side_y < 16 or side_x < 16:
        return 0.0
    found = []
    for part_y in range(3):
        for part_x in range(3):
            top, left = part_y * height // 3, part_x * width // 3
            place = picture[top : top + side_y, left : left + side_x].astype(np.float32)
            if place.mean() < 4 or place.mean() > 250:
                continue  # clipped: noise does not show
            rows = place[:-2] - 2 * place[1:-1] + place[2:]
            mask = rows[:, :-2] - 2 * rows[:, 1:-1] + rows[:, 2:]
            found.append(float(np.sqrt(np.pi / 2) / 6 * np.abs(mask).mean()))
    return min(found, default=0.0)


def blend(reference: Floats, picture: Floats) -> bytes:
    """The reference, moved a little towards the picture."""
    return (reference + _BLEND * (picture - reference) + 0.5).clip(0, 255).astype(np.uint8).tobytes()


def _part(field: Gradients, down: int, right: int) -> Gradients:
    def cut(values: Floats) -> Floats:
        rows = values[max(0, down) : LUMA_HEIGHT + min(0, down)]
        return rows[:, max(0, right) : LUMA_WIDTH + min(0, right)]

    return Gradients(cut(field.x), cut(field.y), cut(field.strength), cut(field.soft_x), cut(field.soft_y))


def _smooth(picture: Floats) -> Floats:
    padded = np.pad(picture, 1, mode="edge")
    rows = (padded[:-2] + 2 * padded[1:-1] + padded[2:]) / 4
    return ((rows[:, :-2] + 2 * rows[:, 1:-1] + rows[:, 2:]) / 4).astype(np.float32)


def _tiles(values: Floats) -> Floats:
    tiles = values.reshape(_TILES_Y, LUMA_HEIGHT // _TILES_Y, _TILES_X, LUMA_WIDTH // _TILES_X)
    result: Floats = tiles.mean(axis=(1, 3)).astype(np.float32)
    return result
