"""Many cases, evenly over all targets: `python -m tests.fuzz.run --cases 1000000 [--seed N] [--target h264]`.

Prints one JSON line per target and one at the end; exit code 1 if a case has failed. A failing case is named by target and
number, and `--only NUMBER` runs it again.
"""

import argparse
import json
import resource
import signal
import sys
import time
import traceback
from types import FrameType

from tests.fuzz.targets import Target, all_targets

CASE_LIMIT_S = 2.0
"""Processor time of one case; a usual one takes a tenth of a millisecond."""
GROWTH_LIMIT_KB = 64 * 1024


class HangError(Exception):
    """A case has taken too long."""


def _too_long(_signal: int, _frame: FrameType | None) -> None:
    raise HangError(f"more than {CASE_LIMIT_S:g} s of processor time")


def run_case(target: Target, number: str) -> None:
    """Raises what the target raises, or HangError."""
    data = target.mutator.make(number)
    signal.setitimer(signal.ITIMER_PROF, CASE_LIMIT_S)
    try:
        target.run(data)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def run_target(target: Target, cases: int, seed: int) -> tuple[int, list[str]]:
    """Runs `cases` cases; gives how many ran and the failures, at most three."""
    signal.signal(signal.SIGPROF, _too_long)
    for data in target.seeds:
        target.run(data)
    failures: list[str] = []
    for index in range(cases):
        number = f"{target.name}/{seed}/{index}"
        try:
            run_case(target, number)
        except Exception:
            failures.append(f"{number}\n{traceback.format_exc()}")
            if len(failures) == 3:
                return index + 1, failures
    return cases, failures


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.run", description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--target", default="")
    parser.add_argument("--only", default="", help="run this case alone, without catching its error")
    arguments = parser.parse_args()
    targets = [target for target in all_targets() if arguments.target in ("", target.name)]
    if arguments.only:
        name = arguments.only.partition("/")[0]
        run_target_case = next(target for target in targets if target.name == name)
        run_target_case.run(run_target_case.mutator.make(arguments.only))
        return 0
    for target in targets:
        run_target(target, 500, arguments.seed + 1)  # caches and pools are full before memory is measured
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    total = failed = 0
    began = time.process_time()
    for target in targets:
        started = time.process_time()
        ran, failures = run_target(target, arguments.cases // len(targets) + 1, arguments.seed)
        total, failed = total + ran, failed + len(failures)
        each_us = round((time.process_time() - started) / ran * 1e6, 1)
        print(json.dumps({"fuzz": target.name, "cases": ran, "failures": len(failures), "us_per_case": each_us}), flush=True)
        for failure in failures:
            print(failure, file=sys.stderr)
    grown_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb
    print(
        json.dumps(
            {
                "fuzz": "all",
                "cases": total,
                "failures": failed,
                "seed": arguments.seed,
                "cpu_s": round(time.process_time() - began, 1),
                "memory_grown_kb": grown_kb,
            }
        )
    )
    return 1 if failed or grown_kb > GROWTH_LIMIT_KB else 0


if __name__ == "__main__":
    sys.exit(main())
