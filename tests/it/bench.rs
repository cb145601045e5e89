//! `ruddle-bench` works: every scenario runs on tiny sizes and gives figures.
//!
//! The figures themselves mean nothing here. See `docs/BENCHMARKS.md`.

use std::process::Command;

#[test]
fn every_scenario_runs_on_small_sizes() {
    let output = Command::new(env!("CARGO_BIN_EXE_ruddle-bench"))
        .args(["--smoke", "--json"])
        .output()
        .expect("ruddle-bench starts");
    let json = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    for (scenario, figures) in [
        ("throughput", ["ops_per_s", "cpu_us"]),
        ("collections", ["ops_per_s", "cpu_us"]),
        ("elements", ["rss_per_element", "used_per_element"]),
        ("memory", ["rss_per_key", "used_per_key"]),
        ("pause", ["wait_max", "loop_max"]),
        ("big", ["act_us", "ping_after_max"]),
        ("expiry", ["half_gone_ms", "left"]),
        ("expiry-load", ["get_p99", "past_due_max_%"]),
        ("publish", ["cpu_ns", "server"]),
        ("transactions", ["cpu_ns", "server"]),
        ("idle", ["connections", "rss_per_connection"]),
        ("eviction", ["hits_%", "exact_lru_%"]),
        ("log", ["cpu_us_with", "cost_%"]),
        ("log-always", ["ops_per_s", "ops_ratio"]),
        ("log-everysec", ["get_p99.9", "get_max"]),
        ("save", ["p99.9", "grown_%"]),
        ("rewrite", ["control_p99.9", "cpu_s"]),
        ("load", ["seconds", "cpu_s"]),
    ] {
        let from = json
            .find(&format!("{{\"scenario\":\"{scenario}\""))
            .expect(scenario);
        let section = &json[from..];
        let section = &section[..section.find("]}").expect("the end of a section")];
        for figure in figures {
            assert!(
                section.contains(&format!("\"{figure}\":")),
                "{figure} in {section}"
            );
        }
    }
    for (open, close) in [('{', '}'), ('[', ']')] {
        assert_eq!(
            json.matches(open).count(),
            json.matches(close).count(),
            "{json}"
        );
    }
}
