"""The cameras of a demo town: `cam-001/main`, `cam-001/sub`, `cam-002/main` and so on."""

from dataclasses import replace
from pathlib import Path

from hejnal_media.simulator.behaviour import Behaviour
from hejnal_media.simulator.clip import MAIN, SUB, ClipSpec
from hejnal_media.simulator.mount import Mount
from hejnal_media.simulator.packets import Packetization
from hejnal_media.simulator.wardrobe import Wardrobe


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
    wardrobe: Wardrobe | None = None,
) -> list[Mount]:
    """Main and sub mounts of `cameras` cameras; those with the same variant share one packetised clip."""
    variants = max(1, min(variants, cameras))
    shelf = wardrobe or Wardrobe(cache, mtu, packetization, in_band_sets)
    shows = [
        {name: shelf.get(replace(spec, hue_degrees=360 * number // variants)) for name, spec in (("main", main), ("sub", sub))}
        for number in range(variants)
    ]
    mounts: list[Mount] = []
    for number in range(1, cameras + 1):
        camera = camera_name(number)
        pair = shows[(number - 1) % variants]
        behaviour = (behaviours or {}).get(camera) or Behaviour()
        mounts.extend(
            Mount(f"{camera}/{stream}", camera, pair[stream].clip, pair[stream].pictures, behaviour) for stream in ("main", "sub")
        )
    return mounts
