//! Searches on Earth: which members of a sorted set of geohashes lie in a circle, a box or a
//! polygon.
//!
//! A search is covered by one cell around its middle and that cell's neighbours, of the smallest
//! size that will do ([`Search::cells`]); the members of each cell are a range of scores, and each
//! is then looked at by itself ([`Search::distance`]). The order of the cells is the order of an
//! unsorted result, so it is Redis's, as are all floating point operations and their order.

use crate::ds::geohash::{Area, Cell, LATITUDE_MAX, LONGITUDE_MAX, Point, STEP_MAX};

/// Metres.
const EARTH_RADIUS: f64 = 6_372_797.560856;

/// Half the circumference of Earth on a square map, in metres.
const MAP_HALF: f64 = 20_037_726.37;

/// Radians in a degree.
const DEGREE: f64 = std::f64::consts::PI / 180.0;

/// What is searched.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// All within so many units.
    Circle { radius: f64 },
    /// All within half the width to the east and west and half the height to the north and south,
    /// in units, each measured along the surface.
    Box { width: f64, height: f64 },
    /// All within a polygon on the map, borders being straight there.
    Polygon(Vec<Point>),
}

/// A search: a shape around a point.
#[derive(Clone, Debug, PartialEq)]
pub struct Search {
    pub center: Point,
    pub shape: Shape,
    /// Metres in a unit.
    pub unit: f64,
}

impl Search {
    /// For a polygon, whose middle follows from its vertices; distances are counted from there.
    pub fn polygon(vertices: Vec<Point>) -> Search {
        Search {
            center: centroid(&vertices),
            shape: Shape::Polygon(vertices),
            unit: 1.0,
        }
    }

    /// The distance in metres of a point that lies in the shape from its middle.
    pub fn distance(&self, point: Point) -> Option<f64> {
        let is_outside = match &self.shape {
            Shape::Circle { radius } => distance(self.center, point) > radius * self.unit,
            Shape::Box { width, height } => {
                let beside = Point {
                    longitude: self.center.longitude,
                    latitude: point.latitude,
                };
                let north = north_distance(point.latitude, self.center.latitude);
                north > height * self.unit / 2.0
                    || distance(point, beside) > width * self.unit / 2.0
            }
            Shape::Polygon(vertices) => !is_inside(vertices, point),
        };
        (!is_outside).then(|| distance(self.center, point))
    }

    /// The ranges of scores to look at, each with its first score and the one behind its last.
    pub fn ranges(&self) -> impl Iterator<Item = (f64, f64)> {
        let mut last = None;
        let cells = self.cells().into_iter().flatten().enumerate();
        cells.filter_map(move |(index, cell)| {
            // On coarse maps a cell is the neighbour on both sides.
            if last == Some(cell) {
                return None;
            }
            last = (index > 0).then_some(cell);
            Some(cell.scores())
        })
    }

    /// The cell around the middle and those of its neighbours that the shape may reach into.
    fn cells(&self) -> [Option<Cell>; 9] {
        let bounds = self.bounds();
        let mut step = self.step(bounds);
        let mut cell = Cell::around(self.center, step);
        if step > 1 && is_too_small(cell, bounds) {
            step -= 1;
            cell = Cell::around(self.center, step);
        }
        let area = cell.area();
        // Sides on which the cell itself reaches far enough; with one halving only, all
        // neighbours are the other half and wanted.
        let fine = step >= 2;
        let north = fine && area.north > bounds.north;
        let south = fine && area.south < bounds.south;
        let east = fine && area.east > bounds.east;
        let west = fine && area.west < bounds.west;
        [
            (false, cell),
            (north, cell.north()),
            (south, cell.south()),
            (east, cell.east()),
            (west, cell.west()),
            (north || east, cell.north().east()),
            (north || west, cell.north().west()),
            (south || east, cell.south().east()),
            (south || west, cell.south().west()),
        ]
        .map(|(is_enough, neighbor)| (!is_enough).then_some(neighbor))
    }

    /// How many halvings give cells about as large as the shape.
    fn step(&self, bounds: Area) -> u32 {
        let radius = match &self.shape {
            Shape::Circle { radius } => *radius,
            Shape::Box { width, height } => {
                let (half_width, half_height) = (width / 2.0, height / 2.0);
                (half_width * half_width + half_height * half_height).sqrt()
            }
            Shape::Polygon(_) => {
                let to_corner = |longitude, latitude| {
                    let corner = Point {
                        longitude,
                        latitude,
                    };
                    distance(self.center, corner)
                };
                let Area {
                    west,
                    east,
                    south,
                    north,
                } = bounds;
                [(east, north), (west, south), (east, south)]
                    .map(|(longitude, latitude)| to_corner(longitude, latitude))
                    .into_iter()
                    .fold(to_corner(west, north), f64::max)
            }
        };
        step_for(radius * self.unit, self.center.latitude)
    }

    /// The shape's borders, in degrees; beyond the map where it reaches so far.
    fn bounds(&self) -> Area {
        let (width, height) = match &self.shape {
            Shape::Circle { radius } => (self.unit * radius, self.unit * radius),
            Shape::Box { width, height } => (self.unit * width / 2.0, self.unit * height / 2.0),
            Shape::Polygon(vertices) => return bounds_of(vertices),
        };
        let Point {
            longitude,
            latitude,
        } = self.center;
        let north = height / EARTH_RADIUS / DEGREE;
        // A degree of longitude is shortest on the side of the pole.
        let nearest_pole = match latitude < 0.0 {
            true => latitude - north,
            false => latitude + north,
        };
        let east = width / EARTH_RADIUS / (nearest_pole * DEGREE).cos() / DEGREE;
        Area {
            west: longitude - east,
            east: longitude + east,
            south: latitude - north,
            north: latitude + north,
        }
    }
}

/// Whether `bounds` reach beyond a cell's neighbours.
fn is_too_small(cell: Cell, bounds: Area) -> bool {
    cell.north().area().north < bounds.north
        || cell.south().area().south > bounds.south
        || cell.east().area().east < bounds.east
        || cell.west().area().west > bounds.west
}

/// How many halvings give cells for a radius in metres.
fn step_for(radius: f64, latitude: f64) -> u32 {
    if radius == 0.0 {
        return STEP_MAX;
    }
    let mut step: i32 = 1;
    let mut reach = radius;
    while reach < MAP_HALF {
        reach *= 2.0;
        step += 1;
    }
    // Wide enough in most cases; towards the poles cells are narrower.
    step -= 2;
    if latitude.abs() > 66.0 {
        step -= 1;
    }
    if latitude.abs() > 80.0 {
        step -= 1;
    }
    step.clamp(1, STEP_MAX.cast_signed()).cast_unsigned()
}

/// The distance of two points in metres, by the haversine of the angle between them.
pub fn distance(from: Point, to: Point) -> f64 {
    let radians = |degrees: f64| degrees * DEGREE;
    let v = ((radians(to.longitude) - radians(from.longitude)) / 2.0).sin();
    if v == 0.0 {
        return north_distance(from.latitude, to.latitude);
    }
    let (south, north) = (radians(from.latitude), radians(to.latitude));
    let u = ((north - south) / 2.0).sin();
    let haversine = u * u + south.cos() * north.cos() * v * v;
    // At the other end of Earth rounding may go beyond.
    2.0 * EARTH_RADIUS * haversine.sqrt().min(1.0).asin()
}

/// The distance along a meridian.
fn north_distance(from: f64, to: f64) -> f64 {
    EARTH_RADIUS * (to * DEGREE - from * DEGREE).abs()
}

/// The smallest area around all vertices.
fn bounds_of(vertices: &[Point]) -> Area {
    let nothing = Area {
        west: LONGITUDE_MAX,
        east: -LONGITUDE_MAX,
        south: LATITUDE_MAX,
        north: -LATITUDE_MAX,
    };
    vertices.iter().fold(nothing, |area, vertex| Area {
        west: area.west.min(vertex.longitude),
        east: area.east.max(vertex.longitude),
        south: area.south.min(vertex.latitude),
        north: area.north.max(vertex.latitude),
    })
}

/// The mean of the vertices in space, brought back to the surface and onto the map.
fn centroid(vertices: &[Point]) -> Point {
    let (mut x, mut y, mut z) = (0.0, 0.0, 0.0);
    for vertex in vertices {
        let longitude = vertex.longitude * DEGREE;
        let latitude = vertex.latitude * DEGREE;
        x += EARTH_RADIUS * latitude.cos() * longitude.cos();
        y += EARTH_RADIUS * latitude.cos() * longitude.sin();
        z += EARTH_RADIUS * latitude.sin();
    }
    let count = vertices.len() as f64;
    let (x, y, z) = (x / count, y / count, z / count);
    let latitude = z.atan2((x * x + y * y).sqrt()) / DEGREE;
    Point {
        longitude: y.atan2(x) / DEGREE,
        // Around a pole it would lie beyond the map.
        latitude: latitude.clamp(-LATITUDE_MAX, LATITUDE_MAX),
    }
}

/// Whether a ray from `point` to the east crosses the polygon's border an odd number of times
/// (W. Randolph Franklin, "PNPOLY").
fn is_inside(vertices: &[Point], point: Point) -> bool {
    let before = vertices.last().into_iter().chain(vertices);
    let crossings = vertices.iter().zip(before).filter(|(a, b)| {
        let is_between = (a.latitude > point.latitude) != (b.latitude > point.latitude);
        is_between && {
            let width = b.longitude - a.longitude;
            let height = b.latitude - a.latitude;
            point.longitude < width * (point.latitude - a.latitude) / height + a.longitude
        }
    });
    crossings.count() % 2 == 1
}

#[cfg(test)]
mod tests;
