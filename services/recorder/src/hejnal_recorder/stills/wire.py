"""What the recorder and its decoding process say to each other: a line of JSON, then bytes."""

import json
from dataclasses import asdict, dataclass
from typing import Literal

StillFormat = Literal["jpeg", "png"]


@dataclass(frozen=True, slots=True)
class StillRequest:
    """A picture that is wanted."""

    media: bytes
    """The head of the file, and fragments from a key frame on."""
    after_ticks: int
    """The picture that is on the screen so long after the first one, at the clock of the run."""
    timescale: int
    format: StillFormat
    width: int
    """Not wider than this; 0: as recorded."""


@dataclass(frozen=True, slots=True)
class Still:
    """A picture."""

    data: bytes
    after_ticks: int
    """When it was taken: so long after the first picture."""
    width: int
    height: int


def encode_request(request: StillRequest) -> bytes:
    """The bytes to send."""
    head = {name: value for name, value in asdict(request).items() if name != "media"}
    return json.dumps(head).encode() + b"\n" + request.media


def decode_request(message: bytes) -> StillRequest:
    """From the bytes received. ValueError when they are none."""
    head, _, media = message.partition(b"\n")
    return StillRequest(media=media, **json.loads(head))


def encode_still(still: Still) -> bytes:
    """The bytes to send."""
    head = {"after_ticks": still.after_ticks, "width": still.width, "height": still.height}
    return json.dumps(head).encode() + b"\n" + still.data


def decode_answer(message: bytes) -> Still | str:
    """A still, or why there is none. ValueError when it is neither."""
    line, _, data = message.partition(b"\n")
    head = json.loads(line)
    if "refused" in head:
        return str(head["refused"])
    return Still(data, int(head["after_ticks"]), int(head["width"]), int(head["height"]))
