//! An order of the functions of a WebAssembly module in which brotli finds more to repeat.
//!
//! Generic code is written out again for each type, and the copies lie where their callers are. Brotli names what
//! it repeats by its distance, so near copies cost less: functions are put behind those they share most with.

use std::ops::Range;

/// How many bytes two functions must have in common in a row for it to count.
const PIECE: usize = 6;
/// What more functions than these have in common says nothing about their likeness.
const MOST_OWNERS: usize = 200;
/// How large a part of a function must occur in the one before it, in hundredths.
const LEAST_SHARED: usize = 6;
/// Added to both lengths, so that tiny functions do not count as alike by accident.
const DAMPING: usize = 20;

/// The indexes of `bodies`, each behind one that is like it as long as there is any.
pub fn by_likeness(bodies: &[&[u8]]) -> Vec<usize> {
    let functions: Vec<Vec<u64>> = bodies.iter().map(|body| pieces(body)).collect();
    let shared = Shared::of(&functions);
    let mut left = vec![true; bodies.len()];
    let mut order = Vec::with_capacity(bodies.len());
    for first in 0..bodies.len() {
        let mut next = left[first].then_some(first);
        while let Some(at) = next {
            left[at] = false;
            order.push(at);
            next = shared.most_like(at, &functions, &left);
        }
    }
    order
}

/// The different runs of bytes that occur in a body.
fn pieces(body: &[u8]) -> Vec<u64> {
    let mut pieces: Vec<u64> = body
        .windows(PIECE)
        .map(|window| {
            window
                .iter()
                .fold(0, |piece, byte| piece << 8 | u64::from(*byte))
        })
        .collect();
    pieces.sort_unstable();
    pieces.dedup();
    pieces
}

/// Which functions have which pieces in common.
struct Shared {
    /// The functions that have a piece, one range for each piece.
    owners: Vec<usize>,
    /// For each function the ranges of its pieces in `owners`.
    of_function: Vec<Vec<Range<usize>>>,
}

impl Shared {
    fn of(functions: &[Vec<u64>]) -> Self {
        let mut pairs: Vec<(u64, usize)> = Vec::new();
        for (function, pieces) in functions.iter().enumerate() {
            pairs.extend(pieces.iter().map(|piece| (*piece, function)));
        }
        pairs.sort_unstable();
        let mut owners = Vec::new();
        let mut of_function = vec![Vec::new(); functions.len()];
        for group in pairs.chunk_by(|a, b| a.0 == b.0) {
            if (2..=MOST_OWNERS).contains(&group.len()) {
                let range = owners.len()..owners.len() + group.len();
                owners.extend(group.iter().map(|(_, function)| *function));
                for (_, function) in group {
                    of_function[*function].push(range.clone());
                }
            }
        }
        Self {
            owners,
            of_function,
        }
    }

    /// The function among those `left` that is most like the one `at`, if any is like it at all.
    fn most_like(&self, at: usize, functions: &[Vec<u64>], left: &[bool]) -> Option<usize> {
        let mut found = Vec::new();
        for range in &self.of_function[at] {
            let others = self.owners[range.clone()].iter();
            found.extend(others.filter(|other| left[**other]));
        }
        found.sort_unstable();
        let length = |function: usize| functions[function].len() + DAMPING;
        let (other, common) = found
            .chunk_by(|a, b| a == b)
            .map(|group| (group[0], group.len()))
            // The larger share of both, compared without division; of equals the first.
            .reduce(|best, one| {
                let of_both = |other: usize| length(other) + length(at);
                let is_more = one.1 * of_both(best.0) > best.1 * of_both(one.0);
                if is_more { one } else { best }
            })?;
        (common * 100 >= length(other) * LEAST_SHARED).then_some(other)
    }
}

#[cfg(test)]
mod tests {
    use super::by_likeness;

    #[test]
    fn copies_come_together() {
        let (a, b) = ([1; 200].map(|_: u8| 7), [2; 10]);
        let one: Vec<u8> = (0..100).collect();
        let other: Vec<u8> = (100..200).collect();
        let (mut like_one, mut like_other) = (one.clone(), other.clone());
        like_one[50] = 0;
        like_other[50] = 0;
        let bodies: [&[u8]; 6] = [&one, &other, &a, &like_one, &b, &like_other];
        assert_eq!(by_likeness(&bodies), [0, 3, 1, 5, 2, 4]);
    }
}
