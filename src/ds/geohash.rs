//! Geohashes: places on Earth as numbers, so that what is near is mostly near in order, too.
//!
//! Longitude and latitude are halved in turn, the longitude first; each halving gives a bit. A
//! [`Cell`] of `step` halvings each is a rectangle with a number of 2·step bits:
//!
//! ```text
//! bits    … x2 y2 x1 y1 x0 y0        x: longitude, y: latitude
//! ```
//!
//! With 26 halvings that is 52 bits, which a double holds exactly: a member's score in a sorted
//! set. All places in a coarser cell have scores from its number, with zeros behind it, up to the
//! next one's.
//!
//! Latitudes end at ±85.05112878, where the Mercator projection is a square. The textual geohash
//! that other systems know counts to ±90 instead, see [`text`].
//!
//! G. M. Morton, "A computer oriented geodetic data base" (1966); Gustavo Niemeyer's geohash.org.
//! The order of all floating point operations is Redis's, so that the last digits agree.

/// Degrees.
pub const LONGITUDE_MAX: f64 = 180.0;
/// Degrees. Half the circumference of a square map.
pub const LATITUDE_MAX: f64 = 85.05112878;

/// Halvings of a full geohash.
pub const STEP_MAX: u32 = 26;

/// A place, in degrees.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    pub longitude: f64,
    pub latitude: f64,
}

impl Point {
    /// The place, if it can have a geohash.
    pub fn new(longitude: f64, latitude: f64) -> Option<Point> {
        let is_within = (-LONGITUDE_MAX..=LONGITUDE_MAX).contains(&longitude)
            && (-LATITUDE_MAX..=LATITUDE_MAX).contains(&latitude);
        is_within.then_some(Point {
            longitude,
            latitude,
        })
    }

    /// The place a score stands for: the middle of its cell.
    pub fn of_score(score: f64) -> Point {
        let cell = Cell {
            bits: bits_of(score),
            step: STEP_MAX,
        };
        cell.area().middle()
    }

    /// The score that stands for the place.
    pub fn score(self) -> f64 {
        let (from, _) = Cell::around(self, STEP_MAX).scores();
        from
    }
}

/// The integer part of a score as 64 bits; of one that is no geohash, what a conversion in C gives
/// on x86.
fn bits_of(score: f64) -> u64 {
    const TOP: u64 = 1 << 63;
    /// To a signed integer; everything it cannot hold becomes the smallest.
    fn truncate(score: f64) -> u64 {
        let fits = (-(TOP as f64)..TOP as f64).contains(&score);
        if fits {
            (score as i64).cast_unsigned()
        } else {
            TOP
        }
    }
    if score < TOP as f64 {
        truncate(score)
    } else {
        truncate(score - TOP as f64) ^ TOP
    }
}

/// A rectangle of longitudes and latitudes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    pub west: f64,
    pub east: f64,
    pub south: f64,
    pub north: f64,
}

impl Area {
    fn middle(self) -> Point {
        let longitude = (self.west + self.east) / 2.0;
        let latitude = (self.south + self.north) / 2.0;
        Point {
            longitude: longitude.clamp(-LONGITUDE_MAX, LONGITUDE_MAX),
            latitude: latitude.clamp(-LATITUDE_MAX, LATITUDE_MAX),
        }
    }
}

/// One of the rectangles into which `step` halvings of each axis cut the map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    bits: u64,
    step: u32,
}

/// Bits of longitudes and of latitudes.
const X_BITS: u64 = 0xaaaa_aaaa_aaaa_aaaa;
const Y_BITS: u64 = 0x5555_5555_5555_5555;

impl Cell {
    /// The cell that `point` lies in. `step` is 1 to [`STEP_MAX`].
    pub fn around(point: Point, step: u32) -> Cell {
        Cell::on_map(point, step, LATITUDE_MAX)
    }

    /// The cell on a map that ends at ±`latitude_max`.
    fn on_map(point: Point, step: u32, latitude_max: f64) -> Cell {
        let size = f64::from(1 << step);
        // From 0 to 1, and then in cells: the last cell's far border is a cell of its own.
        let share = |degrees: f64, max: f64| (degrees + max) / (max + max) * size;
        let x = share(point.longitude, LONGITUDE_MAX) as u32;
        let y = share(point.latitude, latitude_max) as u32;
        Cell {
            bits: spread(x) << 1 | spread(y),
            step,
        }
    }

    /// The scores of all places in it: from the first, up to but without the second.
    pub fn scores(self) -> (f64, f64) {
        let shift = 2 * (STEP_MAX - self.step);
        let from = self.bits << shift;
        let to = (self.bits + 1) << shift;
        (from as f64, to as f64)
    }

    /// Its borders.
    pub fn area(self) -> Area {
        let size = (1u64 << self.step) as f64;
        let border = |index: u32, max: f64| -max + (f64::from(index) / size) * (max + max);
        let (x, y) = (gather(self.bits >> 1), gather(self.bits));
        Area {
            west: border(x, LONGITUDE_MAX),
            east: border(x.wrapping_add(1), LONGITUDE_MAX),
            south: border(y, LATITUDE_MAX),
            north: border(y.wrapping_add(1), LATITUDE_MAX),
        }
    }

    /// The neighbour to the east; at the border of the map, the first cell of the row.
    pub fn east(self) -> Cell {
        self.forth(X_BITS)
    }

    /// The neighbour to the west.
    pub fn west(self) -> Cell {
        self.back(X_BITS)
    }

    /// The neighbour to the north; at the border of the map, the first cell of the column.
    pub fn north(self) -> Cell {
        self.forth(Y_BITS)
    }

    /// The neighbour to the south.
    pub fn south(self) -> Cell {
        self.back(Y_BITS)
    }

    /// One further along an axis. The other axis' bits are ones meanwhile: a carry passes them.
    fn forth(self, axis: u64) -> Cell {
        let one = axis & axis.wrapping_neg();
        self.with(axis, (self.bits | !axis).wrapping_add(one))
    }

    /// One back along an axis. The other axis' bits are zeros meanwhile: a borrow passes them.
    fn back(self, axis: u64) -> Cell {
        let one = axis & axis.wrapping_neg();
        self.with(axis, (self.bits & axis).wrapping_sub(one))
    }

    /// With other bits on one axis.
    fn with(self, axis: u64, bits: u64) -> Cell {
        let used = u64::MAX >> (u64::BITS - 2 * self.step);
        Cell {
            bits: self.bits & !axis | bits & axis & used,
            step: self.step,
        }
    }
}

/// The bits of `value` at the even places.
fn spread(value: u32) -> u64 {
    let mut bits = u64::from(value);
    for (shift, mask) in [
        (16, 0x0000_ffff_0000_ffff),
        (8, 0x00ff_00ff_00ff_00ff),
        (4, 0x0f0f_0f0f_0f0f_0f0f),
        (2, 0x3333_3333_3333_3333),
        (1, Y_BITS),
    ] {
        bits = (bits | bits << shift) & mask;
    }
    bits
}

/// The bits at the even places of `bits`.
fn gather(bits: u64) -> u32 {
    let mut bits = bits & Y_BITS;
    for (shift, mask) in [
        (1, 0x3333_3333_3333_3333),
        (2, 0x0f0f_0f0f_0f0f_0f0f),
        (4, 0x00ff_00ff_00ff_00ff),
        (8, 0x0000_ffff_0000_ffff),
        (16, 0x0000_0000_ffff_ffff),
    ] {
        bits = (bits | bits >> shift) & mask;
    }
    bits as u32
}

/// The characters of textual geohashes, 5 bits each.
const ALPHABET: &[u8; 32] = b"0123456789bcdefghjkmnpqrstuvwxyz";

/// The latitude at which their map ends.
const TEXT_LATITUDE_MAX: f64 = 90.0;

/// The standard geohash of a place. 52 bits fill ten characters; the eleventh is always a zero.
pub fn text(point: Point) -> [u8; 11] {
    let cell = Cell::on_map(point, STEP_MAX, TEXT_LATITUDE_MAX);
    let mut text = [ALPHABET[0]; 11];
    for (index, character) in text[..10].iter_mut().enumerate() {
        let shift = 2 * STEP_MAX as usize - 5 * (index + 1);
        *character = ALPHABET[(cell.bits >> shift) as usize % ALPHABET.len()];
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn random_point(random: &mut fastrand::Rng) -> Point {
        let longitude = (random.f64() * 2.0 - 1.0) * LONGITUDE_MAX;
        let latitude = (random.f64() * 2.0 - 1.0) * LATITUDE_MAX;
        Point::new(longitude, latitude).expect("within the map")
    }

    #[test]
    fn bits_spread_and_gather() {
        for value in [0, 1, 2, 0x0123_4567, 0x8000_0001, u32::MAX] {
            let naive = (0..32).fold(0, |bits, bit| {
                bits | u64::from(value >> bit & 1) << (2 * bit)
            });
            assert_eq!(spread(value), naive);
            assert_eq!(gather(naive), value);
            assert_eq!(gather(naive | X_BITS), value);
        }
    }

    /// What redis-server says of the places of its documentation.
    #[test]
    fn scores_and_texts_are_those_of_redis() {
        for (longitude, latitude, score, hash) in [
            (13.361389, 38.115556, 3479099956230698.0, b"sqc8b49rny0"),
            (15.087269, 37.502669, 3479447370796909.0, b"sqdtr74hyu0"),
        ] {
            let point = Point::new(longitude, latitude).expect("in Sicily");
            assert_eq!(point.score(), score);
            assert_eq!(&text(Point::of_score(score)), hash);
        }
        assert_eq!(Point::new(180.1, 0.0), None);
        assert_eq!(Point::new(0.0, -85.06), None);
        assert_eq!(Point::new(f64::NAN, 0.0), None);
    }

    #[test]
    fn a_place_is_in_its_cell() {
        let mut random = fastrand::Rng::with_seed(5);
        for _ in 0..20_000 {
            let point = random_point(&mut random);
            let step = random.u32(1..=STEP_MAX);
            let cell = Cell::around(point, step);
            let area = cell.area();
            assert!(area.west <= point.longitude && point.longitude <= area.east);
            assert!(area.south <= point.latitude && point.latitude <= area.north);
            let (from, to) = cell.scores();
            assert!((from..to).contains(&point.score()));
            let middle = Point::of_score(point.score());
            assert!((middle.longitude - point.longitude).abs() < 3e-6);
            assert!((middle.latitude - point.latitude).abs() < 2e-6);
        }
    }

    #[test]
    fn neighbours_touch() {
        let mut random = fastrand::Rng::with_seed(6);
        for _ in 0..20_000 {
            let cell = Cell::around(random_point(&mut random), random.u32(1..=STEP_MAX));
            assert_eq!(cell.east().west(), cell);
            assert_eq!(cell.north().south(), cell);
            assert_eq!(cell.south().east(), cell.east().south());
            let (here, east, north) = (cell.area(), cell.east().area(), cell.north().area());
            assert!(here.east == east.west || east.west == -LONGITUDE_MAX);
            assert!(here.north == north.south || north.south == -LATITUDE_MAX);
            assert_eq!((here.south, here.north), (east.south, east.north));
            assert_eq!((here.west, here.east), (north.west, north.east));
        }
    }

    #[test]
    fn any_score_has_a_place() {
        for (score, bits) in [
            (-1.0, u64::MAX),
            (-0.5, 0),
            (1e300, 0),
            (f64::INFINITY, 0),
            (f64::NEG_INFINITY, 1 << 63),
            (-1e19, 1 << 63),
            (9223372036854775808.0, 1 << 63),
            (18446744073709549568.0, 18446744073709549568),
            (3.9, 3),
        ] {
            assert_eq!(bits_of(score), bits, "{score}");
            let point = Point::of_score(score);
            assert!(Point::new(point.longitude, point.latitude).is_some());
        }
    }
}
