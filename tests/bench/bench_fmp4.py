"""Our fMP4 writer against PyAV's muxer: CPU for one fragment of a 1080p camera (50 pictures, 1 MB), in one process and run.

Both get the same access units with length prefixes and give the bytes of one fragment, ready to be written: ours through
`FragmentBuilder`, with times, stamp and the join of the pieces; PyAV's through `movenc` with a fragment per key frame into
memory. Rounds alternate, so that both see the same machine. `python tests/bench/bench_fmp4.py [--fragments 400] [--rounds 5]`
"""

import argparse
import io
import json
import os
import random
import statistics
import time
from fractions import Fraction

import av

from hejnal_ingest.spool.fragments import FragmentBuilder
from hejnal_media.access_unit import AccessUnit, CodecParameters
from hejnal_media.testing_streams import encode_pictures, parameters_of

PICTURES, KEY_BYTES, DELTA_BYTES, PACKET_BYTES = 50, 150_000, 17_500, 1398
TICKS = 3600


def group(chance: random.Random) -> list[list[bytes]]:
    """The pieces of each picture, as a depacketizer leaves them."""
    pictures: list[list[bytes]] = []
    for number in range(PICTURES):
        size = KEY_BYTES if number == 0 else DELTA_BYTES
        header = b"\x65" if number == 0 else b"\x41"
        pieces = [(size + 1).to_bytes(4, "big") + header]
        pieces += [chance.randbytes(min(PACKET_BYTES, size - at)) for at in range(0, size, PACKET_BYTES)]
        pictures.append(pieces)
    return pictures


def ours(parameters: CodecParameters, pictures: list[list[bytes]], fragments: int) -> tuple[float, int]:
    """CPU seconds and bytes."""
    ids = iter(range(10**9))
    builder = FragmentBuilder("cam-001", parameters, segment_s=60, new_id=lambda: str(next(ids)))
    sizes = [sum(map(len, pieces)) for pieces in pictures]
    written = 0
    began = time.process_time()
    for number in range((fragments + 1) * PICTURES):
        place = number % PICTURES
        unit = AccessUnit(number * TICKS, number * 40_000, place == 0, pictures[place], sizes[place])
        fragment = builder.add(unit)
        if fragment is not None:
            written += len(b"".join((fragment.head, *fragment.pieces)))
    return time.process_time() - began, written


def pyavs(parameters: CodecParameters, pictures: list[list[bytes]], fragments: int) -> tuple[float, int]:
    """The same by `movenc`; its input has to be in one piece."""
    target = io.BytesIO()
    options = {"movflags": "frag_keyframe+empty_moov+default_base_moof+skip_trailer", "flush_packets": "1"}
    with av.open(target, "w", format="mp4", options=options) as container:
        stream = container.add_stream("h264", rate=25)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = parameters.width, parameters.height, "yuv420p"
        sets = (parameters.sps, *parameters.pps)
        stream.codec_context.extradata = b"".join(b"\0\0\0\1" + unit for unit in sets)
        stream.time_base = Fraction(1, 90_000)
        written = 0
        began = time.process_time()
        for number in range((fragments + 1) * PICTURES):
            place = number % PICTURES
            # movenc takes start codes where the extradata has them; four bytes either way
            data = b"\0\0\0\1" + b"".join(pictures[place])[4:]
            packet = av.Packet(data)
            packet.stream, packet.time_base = stream, Fraction(1, 90_000)
            packet.pts = packet.dts = number * TICKS
            packet.duration, packet.is_keyframe = TICKS, place == 0
            container.mux(packet)
            if place == 0 and number:
                written += target.tell()
                target.seek(0)
                target.truncate()
        spent = time.process_time() - began
    return spent, written


def main() -> None:
    """Prints a JSON line per writer."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fragments", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    parameters = parameters_of("libx264", encode_pictures("libx264", "bframes=0", 2, (1920, 1080)))
    pictures = group(random.Random(7))
    measured: dict[str, list[tuple[float, int]]] = {"ours": [], "pyav": []}
    for _ in range(arguments.rounds):
        measured["ours"].append(ours(parameters, pictures, arguments.fragments))
        measured["pyav"].append(pyavs(parameters, pictures, arguments.fragments))
    for writer, rounds in measured.items():
        spent = statistics.median(seconds for seconds, _ in rounds) / arguments.fragments
        line = {
            "bench": "fmp4",
            "writer": writer,
            "cpu_us_per_fragment": round(spent * 1e6, 1),
            "bytes_per_fragment": rounds[0][1] // arguments.fragments,
            "core_percent_of_190_cameras_2_s_gops": round(spent * 190 / 2 * 100, 3),
            "load_1min": round(os.getloadavg()[0], 2),
        }
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
