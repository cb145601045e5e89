//! Is the page one that Prometheus reads, and does it say what INFO says?

use std::collections::{HashMap, HashSet};

use super::*;

const INFO: &str = "# Server\r\nredis_version:7.2.4\r\nruddle_version:0.1.0\r\nredis_mode:standalone\r\n\
os:Linux 6 \"x\\y\"\r\nserver_time_usec:1800000100500000\r\nuptime_in_seconds:100\r\ntcp_port:6379\r\n\
\r\n# Clients\r\nconnected_clients:3\r\nmaxclients:10000\r\n\
\r\n# Memory\r\nused_memory:1048576\r\nused_memory_human:1.00M\r\nused_memory_peak_perc:12.00%\r\n\
maxmemory:0\r\nmem_fragmentation_bytes:-17\r\nmaxmemory_policy:noeviction\r\n\
\r\n# Persistence\r\nloading:0\r\nrdb_last_bgsave_status:ok\r\naof_last_write_status:err\r\n\
rdb_last_bgsave_time_sec:-1\r\n\
\r\n# Stats\r\nkeyspace_hits:17\r\nlatest_fork_usec:2500000\r\n\
\r\n# Replication\r\nrole:master\r\n\
\r\n# CPU\r\nused_cpu_sys:1.250000\r\n\
\r\n# Commandstats\r\ncmdstat_get:calls=21,usec=1500000,usec_per_call=8.33,rejected_calls=1,failed_calls=2\r\n\
cmdstat_config|get:calls=1,usec=10,usec_per_call=10.00,rejected_calls=0,failed_calls=0\r\n\
\r\n# Errorstats\r\nerrorstat_ERR:count=4\r\n\
\r\n# Latencystats\r\nlatency_percentiles_usec_get:p50=0.001,p99=1.003,p99.9=3.007\r\n\
\r\n# Keyspace\r\ndb0:keys=5,expires=2,avg_ttl=1500,keys_with_volatile_items=1\r\ndb3:keys=1,expires=0,avg_ttl=0\r\n\
\r\n# Delays\r\nslowlog_length:2\r\nslowlog_last_id:7\r\nlast_slow_execution_usec:1500\r\n\
latency_spike_command:last=1800000000,ms=250\r\n\
latency_histogram_get:calls=21,usec=90,1=3,2=20\r\nlatency_histogram_set:calls=0,usec=0\r\n\
\r\n# Prefixes\r\nprefixes_tracked:1\r\nprefixes_complete:1\r\n\
prefix_0:keys=3,bytes=300,hits=2,misses=1,prefix=\"a,b=\\\"\\n\\xff\"\r\n";

/// What a line of samples says: the name, its labels, its value.
type Sample = (String, Vec<(String, String)>, f64);

/// The name of a metric, one of its labels, its value.
type Expected = (&'static str, Option<(&'static str, &'static str)>, f64);

/// Reads a sample as Prometheus does.
fn read_sample(line: &str) -> Sample {
    let name_end = line.find(['{', ' ']).expect("a value behind the name");
    let (name, mut rest) = line.split_at(name_end);
    assert!(is_name(name), "{line}");
    let mut labels = Vec::new();
    if let Some(inside) = rest.strip_prefix('{') {
        rest = inside;
        loop {
            let (label, quoted) = rest.split_once("=\"").expect("a label");
            assert!(is_name(label) && !label.contains(':'), "{line}");
            let mut value = String::new();
            let mut chars = quoted.char_indices();
            let end = loop {
                match chars.next().expect("a closing quote") {
                    (at, '"') => break at + 1,
                    (_, '\\') => match chars.next().expect("something escaped").1 {
                        'n' => value.push('\n'),
                        c @ ('\\' | '"') => value.push(c),
                        c => panic!("\\{c} in {line}"),
                    },
                    (_, c) => value.push(c),
                }
            };
            labels.push((label.to_owned(), value));
            rest = &quoted[end..];
            match rest.as_bytes()[0] {
                b',' => rest = &rest[1..],
                b'}' => break rest = &rest[1..],
                other => panic!("{other} in {line}"),
            }
        }
    }
    let value = rest.strip_prefix(' ').expect("a blank before the value");
    (name.to_owned(), labels, value.parse().expect("a number"))
}

fn is_name(name: &str) -> bool {
    let mut chars = name.chars();
    let first = chars
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || c == '_' || c == ':');
    first && chars.all(|c| c.is_ascii_alphanumeric() || c == '_' || c == ':')
}

/// All samples of a page, which must be valid.
fn read(page: &str) -> Vec<Sample> {
    assert!(page.ends_with('\n'));
    let mut known: HashMap<String, String> = HashMap::new();
    let mut family = String::new();
    let mut seen = HashSet::new();
    let mut samples = Vec::new();
    for line in page.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, text) = help.split_once(' ').expect("a text");
            assert!(!text.is_empty() && !text.contains('\\'), "{line}");
            family = name.to_owned();
            assert!(!known.contains_key(name), "{name} comes twice");
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').expect("a type");
            assert_eq!(name, family);
            assert!(
                ["counter", "gauge", "summary", "histogram"].contains(&kind),
                "{line}"
            );
            known.insert(name.to_owned(), kind.to_owned());
        } else {
            let sample = read_sample(line);
            let name = match known[&family].as_str() {
                "summary" | "histogram" => ["_sum", "_count", "_bucket"]
                    .iter()
                    .find_map(|suffix| sample.0.strip_suffix(suffix))
                    .unwrap_or(&sample.0),
                _ => &sample.0,
            };
            assert_eq!(name, family, "{line}");
            assert!(
                seen.insert(format!("{:?}", (&sample.0, &sample.1))),
                "{line} comes twice"
            );
            samples.push(sample);
        }
    }
    samples
}

fn value(samples: &[Sample], name: &str, label: Option<(&str, &str)>) -> f64 {
    let fits = |sample: &&Sample| {
        let has = |(label, value): (&str, &str)| {
            sample
                .1
                .iter()
                .any(|(known, its)| known == label && its == value)
        };
        sample.0 == name && label.is_none_or(has)
    };
    let found = samples.iter().find(fits);
    found
        .unwrap_or_else(|| panic!("{name} {label:?} is missing"))
        .2
}

#[test]
fn a_page_says_what_info_says() {
    let samples = read(&page(INFO, 0.25));
    let cases: [Expected; 33] = [
        ("redis_up", None, 1.0),
        ("ruddle_loop_age_seconds", None, 0.25),
        ("redis_uptime_in_seconds", None, 100.0),
        ("redis_start_time_seconds", None, 1_800_000_000.0),
        ("redis_connected_clients", None, 3.0),
        ("redis_max_clients", None, 10_000.0),
        ("redis_config_maxclients", None, 10_000.0),
        ("redis_memory_used_bytes", None, 1_048_576.0),
        ("redis_memory_max_bytes", None, 0.0),
        ("redis_mem_fragmentation_bytes", None, -17.0),
        ("redis_loading_dump_file", None, 0.0),
        ("redis_rdb_last_bgsave_status", None, 1.0),
        ("redis_aof_last_write_status", None, 0.0),
        ("redis_rdb_last_bgsave_duration_sec", None, -1.0),
        ("redis_keyspace_hits_total", None, 17.0),
        ("redis_latest_fork_seconds", None, 2.5),
        ("redis_cpu_sys_seconds_total", None, 1.25),
        ("redis_commands_total", Some(("cmd", "get")), 21.0),
        (
            "redis_commands_duration_seconds_total",
            Some(("cmd", "get")),
            1.5,
        ),
        (
            "redis_commands_failed_calls_total",
            Some(("cmd", "get")),
            2.0,
        ),
        ("redis_commands_total", Some(("cmd", "config|get")), 1.0),
        ("redis_errors_total", Some(("err", "ERR")), 4.0),
        (
            "redis_latency_percentiles_usec",
            Some(("quantile", "99.9")),
            3.007,
        ),
        (
            "redis_latency_percentiles_usec_sum",
            Some(("cmd", "get")),
            1_500_000.0,
        ),
        ("redis_db_keys", Some(("db", "db3")), 1.0),
        ("redis_db_avg_ttl_seconds", Some(("db", "db0")), 1.5),
        (
            "ruddle_prefix_hits_total",
            Some(("prefix", "a,b=\"\n\u{fffd}")),
            2.0,
        ),
        ("redis_slowlog_last_id", None, 7.0),
        ("redis_last_slow_execution_duration_seconds", None, 0.0015),
        (
            "redis_latency_spike_duration_seconds",
            Some(("event_name", "command")),
            0.25,
        ),
        (
            "redis_commands_latencies_usec_bucket",
            Some(("le", "2")),
            20.0,
        ),
        (
            "redis_commands_latencies_usec_bucket",
            Some(("le", "+Inf")),
            21.0,
        ),
        ("redis_instance_info", Some(("os", "Linux 6 \"x\\y\"")), 1.0),
    ];
    for (name, label, expected) in cases {
        assert_eq!(value(&samples, name, label), expected, "{name} {label:?}");
    }
    // What is text for people is no metric.
    assert!(!samples.iter().any(|sample| sample.0.contains("human")));
}

#[test]
fn whatever_info_says_the_page_is_valid() {
    for (at, _) in INFO.char_indices() {
        read(&page(&INFO[..at], 0.0));
        read(&page(&INFO[at..], 0.0));
    }
    let mut random = fastrand::Rng::with_seed(11);
    for _ in 0..2000 {
        let mut damaged: Vec<char> = INFO.chars().collect();
        for _ in 0..10 {
            let at = random.usize(0..damaged.len());
            let with = [
                '=', ',', ':', '#', '"', '\\', '\r', '\n', '9', '.', '-', 'e', '{', '}',
            ];
            damaged[at] = random.choice(with).unwrap_or(' ');
        }
        let damaged: String = damaged.into_iter().collect();
        let text = page(&damaged, 0.0);
        // The same line twice in INFO would be the same sample twice: not looked at here.
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            read_sample(line);
        }
    }
}

#[test]
fn no_name_has_two_meanings() {
    let mut names = HashSet::new();
    let mut fields = HashSet::new();
    for (field, name, help) in GAUGES.iter().chain(COUNTERS) {
        assert!(is_name(name) && !help.is_empty(), "{name}");
        assert!(names.insert(name), "{name}");
        assert!(fields.insert(field), "{field}");
    }
}
