//! The text of INFO: sections of `field:value` lines, and which sections are asked for.

use std::fmt::{Display, Write};

/// The sections asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    names: Vec<String>,
}

/// Shown when nothing is asked for.
const DEFAULT: &[&str] = &[
    "server",
    "clients",
    "memory",
    "persistence",
    "stats",
    "replication",
    "cpu",
    "modules",
    "errorstats",
    "cluster",
    "keyspace",
    "keysizes",
];

/// What `all` adds to these; `everything` is the same for a server without modules.
const MORE: &[&str] = &["tls", "commandstats", "latencystats"];

impl Wanted {
    /// From INFO's arguments: names of sections in any case, `default`, `all`, `everything`.
    /// Unknown names are nobody's section and show nothing.
    pub fn parse<'a>(words: impl Iterator<Item = &'a [u8]>) -> Wanted {
        let mut wanted = Wanted::default();
        let mut any = false;
        for word in words {
            any = true;
            let word = String::from_utf8_lossy(word).to_ascii_lowercase();
            match word.as_str() {
                "default" => wanted.add(DEFAULT),
                "all" | "everything" => {
                    wanted.add(DEFAULT);
                    wanted.add(MORE);
                }
                _ => wanted.names.push(word),
            }
        }
        if !any {
            wanted.add(DEFAULT);
        }
        wanted
    }

    fn add(&mut self, names: &[&str]) {
        self.names.extend(names.iter().map(|name| (*name).into()));
    }

    /// Whether the section called `name` (in any case) is asked for.
    pub fn has(&self, name: &str) -> bool {
        self.names
            .iter()
            .any(|known| known.eq_ignore_ascii_case(name))
    }
}

/// The report being written.
#[derive(Debug)]
pub struct Report {
    wanted: Wanted,
    text: String,
}

impl Report {
    /// An empty report with room for the wanted sections.
    pub fn new(wanted: Wanted) -> Report {
        Report {
            wanted,
            text: String::new(),
        }
    }

    /// Begins the section called `name`; whether it is wanted, that is, whether to fill it.
    pub fn section(&mut self, name: &str) -> bool {
        let wanted = self.wanted.has(name);
        if wanted {
            let before = if self.text.is_empty() { "" } else { "\r\n" };
            self.write(format_args!("{before}# {name}\r\n"));
        }
        wanted
    }

    /// A line of the section begun last.
    pub fn line(&mut self, field: &str, value: impl Display) {
        self.write(format_args!("{field}:{value}\r\n"));
    }

    /// Lines that all say 0.
    pub fn zeros(&mut self, fields: &[&str]) {
        for field in fields {
            self.line(field, 0);
        }
    }

    /// Two lines: a number of bytes, and the same for people.
    pub fn bytes(&mut self, field: &str, bytes: usize) {
        self.line(field, bytes);
        self.line(&format!("{field}_human"), Human(bytes));
    }

    fn write(&mut self, text: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = self.text.write_fmt(text);
    }

    /// The whole text.
    pub fn into_text(self) -> String {
        self.text
    }
}

/// A number of bytes for people: `1.50M`.
#[derive(Clone, Copy, Debug)]
pub struct Human(pub usize);

impl Display for Human {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        const UNITS: [&str; 5] = ["K", "M", "G", "T", "P"];
        if self.0 < 1024 {
            return write!(f, "{}B", self.0);
        }
        let mut amount = self.0 as f64 / 1024.0;
        let mut unit = 0;
        while amount >= 1024.0 && unit + 1 < UNITS.len() {
            amount /= 1024.0;
            unit += 1;
        }
        write!(f, "{amount:.2}{}", UNITS[unit])
    }
}

/// `part` of `whole`; 0 of nothing.
pub fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(words: &[&str]) -> Wanted {
        Wanted::parse(words.iter().map(|word| word.as_bytes()))
    }

    #[test]
    fn sections_are_chosen_by_name() {
        let cases: [(&[&str], &str, bool); 10] = [
            (&[], "Server", true),
            (&[], "Commandstats", false),
            (&["default"], "Keyspace", true),
            (&["all"], "Commandstats", true),
            (&["EVERYTHING"], "Latencystats", true),
            (&["server"], "Server", true),
            (&["server"], "Clients", false),
            (&["nothing"], "Server", false),
            (&["nothing", "CPU"], "CPU", true),
            (&["commandstats", "default"], "Memory", true),
        ];
        for (words, section, shown) in cases {
            assert_eq!(wanted(words).has(section), shown, "{words:?} {section}");
        }
    }

    #[test]
    fn sections_are_parted_by_an_empty_line() {
        let mut report = Report::new(wanted(&["a", "c"]));
        for (name, value) in [("A", 1), ("B", 2), ("C", 1536)] {
            if report.section(name) {
                report.bytes("x", value);
            }
        }
        assert_eq!(
            report.into_text(),
            "# A\r\nx:1\r\nx_human:1B\r\n\r\n# C\r\nx:1536\r\nx_human:1.50K\r\n"
        );
    }

    #[test]
    fn bytes_for_people_have_a_unit() {
        for (bytes, text) in [
            (0, "0B"),
            (1023, "1023B"),
            (1024, "1.00K"),
            (1 << 20, "1.00M"),
            (5_368_709_120, "5.00G"),
            (1 << 50, "1.00P"),
        ] {
            assert_eq!(Human(bytes).to_string(), text);
        }
    }
}
