//! Sessions side by side: each has dice of its own, so that what comes of them does not depend on how many there are.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::Size;

/// What `of` says of each number below `n`, in their order. A short run leaves the other cores to others.
pub(crate) fn each<T: Send>(size: Size, n: usize, of: impl Fn(u64) -> T + Sync) -> Vec<T> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicUsize::new(0);
    let work = || {
        let numbers = std::iter::from_fn(|| Some(next.fetch_add(1, Ordering::Relaxed)));
        let numbers = numbers.take_while(|i| *i < n);
        numbers.map(|i| (i, of(i as u64))).collect::<Vec<_>>()
    };
    let mut done: Vec<(usize, T)> = thread::scope(|scope| {
        let others: Vec<_> = (1..size.pick(1, cores))
            .map(|_| scope.spawn(work))
            .collect();
        let mut done = work();
        for other in others {
            done.extend(
                other
                    .join()
                    .unwrap_or_else(|e| std::panic::resume_unwind(e)),
            );
        }
        done
    });
    done.sort_by_key(|(i, _)| *i);
    done.into_iter().map(|(_, of)| of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_that_of_the_numbers_on_any_number_of_threads() {
        for size in [Size::Short, Size::Full] {
            let wanted: Vec<u64> = (0..1_000).map(|i| i * i).collect();
            assert_eq!(each(size, 1_000, |i| i * i), wanted);
            assert!(each(size, 0, |i| i).is_empty());
        }
    }
}
