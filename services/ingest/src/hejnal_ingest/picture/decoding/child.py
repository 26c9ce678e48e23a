"""The decoding process: reads a request, answers it, again and again, under limits the kernel enforces."""

import contextlib
import os
import resource
import sys

from hejnal_ingest.picture.decoding.wire import HEAD_BYTES, WireError, decode_request, encode_look, encode_refusal, split_head

_MEMORY_BYTES = 1536 * 1024 * 1024
_CPU_PER_PICTURE_S = 4
_NICE = 15


def main() -> int:
    """Serves standard input until it ends."""
    os.nice(_NICE)
    from hejnal_ingest.picture.decoding.look import UndecodableError, look

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))
    source, target = sys.stdin.buffer, sys.stdout.buffer
    while len(head := source.read(HEAD_BYTES)) == HEAD_BYTES:
        _, size = split_head(head)
        body = source.read(size)
        if len(body) < size:
            return 1
        used = resource.getrusage(resource.RUSAGE_SELF)
        limit_s = int(used.ru_utime + used.ru_stime) + 1 + _CPU_PER_PICTURE_S
        resource.setrlimit(resource.RLIMIT_CPU, (limit_s, resource.RLIM_INFINITY))
        try:
            answer = encode_look(look(decode_request(head + body)))
        except (UndecodableError, WireError) as error:
            answer = encode_refusal(str(error))
        target.write(answer)
        target.flush()
    return 0


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt, BrokenPipeError):
        sys.exit(main())
