//! Delays by what caused them: the latency monitor.
//!
//! An event is a name (`command`, `aof-write`, …) and a delay in milliseconds, noted when it reaches
//! the threshold. Each name keeps its last 160 seconds in which something happened, of each second
//! the worst, and the worst of all time.

use std::collections::BTreeMap;

/// Seconds kept for each name.
const SAMPLES_MAX: usize = 160;

/// The worst of a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// In seconds of the wall clock.
    pub at: i64,
    pub ms: u64,
}

/// The delays of one name.
#[derive(Clone, Debug, Default)]
pub struct Series {
    /// The oldest first.
    samples: Vec<Sample>,
    pub worst_ms: u64,
}

impl Series {
    /// The samples, the oldest first.
    pub fn samples(&self) -> &[Sample] {
        &self.samples
    }

    fn add(&mut self, at: i64, ms: u64) {
        self.worst_ms = self.worst_ms.max(ms);
        match self.samples.last_mut() {
            Some(last) if last.at == at => last.ms = last.ms.max(ms),
            _ => {
                if self.samples.len() == SAMPLES_MAX {
                    self.samples.remove(0);
                }
                self.samples.push(Sample { at, ms });
            }
        }
    }

    /// What the samples say taken together; `None` if there are none.
    pub fn summary(&self) -> Option<Summary> {
        let first = self.samples.first()?;
        let last = self.samples.last()?;
        let count = self.samples.len() as u64;
        let ms = || self.samples.iter().map(|sample| sample.ms);
        let mean = ms().sum::<u64>() / count;
        let deviation = ms().map(|ms| ms.abs_diff(mean)).sum::<u64>() / count;
        let span = last.at.abs_diff(first.at);
        Some(Summary {
            count,
            mean_ms: mean,
            deviation_ms: deviation,
            best_ms: ms().min().unwrap_or(0),
            worst_ms: ms().max().unwrap_or(0),
            period_s: span as f64 / count.saturating_sub(1).max(1) as f64,
        })
    }
}

/// What a series says taken together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    pub count: u64,
    pub mean_ms: u64,
    /// The mean distance from the mean.
    pub deviation_ms: u64,
    pub best_ms: u64,
    pub worst_ms: u64,
    /// The mean time between two samples.
    pub period_s: f64,
}

/// All delays noted, by name.
#[derive(Debug, Default)]
pub struct Delays {
    series: BTreeMap<&'static str, Series>,
}

impl Delays {
    /// Notes a delay.
    #[cold]
    pub fn add(&mut self, event: &'static str, at: i64, ms: u64) {
        self.series.entry(event).or_default().add(at, ms);
    }

    /// The series called `event`.
    pub fn get(&self, event: &[u8]) -> Option<&Series> {
        let text = std::str::from_utf8(event).ok()?;
        self.series.get(text)
    }

    /// All series by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&'static str, &Series)> {
        self.series.iter().map(|(event, series)| (*event, series))
    }

    /// Forgets one; whether there was any.
    pub fn remove(&mut self, event: &[u8]) -> bool {
        let found = self.series.keys().find(|name| name.as_bytes() == event);
        let found = found.copied();
        found.is_some_and(|name| self.series.remove(name).is_some())
    }

    /// Forgets all; how many there were.
    pub fn clear(&mut self) -> usize {
        let count = self.series.len();
        self.series.clear();
        count
    }
}

/// Rows of a graph.
const GRAPH_ROWS: usize = 4;

/// Columns of a graph: of more samples there are several, one below the other.
const GRAPH_COLUMNS: usize = 80;

/// A series as a drawing: a column for each sample, and under each, from top to bottom, how long ago
/// it was.
pub fn graph(event: &str, series: &Series, now_s: i64) -> String {
    let samples = series.samples();
    let ms = || samples.iter().map(|sample| sample.ms);
    let (low, high) = (ms().min().unwrap_or(0), ms().max().unwrap_or(0));
    let all_time = series.worst_ms;
    let mut text =
        format!("{event} - high {high} ms, low {low} ms (all time high {all_time} ms)\n");
    text.push_str(&"-".repeat(GRAPH_COLUMNS));
    text.push('\n');
    for (index, part) in samples.chunks(GRAPH_COLUMNS).enumerate() {
        if index > 0 {
            text.push('\n');
        }
        columns(part, (low, high), &mut text);
        text.push_str(&" ".repeat(part.len()));
        text.push('\n');
        labels(part, now_s, &mut text);
    }
    text
}

/// A column for each sample, from the lowest to the highest of all: filled with `|`, and on top `_`,
/// `o` or `#`, a third of a row each.
fn columns(samples: &[Sample], (low, high): (u64, u64), text: &mut String) {
    let thirds = GRAPH_ROWS as u64 * 3;
    let height = |ms: u64| ((ms - low) * thirds / (high - low).max(1)).min(thirds - 1);
    for row in (0..GRAPH_ROWS as u64).rev() {
        let above = samples
            .iter()
            .map(|sample| height(sample.ms).checked_sub(row * 3));
        text.extend(above.map(|thirds| match thirds {
            None => ' ',
            Some(0) => '_',
            Some(1) => 'o',
            Some(2) => '#',
            Some(3..) => '|',
        }));
        text.push('\n');
    }
}

/// How long ago each sample was, written downwards.
fn labels(samples: &[Sample], now_s: i64, text: &mut String) {
    let labels: Vec<Vec<char>> = samples
        .iter()
        .map(|sample| ago(now_s.saturating_sub(sample.at)).chars().collect())
        .collect();
    let rows = labels.iter().map(Vec::len).max().unwrap_or(0);
    for row in 0..rows {
        let letters = labels.iter().map(|label| label.get(row).copied());
        text.extend(letters.map(|letter| letter.unwrap_or(' ')));
        text.push('\n');
    }
}

/// A time that passed, in its largest unit.
fn ago(seconds: i64) -> String {
    match seconds {
        ..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..86_400 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_keeps_its_worst_and_old_ones_go() {
        let mut delays = Delays::default();
        for (at, ms) in [(1, 5), (1, 9), (1, 7), (2, 3)] {
            delays.add("command", at, ms);
        }
        let series = delays.get(b"command").expect("just added");
        let sample = |at, ms| Sample { at, ms };
        assert_eq!(series.samples(), [sample(1, 9), sample(2, 3)]);
        assert_eq!(series.worst_ms, 9);
        for at in 10..10 + SAMPLES_MAX as i64 {
            delays.add("command", at, 4);
        }
        let series = delays.get(b"command").expect("still there");
        assert_eq!(series.samples().len(), SAMPLES_MAX);
        assert_eq!(series.samples()[0], sample(10, 4));
        assert_eq!(series.worst_ms, 9);
        assert!(!delays.remove(b"fork"));
        assert!(delays.remove(b"command"));
        assert_eq!(delays.clear(), 0);
    }

    #[test]
    fn a_summary_tells_of_the_samples_kept() {
        let mut series = Series::default();
        assert_eq!(series.summary(), None);
        for (at, ms) in [(10, 100), (12, 200), (20, 300)] {
            series.add(at, ms);
        }
        let wanted = Summary {
            count: 3,
            mean_ms: 200,
            deviation_ms: 66,
            best_ms: 100,
            worst_ms: 300,
            period_s: 5.0,
        };
        assert_eq!(series.summary(), Some(wanted));
    }

    #[test]
    fn a_graph_shows_high_and_low() {
        let mut series = Series::default();
        for (at, ms) in [(0, 10), (100, 12), (190, 21), (195, 11)] {
            series.add(at, ms);
        }
        let lines = graph("command", &series, 200);
        let lines: Vec<_> = lines.lines().collect();
        assert_eq!(
            lines[0],
            "command - high 21 ms, low 10 ms (all time high 21 ms)"
        );
        assert_eq!(lines[1].len(), 80);
        assert_eq!(lines[2..6], ["  # ", "  | ", "  | ", "_#|o"]);
        assert_eq!(lines[7..], ["3115", "mm0s", "  s "]);
    }
}
