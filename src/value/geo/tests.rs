//! Searches against looking at every point.

use fastrand::Rng;

use super::*;

fn point(longitude: f64, latitude: f64) -> Point {
    Point::new(longitude, latitude).expect("on the map")
}

#[test]
fn distances_are_those_of_redis() {
    let palermo = Point::of_score(point(13.361389, 38.115556).score());
    let catania = Point::of_score(point(15.087269, 37.502669).score());
    let metres = distance(palermo, catania);
    assert!((metres - 166_274.151_6).abs() < 1e-4, "{metres}");
    assert_eq!(distance(palermo, palermo), 0.0);
    // A quarter of a great circle, along a meridian and along the equator.
    let quarter = EARTH_RADIUS * std::f64::consts::FRAC_PI_2;
    assert!((distance(point(0.0, 0.0), point(90.0, 0.0)) - quarter).abs() < 1e-6);
    assert!((north_distance(-45.0, 45.0) - quarter).abs() < 1e-6);
}

/// A point near `center`, and now and then anywhere.
fn somewhere(random: &mut Rng, center: Point, degrees: f64) -> Point {
    let near = |random: &mut Rng, middle: f64, max: f64| {
        let around = middle + (random.f64() * 2.0 - 1.0) * degrees;
        match random.u8(..5) {
            0 => (random.f64() * 2.0 - 1.0) * max,
            _ => around.clamp(-max, max),
        }
    };
    point(
        near(random, center.longitude, LONGITUDE_MAX),
        near(random, center.latitude, LATITUDE_MAX),
    )
}

/// What Redis looks at is not everything near the poles and at the date line; elsewhere nothing
/// that lies in the shape may be missed, and nothing met twice.
#[test]
fn what_lies_in_the_shape_is_found_once() {
    let mut found = 0;
    for seed in 0..3000 {
        let mut random = Rng::with_seed(seed);
        let center = point(
            (random.f64() * 2.0 - 1.0) * 100.0,
            (random.f64() * 2.0 - 1.0) * 60.0,
        );
        let unit = [1.0, 1000.0, 0.3048, 1609.34][random.usize(..4)];
        let size = 10f64.powf(random.f64() * 5.0) * 10.0 / unit;
        let degrees = size * unit / 50_000.0;
        let shape = match random.u8(..3) {
            0 => Shape::Circle { radius: size },
            1 => Shape::Box {
                width: size * random.f64() * 2.0,
                height: size * random.f64() * 2.0,
            },
            _ => {
                let vertex = |_| somewhere(&mut random, center, degrees.min(20.0));
                Shape::Polygon((0..5).map(vertex).collect())
            }
        };
        let search = match shape {
            Shape::Polygon(vertices) => Search::polygon(vertices),
            shape => Search {
                center,
                shape,
                unit,
            },
        };
        let ranges: Vec<_> = search.ranges().collect();
        for _ in 0..50 {
            let score = somewhere(&mut random, center, degrees).score();
            let times = ranges
                .iter()
                .filter(|(from, to)| (*from..*to).contains(&score));
            let times = times.count();
            let is_within = search.distance(Point::of_score(score)).is_some();
            assert!(times <= 1, "seed {seed}: {search:?} meets {score} twice");
            assert!(times == 1 || !is_within, "seed {seed}: {search:?} {score}");
            found += usize::from(is_within);
        }
    }
    assert!(found > 10_000, "{found}");
}

#[test]
fn steps_follow_the_radius() {
    for (radius, latitude, step) in [
        (0.0, 0.0, 26),
        (1.0, 0.0, 24),
        (0.01, 0.0, 26),
        (1000.0, 0.0, 14),
        (1000.0, 66.1, 13),
        (1000.0, -80.1, 12),
        (1e7, 0.0, 1),
        (f64::INFINITY, 0.0, 1),
    ] {
        assert_eq!(step_for(radius, latitude), step, "{radius} {latitude}");
    }
}

#[test]
fn a_polygon_may_have_any_shape() {
    let square = [(0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0)];
    let horseshoe = [
        (0.0, 0.0),
        (4.0, 0.0),
        (4.0, 4.0),
        (3.0, 4.0),
        (3.0, 1.0),
        (1.0, 1.0),
        (1.0, 4.0),
        (0.0, 4.0),
    ];
    let inside = |vertices: &[(f64, f64)], longitude, latitude| {
        let vertices = vertices.iter().map(|(x, y)| point(*x, *y)).collect();
        let search = Search::polygon(vertices);
        search.distance(point(longitude, latitude)).is_some()
    };
    assert!(inside(&square, 2.0, 2.0) && inside(&square, 0.5, 3.5));
    assert!(!inside(&square, 4.1, 2.0) && !inside(&square, 2.0, -0.1));
    assert!(!inside(&horseshoe, 2.0, 2.0) && inside(&horseshoe, 0.5, 2.0));
    assert!(inside(&horseshoe, 3.5, 2.0) && inside(&horseshoe, 2.0, 0.5));
    // Around the pole: the middle stays on the map.
    let polar = [(0.0, 85.0), (120.0, 85.0), (-120.0, 85.0)].map(|(x, y)| point(x, y));
    let search = Search::polygon(polar.to_vec());
    assert_eq!(search.center.latitude, LATITUDE_MAX);
    assert!(search.ranges().count() > 0);
}
