"""`make bench` collects what the benchmarks print, and writes nothing when one of them fails."""

from pathlib import Path

import pytest

from hejnal_local import benches


def test_json_lines_are_collected_and_other_words_are_not(tmp_path: Path) -> None:
    bench = tmp_path / "bench_one.py"
    bench.write_text(
        'print("warming up"); print(\'{"bench": "one", "system": "hejnal", "latency_ms": {"p50": 1.5}, "met": true}\')'
    )
    assert benches.measure(bench) == [{"bench": "one", "system": "hejnal", "latency_ms": {"p50": 1.5}, "met": True}]
    bench.write_text("raise SystemExit(3)")
    with pytest.raises(RuntimeError, match=r"bench_one\.py ended with code 3"):
        benches.measure(bench)


def test_the_page_has_a_table_per_bench() -> None:
    measurements = [
        {"bench": "one", "load": 0.5, "system": "hejnal", "latency_ms": {"p50": 1.5, "p99": 3}, "met": True},
        {"bench": "one", "load": 0.6, "system": "peer | other", "latency_ms": {"p50": 2}},
        {"bench": "two", "load": 0.1, "seconds": 9, "met": False},
    ]
    page = benches.markdown(benches.machine(), measurements)
    assert "| system | latency_ms p50 | latency_ms p99 | load | met |" in page
    assert "| hejnal | 1.5 | 3 | 0.5 | yes |" in page
    assert "| peer \\| other | 2 |  | 0.6 |  |" in page
    assert "## two" in page
    assert "| 9 | 0.1 | **no** |" in page
