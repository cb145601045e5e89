//! Random commands on places: some in one spot, some around it, some anywhere on Earth.

use super::generate::{Dialect, Words};
use super::values::Values;

const KEYS: &[&[u8]] = &[b"geo:1", b"geo:2"];
const TARGET: &[u8] = b"geo:stored";

/// Where the places of a program crowd.
const SPOTS: &[(f64, f64)] = &[
    (13.361389, 38.115556),
    (179.9999, 0.0),
    (-70.0, -84.9),
    (0.0, 0.0),
];

/// Numbers that are no places and no distances. None in base 16: Valkey does not read these.
const ODD_NUMBERS: &[&str] = &[
    "", "x", "nan", "inf", "-inf", "1e400", "-1", "181", "1e2", " 1",
];

const UNITS: &[&str] = &["m", "km", "ft", "mi", "KM", "parsec"];

pub(super) fn geo(v: &mut Values, dialect: Dialect) -> Words {
    let key = match v.once_in(20) {
        true => v.key(),
        false => v.one_of(KEYS).to_vec(),
    };
    match v.rng.u32(..20) {
        0..=5 => add(v, key),
        6 => {
            let words = Words::new("GEODIST").arg(key).args([member(v), member(v)]);
            match v.once_in(2) {
                true => words.arg(v.one_of(UNITS)),
                false => words,
            }
        }
        7 => Words::new("GEOHASH").arg(key).args(members(v)),
        8 => Words::new("GEOPOS").arg(key).args(members(v)),
        9 | 10 => {
            let name = v.one_of(&["GEORADIUS", "GEORADIUS_RO"]);
            let words = Words::new(name).arg(key).args(place(v)).args(circle(v));
            older(v, words, dialect)
        }
        11 | 12 => {
            let name = v.one_of(&["GEORADIUSBYMEMBER", "GEORADIUSBYMEMBER_RO"]);
            let words = Words::new(name).arg(key).arg(member(v)).args(circle(v));
            older(v, words, dialect)
        }
        13 => {
            let words = Words::new("GEOSEARCHSTORE").arg(TARGET).arg(key);
            match dialect {
                Dialect::Redis70 => search(v, words, dialect, &["STOREDIST"]),
                // In Valkey's DEBUG DIGEST the digits of such scores are others.
                Dialect::Valkey => search(v, words, dialect, &[]),
            }
        }
        14 => Words::new("ZRANGE").arg(TARGET).arg("0").arg("-1"),
        15 => Words::new("ZREM").arg(key).arg(member(v)),
        _ => search(v, Words::new("GEOSEARCH").arg(key), dialect, &[]),
    }
}

fn add(v: &mut Values, key: Vec<u8>) -> Words {
    let mut words = Words::new("GEOADD").arg(key);
    for option in ["NX", "XX", "CH"] {
        if v.once_in(8) {
            words = words.arg(option);
        }
    }
    // Enough to leave the packed form sometimes.
    let count = v.one_of(&[1, 1, 2, 5, 40]);
    for _ in 0..count {
        words = words.args(place(v)).arg(member(v));
    }
    words
}

fn member(v: &mut Values) -> Vec<u8> {
    match v.once_in(10) {
        true => v.value_of_few_bytes(),
        false => format!("m{}", v.rng.u32(..200)).into(),
    }
}

fn members(v: &mut Values) -> Vec<Vec<u8>> {
    let count = v.rng.usize(..4);
    (0..count).map(|_| member(v)).collect()
}

fn place(v: &mut Values) -> [Vec<u8>; 2] {
    if v.once_in(60) {
        return [v.one_of(ODD_NUMBERS).into(), v.one_of(ODD_NUMBERS).into()];
    }
    let (longitude, latitude) = match v.once_in(5) {
        true => (v.rng.f64() * 360.0 - 180.0, v.rng.f64() * 170.0 - 85.0),
        false => v.one_of(SPOTS),
    };
    let around = v.one_of(&[0.0, 0.0, 0.001, 0.1, 5.0]);
    let mut shifted =
        |degrees: f64, max: f64| (degrees + (v.rng.f64() - 0.5) * around).clamp(-max, max);
    [shifted(longitude, 180.0), shifted(latitude, 85.0)].map(|degrees| degrees.to_string().into())
}

fn length(v: &mut Values) -> Vec<u8> {
    match v.rng.u32(..12) {
        0 => v.one_of(ODD_NUMBERS).into(),
        1 => "0".into(),
        _ => {
            let magnitude = v.rng.f64() * 8.0 - 1.0;
            10f64.powf(magnitude).to_string().into()
        }
    }
}

fn circle(v: &mut Values) -> [Vec<u8>; 2] {
    [length(v), v.one_of(UNITS).into()]
}

/// Options of GEORADIUS and its kin.
fn older(v: &mut Values, words: Words, dialect: Dialect) -> Words {
    let words = options(v, words, &["WITHDIST", "WITHHASH", "WITHCOORD"]);
    let store = match dialect {
        Dialect::Redis70 => v.one_of(&["STORE", "STOREDIST"]),
        Dialect::Valkey => "STORE",
    };
    match v.once_in(5) {
        true => words.arg(store).arg(TARGET),
        false => words,
    }
}

fn options(v: &mut Values, mut words: Words, more: &[&str]) -> Words {
    let mut all = vec!["ASC", "DESC", "ANY", "COUNT"];
    all.extend_from_slice(more);
    v.rng.shuffle(&mut all);
    for option in all {
        if v.once_in(4) {
            words = words.arg(option);
            if option == "COUNT" {
                let count = v.one_of(&["0", "-1", "x", "1", "1", "2", "3", "5", "10", "20", "30"]);
                words = words.arg(count);
            }
        }
    }
    words
}

/// A search, its parts in any order.
fn search(v: &mut Values, mut words: Words, dialect: Dialect, more: &[&str]) -> Words {
    let [longitude, latitude] = place(v);
    let mut from = match v.once_in(2) {
        true => vec![b"FROMMEMBER".to_vec(), member(v)],
        false => vec![b"fromlonlat".to_vec(), longitude, latitude],
    };
    let [radius, unit] = circle(v);
    let shape = match v.rng.u32(..if dialect == Dialect::Valkey { 3 } else { 2 }) {
        0 => vec![b"BYRADIUS".to_vec(), radius, unit],
        1 => vec![b"bybox".to_vec(), radius, length(v), unit],
        _ => {
            let count = v.one_of(&[2, 3, 3, 4, 6]);
            let vertices = polygon(v, count);
            if !v.once_in(10) {
                from.clear();
            }
            [
                vec![b"BYPOLYGON".to_vec(), count.to_string().into()],
                vertices,
            ]
            .concat()
        }
    };
    let mut parts = vec![from, shape, options(v, Words(Vec::new()), more).0];
    if v.once_in(20) {
        parts.remove(v.rng.usize(..2));
    }
    v.rng.shuffle(&mut parts);
    for part in parts {
        words = words.args(part);
    }
    match v.once_in(10) {
        true => options(v, words, &["WITHDIST", "WITHHASH", "WITHCOORD"]),
        false => words,
    }
}

/// Vertices around a place on the map. Where their middle lies beyond its end, close to a pole,
/// Valkey begins its search somewhere.
fn polygon(v: &mut Values, count: usize) -> Vec<Vec<u8>> {
    loop {
        let vertices: Vec<_> = (0..count).flat_map(|_| place(v)).collect();
        let degrees = vertices.iter().map(|text| {
            let text = String::from_utf8_lossy(text);
            text.parse::<f64>().unwrap_or_default().to_radians()
        });
        let degrees: Vec<f64> = degrees.collect();
        let (mut along, mut across, mut up) = (0.0, 0.0, 0.0);
        for vertex in degrees.chunks(2) {
            along += vertex[1].cos() * vertex[0].cos();
            across += vertex[1].cos() * vertex[0].sin();
            up += vertex[1].sin();
        }
        if up.atan2(along.hypot(across)).to_degrees().abs() < 85.0 {
            return vertices;
        }
    }
}
