"""The init segment: what a player must know before the first fragment."""

import struct

from hejnal_media.access_unit import AudioParameters, CodecParameters, VideoKind
from hejnal_media.fmp4.boxes import box, full_box
from hejnal_media.fmp4.sample_entries import AUDIO_TRACK, VIDEO_TRACK, audio_sample_entry, video_sample_entry

_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x4000_0000)
_FULL_VOLUME = 0x100
_BRANDS = {VideoKind.H264: b"iso6avc1mp41", VideoKind.H265: b"iso6hvc1mp41", VideoKind.MJPEG: b"iso6mp41"}


def init_segment(parameters: CodecParameters, audio: AudioParameters | None = None) -> bytes:
    """`ftyp` + `moov`: video is track 1, sound (if any) track 2. The same parameters give the same bytes.

    Raises ParameterSetError, ValueError for parameters that no depacketizer gives.
    """
    tracks = [_video_track(parameters)]
    extends = [_track_defaults(VIDEO_TRACK)]
    if audio is not None:
        tracks.append(_audio_track(audio))
        extends.append(_track_defaults(AUDIO_TRACK))
    header = full_box(
        b"mvhd",
        0,
        0,
        struct.pack(">IIIIIH10x", 0, 0, 1000, 0, 0x10000, _FULL_VOLUME),
        _MATRIX,
        b"\0" * 24,
        struct.pack(">I", len(tracks) + 1),
    )
    brands = box(b"ftyp", b"iso6" + struct.pack(">I", 512) + _BRANDS[parameters.kind])
    return brands + box(b"moov", header, *tracks, box(b"mvex", *extends))


def _track_defaults(track_id: int) -> bytes:
    return full_box(b"trex", 0, 0, struct.pack(">IIIII", track_id, 1, 0, 0, 0))


def _video_track(parameters: CodecParameters) -> bytes:
    side = struct.pack(">II", parameters.width << 16, parameters.height << 16)
    media = _media(parameters.clock_rate, b"vide", b"video", full_box(b"vmhd", 0, 1, b"\0" * 8), video_sample_entry(parameters))
    return box(b"trak", _track_header(VIDEO_TRACK, 0, side), media)


def _audio_track(parameters: AudioParameters) -> bytes:
    media = _media(parameters.sample_rate, b"soun", b"sound", full_box(b"smhd", 0, 0, b"\0" * 4), audio_sample_entry(parameters))
    return box(b"trak", _track_header(AUDIO_TRACK, _FULL_VOLUME, b"\0" * 8), media)


def _track_header(track_id: int, volume: int, side: bytes) -> bytes:
    return full_box(b"tkhd", 0, 3, struct.pack(">IIIII8xhhhh", 0, 0, track_id, 0, 0, 0, 0, volume, 0), _MATRIX, side)


def _media(timescale: int, handler: bytes, name: bytes, header: bytes, entry: bytes) -> bytes:
    empty = struct.pack(">I", 0)
    table = box(
        b"stbl",
        full_box(b"stsd", 0, 0, struct.pack(">I", 1), entry),
        full_box(b"stts", 0, 0, empty),
        full_box(b"stsc", 0, 0, empty),
        full_box(b"stsz", 0, 0, empty, empty),
        full_box(b"stco", 0, 0, empty),
    )
    data = box(b"dinf", full_box(b"dref", 0, 0, struct.pack(">I", 1), full_box(b"url ", 0, 1)))
    return box(
        b"mdia",
        full_box(b"mdhd", 0, 0, struct.pack(">IIIIHH", 0, 0, timescale, 0, 0x55C4, 0)),
        full_box(b"hdlr", 0, 0, struct.pack(">I4s12x", 0, handler), name + b"\0"),
        box(b"minf", header, data, table),
    )
