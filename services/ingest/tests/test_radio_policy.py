"""When the sub stream is recorded instead of the main one. Pure."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from hejnal_ingest.radio.meter import StreamMeter
from hejnal_ingest.radio.policy import LinkPolicy, LinkThresholds, Step
from hejnal_media.access_unit import AccessUnit

LIMITS = LinkThresholds()
TICK_S = 0.5


class Town:
    """Time that passes in half seconds, and a link of a given share of what the main stream needs."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.policy = LinkPolicy(0.0)
        self.backlog_s = 0.0
        self.steps: list[tuple[float, Step]] = []

    def pass_time(self, seconds: float, *, share: float) -> None:
        for _ in range(int(seconds / TICK_S)):
            self.now_s += TICK_S
            pulled = self.policy.recorded == "main" or self.policy.probing
            self.backlog_s = max(0.0, self.backlog_s + TICK_S * (1 - share)) if pulled else 0.0
            if pulled and share > 0:
                self.policy.main_lag(self.backlog_s, self.now_s)
            step = self.policy.decide(self.now_s)
            if step is not None:
                self.steps.append((self.now_s, step))

    def taken(self) -> list[Step]:
        return [step for _, step in self.steps]


def test_a_thin_link_is_seen_within_ten_seconds_and_room_within_a_minute():
    town = Town()
    town.pass_time(300, share=1.0)
    assert not town.steps
    town.pass_time(10, share=0.25)
    assert town.taken() == [Step.RECORD_SUB]
    assert not town.policy.late or town.policy.recorded == "sub"
    town.pass_time(120, share=0.25)
    assert set(town.taken()[1:]) == {Step.PROBE_MAIN, Step.END_PROBE}
    wide_s = town.now_s
    town.pass_time(60, share=1.5)
    assert town.steps[-1][1] is Step.RECORD_MAIN
    assert town.steps[-1][0] - wide_s <= 60


def test_a_probe_is_given_up_at_the_first_sign():
    town = Town()
    town.pass_time(200, share=0.25)
    probes = [(at, step) for at, step in town.steps if step in (Step.PROBE_MAIN, Step.END_PROBE)]
    lasted = [later[0] - earlier[0] for earlier, later in itertools.pairwise(probes) if earlier[1] is Step.PROBE_MAIN]
    assert lasted
    assert max(lasted) <= 2


def test_a_link_that_falls_again_and_again_is_left_on_sub_longer_and_longer():
    town = Town()
    stays: list[float] = []
    for _ in range(6):
        while town.policy.recorded == "main":
            town.pass_time(1, share=0.3)
        fell_s = town.now_s
        while town.policy.recorded == "sub":
            town.pass_time(1, share=2)
        stays.append(town.now_s - fell_s)
        town.pass_time(20, share=2)
    assert all(later >= 1.5 * earlier for earlier, later in itertools.pairwise(stays[:5]))
    town.pass_time(LIMITS.healthy_s + 10, share=2)
    town.pass_time(20, share=0.3)
    fell_s = next(at for at, step in reversed(town.steps) if step is Step.RECORD_SUB)
    town.pass_time(60, share=2)
    assert town.steps[-1][1] is Step.RECORD_MAIN
    assert town.steps[-1][0] - fell_s < 60


def test_a_link_that_stood_still_for_a_moment_is_let_alone():
    policy, now_s = LinkPolicy(0.0), 0.0
    for lag_s in (0.0, 0.01, 0.0, None, None, None, None, 1.9, 1.2, 0.6, 0.1, 0.0, None, None, 1.1, 0.7, 0.2, 0.0):
        now_s += TICK_S
        if lag_s is not None:
            policy.main_lag(lag_s, now_s)
        assert policy.decide(now_s) is None


def test_breaks_of_a_late_stream_count_and_others_do_not():
    policy = LinkPolicy(0.0)
    policy.main_broke(6.0)
    assert policy.decide(6.0) is None
    policy.main_broke(90.0)
    assert policy.decide(90.0) is None
    policy.main_broke(100.0)
    assert policy.decide(100.0) is Step.RECORD_SUB
    assert "broke" in policy.reason


def test_a_main_stream_that_gives_nothing_ends_the_probe():
    policy = LinkPolicy(0.0)
    policy.main_lag(9, 1.0)
    assert policy.decide(1.0) is None  # it has only begun
    policy.main_lag(9, 6.0)
    assert policy.decide(6.0) is Step.RECORD_SUB
    assert policy.decide(6.0 + LIMITS.stay_s) is Step.PROBE_MAIN
    assert policy.decide(6.0 + LIMITS.stay_s + LIMITS.first_picture_s) is Step.END_PROBE


def test_a_stream_that_catches_up_after_a_long_halt_is_let_alone():
    policy, now_s = LinkPolicy(0.0), 20.0
    policy.main_lag(0.0, now_s)
    for lag_s in (30.0, 22.0, 14.0, 6.0, 0.4, 0.0):
        now_s += TICK_S
        policy.main_lag(lag_s, now_s)
        if lag_s < 30:
            assert policy.decide(now_s) is None


@given(st.lists(st.tuples(st.floats(0, 20), st.booleans(), st.floats(0.1, 5)), max_size=300))
def test_it_never_flaps(measurements):
    policy, now_s, changes = LinkPolicy(0.0), 0.0, []
    for lag_s, broke, later_s in measurements:
        now_s += later_s
        policy.main_lag(lag_s, now_s)
        if broke:
            policy.main_broke(now_s)
        step = policy.decide(now_s)
        if step in (Step.RECORD_SUB, Step.RECORD_MAIN):
            changes.append((now_s, step))
    assert all(earlier[1] is not later[1] for earlier, later in itertools.pairwise(changes))
    stays = [later[0] - earlier[0] for earlier, later in itertools.pairwise(changes) if earlier[1] is Step.RECORD_SUB]
    assert all(stay >= LIMITS.stay_s for stay in stays)


def test_the_meter_measures_lateness_against_the_quickest_picture():
    meter = StreamMeter()
    assert meter.sample() is None
    for number in range(50):
        jitter_us = 30_000 if number % 3 else 0
        meter.observe(AccessUnit(number * 3600, 5_000_000 + number * 40_000 + jitter_us, False, [b"x"], 1))
    assert meter.sample() == 0
    meter.observe(AccessUnit(50 * 3600, 5_000_000 + 50 * 40_000 + 2_500_000, False, [b"x"], 1))
    assert meter.sample() == 2.5
    meter.interrupted()
    assert meter.interrupted_when_late == 1
    meter.observe(AccessUnit(0, 90_000_000, True, [b"x"], 1))
    assert meter.sample() == 0
