//! A search as a request says it, and what it finds.

use std::cmp::Ordering;

use super::{coordinates, double, place_of, reply_distance, reply_point, unit};
use crate::command::args::{Args, parse_int};
use crate::command::error::CommandError;
use crate::ds::geohash::Point;
use crate::ds::listpack::Item;
use crate::ds::partial_sort::sort_first;
use crate::resp::reply::Reply;
use crate::value::geo::{Search, Shape};
use crate::value::zset::{Cut, Side, Zset};

/// Which of the commands, as far as their options differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Radius,
    RadiusReadOnly,
    Search,
    SearchStore,
}

/// How a search says where it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    Member,
    Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Nearest,
    Farthest,
}

/// A search with its options.
#[derive(Debug)]
pub(super) struct Query<'a> {
    pub(super) form: Form,
    pub(super) center: Point,
    /// Where what is found is stored, if it is.
    pub(super) target: Option<&'a [u8]>,
    store_distance: bool,
    origin: Option<Origin>,
    shape: Option<Shape>,
    /// Metres in a unit.
    unit: f64,
    with_distance: bool,
    with_hash: bool,
    with_coordinates: bool,
    order: Option<Order>,
    /// The most members to find; 0: all.
    count: usize,
    /// Whether it may be any of them, not the nearest ones.
    any: bool,
}

/// A member that was found.
#[derive(Clone, Copy)]
pub(super) struct Found<'a> {
    member: Item<'a>,
    score: f64,
    /// In metres.
    distance: f64,
}

impl<'a> Query<'a> {
    pub(super) fn new(form: Form, target: Option<&'a [u8]>) -> Query<'a> {
        Query {
            form,
            center: Point::default(),
            target,
            store_distance: false,
            origin: None,
            shape: None,
            unit: 1.0,
            with_distance: false,
            with_hash: false,
            with_coordinates: false,
            order: None,
            count: 0,
            any: false,
        }
    }

    fn is_search(&self) -> bool {
        matches!(self.form, Form::Search | Form::SearchStore)
    }

    /// Reads the options left, in any order.
    pub(super) fn options(
        mut self,
        args: &mut Args<'a>,
        set: Option<Zset<'_>>,
    ) -> Result<Query<'a>, CommandError> {
        while args.left() > 0 {
            let taken = self.take_flag(args)
                || self.take_value(args)?
                || self.take_target(args)?
                || (self.is_search() && (self.take_origin(args, set)? || self.take_shape(args)?));
            if !taken {
                return Err(CommandError::SYNTAX);
            }
        }
        Ok(self)
    }

    /// Takes an option of one word.
    fn take_flag(&mut self, args: &mut Args<'_>) -> bool {
        if args.take_word("withdist") {
            self.with_distance = true;
        } else if args.take_word("withhash") {
            self.with_hash = true;
        } else if args.take_word("withcoord") {
            self.with_coordinates = true;
        } else if args.take_word("any") {
            self.any = true;
        } else if args.take_word("asc") {
            self.order = Some(Order::Nearest);
        } else if args.take_word("desc") {
            self.order = Some(Order::Farthest);
        } else if self.form == Form::SearchStore && args.take_word("storedist") {
            self.store_distance = true;
        } else {
            return false;
        }
        true
    }

    /// Takes COUNT.
    fn take_value(&mut self, args: &mut Args<'_>) -> Result<bool, CommandError> {
        if args.left() < 2 || !args.take_word("count") {
            return Ok(false);
        }
        let count = args.int()?;
        if count <= 0 {
            return Err(CommandError::GEO_COUNT_NOT_POSITIVE);
        }
        self.count = usize::try_from(count).unwrap_or(usize::MAX);
        Ok(true)
    }

    /// Takes STORE or STOREDIST with its key.
    fn take_target(&mut self, args: &mut Args<'a>) -> Result<bool, CommandError> {
        if self.form != Form::Radius || args.left() < 2 {
            return Ok(false);
        }
        let is_distance = args.take_word("storedist");
        if !is_distance && !args.take_word("store") {
            return Ok(false);
        }
        self.store_distance = is_distance;
        self.target = Some(args.key()?);
        Ok(true)
    }

    /// Takes FROMMEMBER or FROMLONLAT, unless the other, or a polygon, stands before it.
    fn take_origin(
        &mut self,
        args: &mut Args<'_>,
        set: Option<Zset<'_>>,
    ) -> Result<bool, CommandError> {
        if matches!(self.shape, Some(Shape::Polygon(_))) {
            return Ok(false);
        }
        if self.origin != Some(Origin::Place) && args.left() >= 2 && args.take_word("frommember") {
            let member = args.bytes()?;
            self.origin = Some(Origin::Member);
            if let Some(set) = set {
                self.center = place_of(set, member)?;
            }
            return Ok(true);
        }
        if self.origin != Some(Origin::Member) && args.left() >= 3 && args.take_word("fromlonlat") {
            self.center = coordinates(args)?;
            self.origin = Some(Origin::Place);
            return Ok(true);
        }
        Ok(false)
    }

    /// Takes BYRADIUS, BYBOX or BYPOLYGON, unless another of them stands before it.
    fn take_shape(&mut self, args: &mut Args<'_>) -> Result<bool, CommandError> {
        let (no_circle, no_box, no_polygon) = match self.shape {
            None => (false, false, self.origin.is_some()),
            Some(Shape::Circle { .. }) => (false, true, true),
            Some(Shape::Box { .. }) => (true, false, true),
            Some(Shape::Polygon(_)) => (true, true, self.origin.is_some()),
        };
        if !no_circle && args.left() >= 3 && args.take_word("byradius") {
            self.take_circle(args)?;
        } else if !no_box && args.left() >= 4 && args.take_word("bybox") {
            self.take_box(args)?;
        } else if !no_polygon && args.left() >= 3 && args.take_word("bypolygon") {
            self.take_polygon(args)?;
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    /// Takes a radius and its unit.
    pub(super) fn take_circle(&mut self, args: &mut Args<'_>) -> Result<(), CommandError> {
        let radius = double(args, CommandError::RADIUS_NOT_NUMERIC)?;
        if radius < 0.0 {
            return Err(CommandError::RADIUS_NEGATIVE);
        }
        self.unit = unit(args)?;
        self.shape = Some(Shape::Circle { radius });
        Ok(())
    }

    fn take_box(&mut self, args: &mut Args<'_>) -> Result<(), CommandError> {
        let width = double(args, CommandError::WIDTH_NOT_NUMERIC)?;
        let height = double(args, CommandError::HEIGHT_NOT_NUMERIC)?;
        if width < 0.0 || height < 0.0 {
            return Err(CommandError::BOX_NEGATIVE);
        }
        self.unit = unit(args)?;
        self.shape = Some(Shape::Box { width, height });
        Ok(())
    }

    fn take_polygon(&mut self, args: &mut Args<'_>) -> Result<(), CommandError> {
        let count = parse_int(args.bytes()?).and_then(|count| i32::try_from(count).ok());
        let count = count.ok_or(CommandError::BAD_VERTEX_COUNT)?;
        let Some(count @ 3..) = usize::try_from(count)
            .ok()
            .filter(|count| *count <= args.left() / 2)
        else {
            return Err(CommandError::TOO_FEW_VERTICES);
        };
        let vertices: Result<Vec<Point>, CommandError> =
            (0..count).map(|_| coordinates(args)).collect();
        let Search {
            center,
            shape,
            unit,
        } = Search::polygon(vertices?);
        (self.center, self.shape, self.unit) = (center, Some(shape), unit);
        Ok(())
    }

    /// The query, if its options go together.
    pub(super) fn judged(self, args: &Args<'_>) -> Result<Query<'a>, CommandError> {
        if self.target.is_some() && (self.with_distance || self.with_hash || self.with_coordinates)
        {
            return Err(match self.form {
                Form::SearchStore => CommandError::GEOSEARCHSTORE_WITH,
                _ => CommandError::GEORADIUS_STORE_WITH,
            });
        }
        // As the user wrote it.
        let command = args.request().bytes(0);
        let is_polygon = matches!(self.shape, Some(Shape::Polygon(_)));
        if self.is_search() && self.origin.is_none() && !is_polygon {
            return Err(CommandError::no_origin(command));
        }
        if self.is_search() && self.shape.is_none() {
            return Err(CommandError::no_shape(command));
        }
        if self.any && self.count == 0 {
            return Err(CommandError::ANY_WITHOUT_COUNT);
        }
        Ok(self)
    }

    /// The members of `set` in the shape, in order.
    pub(super) fn find<'s>(&self, set: Zset<'s>) -> Vec<Found<'s>> {
        let Some(shape) = &self.shape else {
            return Vec::new();
        };
        let search = Search {
            center: self.center,
            shape: shape.clone(),
            unit: self.unit,
        };
        let enough = match self.any {
            true => self.count,
            false => usize::MAX,
        };
        let mut found = all_within(set, &search, enough);
        // The nearest ones, where only so many are wanted.
        let nearest = (self.count > 0 && !self.any).then_some(Order::Nearest);
        let Some(order) = self.order.or(nearest) else {
            return found;
        };
        let compare = |a: &Found<'_>, b: &Found<'_>| match order {
            Order::Nearest => a.distance.total_cmp(&b.distance),
            Order::Farthest => b.distance.total_cmp(&a.distance),
        };
        if (1..found.len()).contains(&self.count) {
            sort_first(&mut found, self.count, &compare);
            found.truncate(self.count);
        } else {
            found.sort_by(compare);
        }
        found
    }

    /// What was found as elements of a sorted set, in its order.
    pub(super) fn elements<'s>(&self, found: &[Found<'s>]) -> Vec<(Item<'s>, f64)> {
        let score = |found: &Found<'_>| match self.store_distance {
            true => found.distance / self.unit,
            false => found.score,
        };
        let mut elements: Vec<_> = found.iter().map(|one| (one.member, score(one))).collect();
        elements.sort_unstable_by(|(a, score), (b, other)| {
            let by_score = score.partial_cmp(other).unwrap_or(Ordering::Equal);
            let (mut left, mut right) = (itoa::Buffer::new(), itoa::Buffer::new());
            by_score.then_with(|| a.text(&mut left).cmp(b.text(&mut right)))
        });
        elements
    }

    /// Replies with what was found.
    pub(super) fn reply(&self, reply: &mut Reply, found: &[Found<'_>]) {
        let extras = [self.with_distance, self.with_hash, self.with_coordinates];
        let extras = extras.into_iter().filter(|with| *with).count();
        let mut digits = itoa::Buffer::new();
        reply.array(found.len());
        for found in found {
            if extras > 0 {
                reply.array(extras + 1);
            }
            reply.bulk(found.member.text(&mut digits));
            if self.with_distance {
                reply_distance(reply, found.distance / self.unit);
            }
            if self.with_hash {
                // Of a score that is no geohash, what fits.
                reply.int(found.score as i64);
            }
            if self.with_coordinates {
                reply_point(reply, Point::of_score(found.score));
            }
        }
    }
}

/// The members in the shape, cell by cell; no more once there are `enough`.
fn all_within<'s>(set: Zset<'s>, search: &Search, enough: usize) -> Vec<Found<'s>> {
    let mut found = Vec::new();
    for (from, to) in search.ranges() {
        let from = Cut::Score(from, Side::Before);
        let ranks = set.ranks(from, Cut::Score(to, Side::Before));
        for (member, score) in set.range(ranks) {
            if found.len() >= enough {
                return found;
            }
            if let Some(distance) = search.distance(Point::of_score(score)) {
                found.push(Found {
                    member,
                    score,
                    distance,
                });
            }
        }
    }
    found
}
