//! LOLWUT: a picture by chance, and the version.
//!
//! Ruddle is the red ochre that shepherds mark their sheep with. The picture is a hillside: three
//! ridges, each a sum of sine waves of random phase, the nearer ones drawn over the farther, and a
//! flock on them in which some sheep carry the mark. `LOLWUT [VERSION n] [columns [rows
//! [sheep]]]`; there is one picture, so the version asked for makes no difference.

use super::super::AdminCall;
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::server::{REDIS_VERSION, Server};

const COLUMNS_MAX: i64 = 200;
const ROWS_MAX: i64 = 100;
const SHEEP_MAX: i64 = 500;

pub(in crate::admin) fn lolwut(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    if args.left() > 1 && args.take_word("version") {
        args.int()?;
    }
    let mut number = |default: i64, max: i64| -> Result<usize, CommandError> {
        let given = if args.left() > 0 {
            args.int()?
        } else {
            default
        };
        Ok(usize::try_from(given.clamp(0, max)).unwrap_or(0))
    };
    let columns = number(66, COLUMNS_MAX)?;
    let rows = number(18, ROWS_MAX)?;
    let sheep = number(9, SHEEP_MAX)?;
    let mut picture = Picture::new(columns, rows);
    picture.hills(&mut server.random);
    picture.flock(&mut server.random, sheep);
    let version = env!("CARGO_PKG_VERSION");
    let text = format!(
        "{}\nCounting sheep by the mark of ruddle. Ruddle ver. {version}, Redis ver. {REDIS_VERSION}\n",
        picture.text()
    );
    call.reply.verbatim(b"txt", text.as_bytes());
    Ok(())
}

/// Characters in rows; the sky is blank.
struct Picture {
    cells: Vec<Vec<u8>>,
    columns: usize,
}

/// From the farthest ridge to the nearest: its crest's height (of 1) and its texture.
const RIDGES: [(f64, &[u8]); 3] = [(0.75, b"."), (0.5, b".:"), (0.28, b"::;")];

/// A sheep seen from the side: wool, wool, face; and the mark that can be on the wool.
const BODY: &[u8] = b"oo\"";
const MARK: u8 = b'%';

impl Picture {
    fn new(columns: usize, rows: usize) -> Picture {
        Picture {
            cells: vec![vec![b' '; columns]; rows],
            columns,
        }
    }

    fn hills(&mut self, random: &mut fastrand::Rng) {
        let rows = self.cells.len() as f64;
        for (crest, texture) in RIDGES {
            let waves: [(f64, f64); 3] =
                std::array::from_fn(|n| (random.f64() * 6.3, 0.05 * (n + 1) as f64));
            for column in 0..self.columns {
                let x = column as f64;
                let wave = |(phase, frequency): &(f64, f64)| {
                    (x * frequency + phase).sin() * 0.004 / frequency
                };
                let height = crest + waves.iter().map(wave).sum::<f64>();
                // The crest's row; the saturating conversion keeps it within the picture.
                let top = ((1.0 - height) * rows) as usize;
                for row in self.cells.iter_mut().skip(top) {
                    row[column] = texture[random.usize(..texture.len())];
                }
            }
        }
    }

    /// Sheep stand on hills, one in four is marked; where there is no room one stays away.
    fn flock(&mut self, random: &mut fastrand::Rng, count: usize) {
        if self.columns <= BODY.len() || self.cells.is_empty() {
            return;
        }
        for _ in 0..count {
            let row = random.usize(..self.cells.len());
            let at = random.usize(..self.columns - BODY.len());
            let place = &mut self.cells[row][at..at + BODY.len()];
            if place.iter().all(|cell| b".:;".contains(cell)) {
                place.copy_from_slice(BODY);
                if random.u8(..4) == 0 {
                    place[1] = MARK;
                }
            }
        }
    }

    fn text(&self) -> String {
        let rows = self.cells.iter().map(|row| String::from_utf8_lossy(row));
        rows.map(|row| format!("{}\n", row.trim_end())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_has_the_size_asked_for() {
        for (columns, rows) in [(0, 0), (3, 3), (4, 1), (200, 100)] {
            let mut picture = Picture::new(columns, rows);
            let mut random = fastrand::Rng::with_seed(7);
            picture.hills(&mut random);
            picture.flock(&mut random, 50);
            let text = picture.text();
            assert_eq!(text.lines().count(), rows);
            assert!(text.lines().all(|line| line.len() <= columns));
        }
    }

    #[test]
    fn some_sheep_are_marked_and_some_are_not() {
        let mut picture = Picture::new(66, 18);
        let mut random = fastrand::Rng::with_seed(7);
        picture.hills(&mut random);
        picture.flock(&mut random, 100);
        let text = picture.text();
        assert!(text.contains("oo\"") && text.contains("o%\""), "{text}");
    }
}
