//! The smallest few of many, in order, without sorting the rest.
//!
//! Quicksort that leaves alone what cannot be among the first ones. Which of several equal
//! elements come first, and so which are cut off, follows from the order of its swaps: it takes
//! the pivots and makes the swaps of the sort that Redis has for this purpose.
//!
//! Jon Bentley and Douglas McIlroy, "Engineering a sort function" (1993).

use std::cmp::Ordering;

/// As many elements are sorted by insertion.
const INSERTION_MAX: usize = 6;

/// More elements than these get their pivot from nine of them instead of three.
const NINE_MIN: usize = 41;

/// After so many splits that left much, what is left is sorted otherwise: in linear time per
/// split, and on no deep stack.
const DEPTH_MAX: usize = 64;

/// Brings the `count` first elements to their places. The order behind them is any.
pub fn sort_first<T>(items: &mut [T], count: usize, compare: &impl Fn(&T, &T) -> Ordering) {
    sort(items, count, compare, DEPTH_MAX);
}

fn sort<T>(
    mut items: &mut [T],
    mut count: usize,
    compare: &impl Fn(&T, &T) -> Ordering,
    mut depth: usize,
) {
    while items.len() > INSERTION_MAX {
        if depth == 0 {
            return items.sort_by(compare);
        }
        depth -= 1;
        let pivot = pivot(items, compare);
        items.swap(0, pivot);
        let (smaller, larger) = split(items, compare);
        if smaller > 1 && count > 0 {
            sort(&mut items[..smaller], count, compare, depth);
        }
        let behind = items.len() - larger;
        if larger < 2 || count <= behind {
            return;
        }
        items = &mut items[behind..];
        count -= behind;
    }
    for end in 1..items.len() {
        let mut at = end;
        while at > 0 && compare(&items[at - 1], &items[at]) == Ordering::Greater {
            items.swap(at - 1, at);
            at -= 1;
        }
    }
}

/// The index of an element that is likely to be in the middle.
fn pivot<T>(items: &[T], compare: &impl Fn(&T, &T) -> Ordering) -> usize {
    let len = items.len();
    let (mut low, mut middle, mut high) = (0, len / 2, len - 1);
    if len == INSERTION_MAX + 1 {
        return middle;
    }
    let median = |a, b, c| median(items, compare, [a, b, c]);
    if len >= NINE_MIN {
        let apart = len / 8;
        low = median(low, low + apart, low + 2 * apart);
        middle = median(middle - apart, middle, middle + apart);
        high = median(high - 2 * apart, high - apart, high);
    }
    median(low, middle, high)
}

fn median<T>(items: &[T], compare: &impl Fn(&T, &T) -> Ordering, [a, b, c]: [usize; 3]) -> usize {
    let order = |left: usize, right: usize| compare(&items[left], &items[right]);
    if order(a, b) == Ordering::Less {
        if order(b, c) == Ordering::Less {
            b
        } else if order(a, c) == Ordering::Less {
            c
        } else {
            a
        }
    } else if order(b, c) == Ordering::Greater {
        b
    } else if order(a, c) == Ordering::Less {
        a
    } else {
        c
    }
}

/// Splits by the first element: how many are smaller and how many larger; those as large stand
/// between them.
fn split<T>(items: &mut [T], compare: &impl Fn(&T, &T) -> Ordering) -> (usize, usize) {
    let len = items.len();
    // Equal ones are collected at both ends meanwhile:
    // | equal | smaller | not seen yet | larger | equal |
    //  0       equals    low        high         end
    let (mut equals, mut low) = (1, 1);
    let (mut high, mut end) = (len, len);
    loop {
        while low < high {
            match compare(&items[low], &items[0]) {
                Ordering::Greater => break,
                Ordering::Equal => {
                    items.swap(equals, low);
                    equals += 1;
                }
                Ordering::Less => {}
            }
            low += 1;
        }
        while low < high {
            match compare(&items[high - 1], &items[0]) {
                Ordering::Less => break,
                Ordering::Equal => {
                    end -= 1;
                    items.swap(high - 1, end);
                }
                Ordering::Greater => {}
            }
            high -= 1;
        }
        if low >= high {
            break;
        }
        items.swap(low, high - 1);
        low += 1;
        high -= 1;
    }
    let (smaller, larger) = (low - equals, end - low);
    swap_ranges(items, 0, low - smaller.min(equals), smaller.min(equals));
    let right = larger.min(len - end);
    swap_ranges(items, low, len - right, right);
    (smaller, larger)
}

fn swap_ranges<T>(items: &mut [T], a: usize, b: usize, count: usize) {
    for index in 0..count {
        items.swap(a + index, b + index);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_ones_are_in_order() {
        for seed in 0..2000 {
            let mut random = fastrand::Rng::with_seed(seed);
            let len = random.usize(..300);
            let values = random.u32(1..400);
            let mut items: Vec<u32> = match seed % 5 {
                0 => (0..len as u32).collect(),
                1 => (0..len as u32).rev().collect(),
                2 => (0..len as u32).map(|i| i.min(len as u32 - i)).collect(),
                _ => (0..len).map(|_| random.u32(..values)).collect(),
            };
            let mut sorted = items.clone();
            sorted.sort_unstable();
            let count = random.usize(..=len);
            sort_first(&mut items, count, &Ord::cmp);
            assert_eq!(items[..count], sorted[..count], "seed {seed}");
            items.sort_unstable();
            assert_eq!(items, sorted, "seed {seed}: nothing is lost");
        }
    }

    #[test]
    fn a_bad_split_each_time_is_survived() {
        // Every comparison says that the pivot is the largest.
        let mut items: Vec<u32> = (0..100_000).collect();
        sort(&mut items, 10, &|a, b| a.cmp(b), 1);
        assert!(items.is_sorted());
    }
}
