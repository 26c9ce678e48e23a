"""Sample entries: how each codec is named and set up in a track (ISO/IEC 14496-15, 14496-14; Opus in ISOBMFF)."""

import struct

from hejnal_media.access_unit import AudioParameters, CodecParameters, VideoKind
from hejnal_media.fmp4.boxes import box, elementary_stream
from hejnal_media.h265.parameter_sets import PPS, SPS, VPS, parse_sps

VIDEO_TRACK, AUDIO_TRACK = 1, 2
_VISUAL, _AUDIO = 4, 5  # stream types (ISO/IEC 14496-1 §7.2.6.6.2)
_JPEG, _AAC = 0x6C, 0x40  # object types
_MAX_ENTRY_RATE = 0xFFFF


def _avcc(parameters: CodecParameters) -> bytes:
    """AVCDecoderConfigurationRecord (ISO/IEC 14496-15 §5.3.3.1)."""
    sps = parameters.sps
    pps = parameters.pps[:255]
    record = bytes((1, sps[1], sps[2], sps[3], 0xFF, 0xE1)) + struct.pack(">H", len(sps)) + sps + bytes((len(pps),))
    return box(b"avcC", record, *(struct.pack(">H", len(unit)) + unit for unit in pps))


def _hvcc(parameters: CodecParameters) -> bytes:
    """HEVCDecoderConfigurationRecord (ISO/IEC 14496-15 §8.3.3.1). Raises ParameterSetError."""
    found = parse_sps(parameters.sps)
    record = bytes((1,)) + found.profile
    record += struct.pack(
        ">HBBBBHB",
        0xF000,  # min_spatial_segmentation_idc: not known
        0xFC,  # parallelismType: not known
        0xFC | found.chroma_format,
        0xF8 | found.luma_bits - 8,
        0xF8 | found.chroma_bits - 8,
        0,  # avgFrameRate: not known
        found.temporal_layers << 3 | found.temporal_nesting << 2 | 3,  # length prefixes of 4 bytes
    )
    arrays = [(VPS, (parameters.vps,)), (SPS, (parameters.sps,)), (PPS, parameters.pps)]
    content = [record, bytes((len(arrays),))]
    for kind, units in arrays:
        content.append(struct.pack(">BH", 0x80 | kind, len(units)))
        content += [struct.pack(">H", len(unit)) + unit for unit in units]
    return box(b"hvcC", *content)


def video_sample_entry(parameters: CodecParameters) -> bytes:
    """`avc1`, `hvc1`, or `mp4v` with the object type of JPEG (what FFmpeg and VLC read as Motion JPEG)."""
    if parameters.kind is VideoKind.H265:
        kind, config = b"hvc1", _hvcc(parameters)
    elif parameters.kind is VideoKind.MJPEG:
        kind, config = b"mp4v", elementary_stream(VIDEO_TRACK, _JPEG, _VISUAL)
    else:
        kind, config = b"avc1", _avcc(parameters)
    return box(
        kind,
        b"\0" * 6 + struct.pack(">H", 1) + b"\0" * 16,
        struct.pack(">HHIIIH", parameters.width, parameters.height, 0x480000, 0x480000, 0, 1),
        b"\0" * 32 + struct.pack(">Hh", 24, -1),
        config,
    )


def audio_sample_entry(parameters: AudioParameters) -> bytes:
    """`mp4a`, `Opus`, `alaw` or `ulaw`. Raises ValueError for another codec."""
    codec = parameters.codec
    if codec.startswith("mp4a."):
        kind, config = b"mp4a", elementary_stream(AUDIO_TRACK, _AAC, _AUDIO, parameters.config)
    elif codec == "opus":
        # no pre-skip: what a live stream begins with is not the encoder's beginning
        kind, config = b"Opus", box(b"dOps", struct.pack(">BBHIhB", 0, parameters.channels, 0, parameters.sample_rate, 0, 0))
    elif codec in ("alaw", "ulaw"):
        kind, config = codec.encode(), b""
    else:
        raise ValueError(f"no sample entry for sound of {codec}")
    rate = parameters.sample_rate if parameters.sample_rate <= _MAX_ENTRY_RATE else 0
    return box(
        kind,
        b"\0" * 6 + struct.pack(">H", 1) + b"\0" * 8,
        struct.pack(">HHII", parameters.channels, 16, 0, rate << 16),
        config,
    )
