//! The most frequent of any number of items, in bounded memory: a sketch that forgets.
//!
//! The sketch is HeavyKeeper (Gong et al., USENIX ATC 2018): [`ROWS`] rows of cells, and an item has
//! one cell in each. A cell belongs to one item at a time, known by a fingerprint, and counts it.
//! When another item comes to the cell, the count decays by chance, and the less likely the larger
//! it is; at zero the cell changes hands. So what is rare is washed out quickly, what is frequent
//! hardly notices, and a count is never above the truth (but where two fingerprints are equal, once
//! in four thousand million).
//!
//! Beside it stand the items whose estimates are the highest, with their names. A name is made only
//! when an item comes among them.
//!
//! ```text
//! item ─ hash ─┬─ row 0: [print│count] … ┐
//!              └─ row 1: [print│count] … ┴ larger estimate ─▶ among the top? ─▶ name
//! ```
//!
//! Weights are added, so that a sampled item can stand for those passed over, and everything can be
//! aged by a factor: what was frequent long ago gives way.

/// Cells an item has.
const ROWS: usize = 2;

/// Cells of a row, a power of two.
const CELLS: usize = 1024;

const _: () = assert!(CELLS.is_power_of_two());

/// A count of `n` decays with the chance `BASE^-n`.
const BASE: f32 = 1.08;

/// An aged count below this is none.
const COUNT_MIN: f32 = 0.25;

/// The most frequent items, each known by its hash and called by an `N`.
#[derive(Clone, Debug)]
pub struct Frequent<N> {
    cells: Vec<Cell>,
    top: Vec<Top<N>>,
    top_max: usize,
    total: f64,
    chance: fastrand::Rng,
}

/// One of the most frequent items.
#[derive(Clone, Debug, PartialEq)]
pub struct Top<N> {
    hash: u64,
    pub count: f32,
    pub name: N,
}

#[derive(Clone, Copy, Debug, Default)]
struct Cell {
    print: u32,
    count: f32,
}

impl<N> Frequent<N> {
    /// For the `top_max` most frequent; the seed is that of its chance.
    pub fn new(top_max: usize, seed: u64) -> Frequent<N> {
        Frequent {
            cells: vec![Cell::default(); ROWS * CELLS],
            top: Vec::with_capacity(top_max),
            top_max,
            total: 0.0,
            chance: fastrand::Rng::with_seed(seed),
        }
    }

    /// Counts the item with this hash `weight` times. A hash must have 64 good bits.
    pub fn add(&mut self, hash: u64, weight: f32, name: impl FnOnce() -> N) {
        self.total += f64::from(weight);
        let estimate = self.count(hash, weight);
        if let Some(top) = self.top.iter_mut().find(|top| top.hash == hash) {
            // The cells may have been lost to others meanwhile.
            top.count = estimate.max(top.count);
            return;
        }
        let count = estimate;
        if self.top.len() < self.top_max {
            let name = name();
            self.top.push(Top { hash, count, name });
            return;
        }
        let least = (self.top.iter_mut()).min_by(|a, b| a.count.total_cmp(&b.count));
        if let Some(least) = least
            && least.count < count
        {
            let name = name();
            *least = Top { hash, count, name };
        }
    }

    /// Counts in the cells; the estimate from them.
    fn count(&mut self, hash: u64, weight: f32) -> f32 {
        // The upper half: the lower chooses the cells.
        let print = (hash >> 32) as u32;
        let mut estimate: f32 = 0.0;
        for row in 0..ROWS {
            let in_row = (hash >> (16 * row)) as usize % CELLS;
            let cell = &mut self.cells[row * CELLS + in_row];
            if cell.count > 0.0 && cell.print != print {
                if self.chance.f32() < BASE.powf(-cell.count / weight) {
                    cell.count -= weight;
                }
                if cell.count > 0.0 {
                    continue;
                }
                cell.count = 0.0;
            }
            cell.print = print;
            cell.count += weight;
            estimate = estimate.max(cell.count);
        }
        estimate
    }

    /// All counts become `factor` of what they were.
    pub fn age(&mut self, factor: f32) {
        let aged = |count: f32| match count * factor {
            count if count < COUNT_MIN => 0.0,
            count => count,
        };
        for cell in &mut self.cells {
            cell.count = aged(cell.count);
        }
        for top in &mut self.top {
            top.count = aged(top.count);
        }
        self.top.retain(|top| top.count > 0.0);
        self.total *= f64::from(factor);
    }

    /// The weight of everything that was added, aged.
    pub fn total(&self) -> f64 {
        self.total
    }

    /// The most frequent, the most frequent first.
    pub fn top(&self) -> Vec<&Top<N>> {
        let mut top: Vec<_> = self.top.iter().collect();
        top.sort_by(|a, b| b.count.total_cmp(&a.count).then(a.hash.cmp(&b.hash)));
        top
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.cells.fill(Cell::default());
        self.top.clear();
        self.total = 0.0;
    }

    /// Bytes on the heap, names excepted.
    pub fn memory_bytes(&self) -> usize {
        self.cells.capacity() * size_of::<Cell>() + self.top.capacity() * size_of::<Top<N>>()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    /// A hash with 64 good bits.
    fn hash(item: u64) -> u64 {
        let mut x = item.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }

    /// An item by Zipf's law among `items`, by inverting its (continuous) distribution.
    fn zipf(chance: &mut fastrand::Rng, items: f64) -> u64 {
        (items.powf(chance.f64()) - 1.0) as u64
    }

    #[test]
    fn the_most_frequent_of_a_skewed_stream_are_found() {
        for seed in 0..10 {
            let mut chance = fastrand::Rng::with_seed(seed);
            let mut sketch = Frequent::new(32, seed);
            let mut truth: HashMap<u64, f32> = HashMap::new();
            let weights = [1.0, 32.0];
            let weight = weights[seed as usize % 2];
            for _ in 0..100_000 {
                let item = zipf(&mut chance, 1_000_000.0);
                *truth.entry(item).or_default() += weight;
                sketch.add(hash(item), weight, || item);
            }
            let mut exact: Vec<_> = truth.iter().map(|(item, count)| (*count, *item)).collect();
            exact.sort_by(|a, b| b.0.total_cmp(&a.0));
            let top = sketch.top();
            assert!((sketch.total() - f64::from(weight) * 1e5).abs() < 1.0);
            for (_, item) in &exact[..10] {
                let found = top.iter().any(|top| top.name == *item);
                assert!(found, "seed {seed}: {item} is missing");
            }
            for top in &top[..10] {
                let true_count = truth[&top.name];
                let error = (true_count - top.count) / true_count;
                assert!(
                    (0.0..0.2).contains(&error),
                    "seed {seed}: {top:?} {true_count}"
                );
            }
        }
    }

    #[test]
    fn what_is_not_seen_any_more_is_forgotten() {
        let mut sketch = Frequent::new(4, 1);
        for _ in 0..1000 {
            sketch.add(hash(1), 1.0, || 1);
        }
        for _ in 0..100 {
            sketch.age(0.5);
            for _ in 0..20 {
                sketch.add(hash(2), 1.0, || 2);
            }
        }
        let names: Vec<_> = sketch.top().iter().map(|top| top.name).collect();
        assert_eq!(names, [2]);
        assert!((sketch.total() - 40.0).abs() < 1.0);
        sketch.clear();
        assert!(sketch.top().is_empty() && sketch.total() == 0.0);
    }

    #[test]
    fn its_memory_does_not_grow() {
        let mut sketch = Frequent::new(32, 1);
        let before = sketch.memory_bytes();
        let mut named = 0;
        for item in 0..1_000_000 {
            sketch.add(hash(item), 1.0, || named += 1);
        }
        assert_eq!(sketch.memory_bytes(), before);
        assert_eq!(sketch.top().len(), 32);
        // Where nothing is frequent names are rarely made.
        assert!(named < 2000, "{named}");
    }
}
