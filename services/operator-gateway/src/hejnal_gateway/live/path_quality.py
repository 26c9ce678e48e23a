"""How a viewer's path does, from its RTCP: loss, round-trip time, what it thinks it can take; whether less should be sent."""

from hejnal_gateway.live.rtcp import BitrateEstimate, ReceptionReport

_THIN_LOSS = 0.1
_THIN_ROUND_TRIP_S = 1.0
_ENOUGH_SHARE = 0.9
"""Of what is sent, that the viewer's estimate must reach."""
_BAD_REPORTS = 3
_GOOD_REPORTS = 20
_SMOOTHING = 0.3


class PathQuality:
    """Takes one source's reception reports.

    `thin` is True once several in a row were bad, until many in a row were good: what is sent is then more than the path
    carries, and a smaller stream shows more.
    """

    def __init__(self) -> None:
        self.loss = 0.0
        """Share of packets lost lately (before they were sent again)."""
        self.round_trip_s: float | None = None
        self.estimate_bps: int | None = None
        self.thin = False
        self._bad = 0
        self._good = 0
        self._sent_bps = 0.0
        self._octets: tuple[int, float] | None = None

    def take_estimate(self, estimate: BitrateEstimate) -> None:
        """REMB."""
        self.estimate_bps = estimate.bits_per_s

    def take_report(self, report: ReceptionReport, *, octets: int, now_s: float, now_ntp_middle: int) -> None:
        """A report on our source. `octets`: sent so far; `now_ntp_middle`: the middle 32 bits of our NTP time."""
        if self._octets is not None and now_s > self._octets[1]:
            self._sent_bps = (octets - self._octets[0]) * 8 / (now_s - self._octets[1])
        self._octets = (octets, now_s)
        self.loss += _SMOOTHING * (report.fraction_lost - self.loss)
        if report.last_sr:
            round_trip = (now_ntp_middle - report.last_sr - report.delay_since_sr) & 0xFFFFFFFF
            if round_trip < 1 << 31:
                self.round_trip_s = round_trip / 65536
        if self._is_bad(report):
            self._bad, self._good = self._bad + 1, 0
        else:
            self._bad, self._good = 0, self._good + 1
        if self._bad >= _BAD_REPORTS:
            self.thin = True
        elif self._good >= _GOOD_REPORTS:
            self.thin = False

    def _is_bad(self, report: ReceptionReport) -> bool:
        too_much = self.estimate_bps is not None and self.estimate_bps < self._sent_bps * _ENOUGH_SHARE
        late = self.round_trip_s is not None and self.round_trip_s > _THIN_ROUND_TRIP_S
        return report.fraction_lost > _THIN_LOSS or late or too_much
