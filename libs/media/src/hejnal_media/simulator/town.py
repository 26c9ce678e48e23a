"""The cameras of a demo town: `cam-001/main`, `cam-001/sub`, `cam-002/main` and so on."""

from dataclasses import replace
from pathlib import Path

from hejnal_media.simulator.clip import MAIN, SUB, ClipSpec, make_clip
from hejnal_media.simulator.mount import Behaviour, Mount
from hejnal_media.simulator.packets import Packetization, packetize_clip


def camera_name(number: int) -> str:
    """`cam-001` for 1."""
    return f"cam-{number:03d}"


def town_mounts(
    cameras: int,
    cache: Path,
    *,
    variants: int = 4,
    main: ClipSpec = MAIN,
    sub: ClipSpec = SUB,
    behaviours: dict[str, Behaviour] | None = None,
    packetization: Packetization = Packetization.FU_A,
    mtu: int = 1400,
    in_band_sets: bool = True,
) -> list[Mount]:
    """Main and sub mounts of `cameras` cameras; those with the same variant share one packetised clip."""
    variants = max(1, min(variants, cameras))
    clips = [
        {
            name: make_clip(replace(spec, hue_degrees=360 * variant // variants), cache)
            for name, spec in (("main", main), ("sub", sub))
        }
        for variant in range(variants)
    ]
    packets = [
        {
            name: packetize_clip(clip, mtu=mtu, packetization=packetization, in_band_sets=in_band_sets)
            for name, clip in pair.items()
        }
        for pair in clips
    ]
    mounts: list[Mount] = []
    for number in range(1, cameras + 1):
        camera = camera_name(number)
        variant = (number - 1) % variants
        behaviour = (behaviours or {}).get(camera) or Behaviour()
        mounts.extend(
            Mount(f"{camera}/{stream}", camera, clips[variant][stream], packets[variant][stream], behaviour)
            for stream in ("main", "sub")
        )
    return mounts
