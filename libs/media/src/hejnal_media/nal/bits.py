"""Reads parameter sets bit by bit (ITU-T H.264 §7.2, §9.1; H.265 §7.2, §9.2)."""

MAX_PARAMETER_SET_BYTES = 4096
_MAX_EXP_GOLOMB_ZEROS = 32


class ParameterSetError(ValueError):
    """The bytes are no parameter set we can read."""


class BitReader:
    """Bits of what follows a NAL unit header, or with `escaped=False` of anything.

    Every method raises ParameterSetError at the end of the bits.
    """

    def __init__(self, payload: bytes, *, escaped: bool = True) -> None:
        # emulation prevention bytes are dropped first (§7.4.1)
        rbsp = payload.replace(b"\0\0\3", b"\0\0") if escaped else payload
        self._value = int.from_bytes(rbsp, "big")
        self._size = self._left = len(rbsp) * 8

    @property
    def position(self) -> int:
        """How many bits have been read."""
        return self._size - self._left

    def u(self, bits: int) -> int:
        """An unsigned number of so many bits."""
        if bits > self._left:
            raise ParameterSetError("parameter set ends early")
        self._left -= bits
        return (self._value >> self._left) & ((1 << bits) - 1)

    def ue(self) -> int:
        """An unsigned Exp-Golomb number."""
        zeros = 0
        while self.u(1) == 0:
            zeros += 1
            if zeros > _MAX_EXP_GOLOMB_ZEROS:
                raise ParameterSetError("number out of range")
        return (1 << zeros) - 1 + (self.u(zeros) if zeros else 0)

    def se(self) -> int:
        """A signed Exp-Golomb number."""
        code = self.ue()
        return (code + 1) // 2 if code & 1 else -(code // 2)
