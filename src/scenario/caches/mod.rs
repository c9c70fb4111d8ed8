//! Caches of prepared things: what a recorded sequence of requests would have found in them.
//!
//! Keys and times in, hits out. No domain words, no I/O, no randomness. [`stack`] answers for all sizes
//! at once; [`cache`] runs one cache through a sequence, with other orders of eviction, a time to live,
//! sizes that change, restarts and preloading; [`sample`] thins out very long sequences.

pub mod cache;
pub mod sample;
pub mod stack;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use rand::Rng;
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::cache::{Cache, Eviction};
    use super::{sample, stack};

    /// Written by tests/reference/replays.py, by lists, Che's approximation and a simulation of its own.
    fn reference() -> serde_json::Value {
        serde_json::from_str(include_str!("../../../tests/reference/replays.json")).unwrap()
    }

    fn numbers(value: &serde_json::Value) -> Vec<u64> {
        let list = value.as_array().unwrap();
        list.iter().map(|n| n.as_u64().unwrap()).collect()
    }

    fn hits(eviction: Eviction, size: usize, keys: &[u64]) -> u64 {
        let mut cache = Cache::new(eviction, size, None);
        keys.iter().filter(|k| cache.request(**k, 0)).count() as u64
    }

    #[test]
    fn lists_count_the_same() {
        let reference = reference();
        let example = &reference["example"];
        let keys = numbers(&example["keys"]);
        for (size, (lru, fifo)) in numbers(&example["lru"])
            .into_iter()
            .zip(numbers(&example["fifo"]))
            .enumerate()
        {
            assert_eq!(hits(Eviction::LeastRecentlyUsed, size, &keys), lru);
            assert_eq!(hits(Eviction::FirstInFirstOut, size, &keys), fifo);
        }
        let cycle = &reference["loop"];
        let keys: Vec<u64> = (0..cycle["rounds"].as_u64().unwrap())
            .flat_map(|_| 0..cycle["keys"].as_u64().unwrap())
            .collect();
        let by_size = stack::hits_by_size(&stack::distances(&keys));
        for (size, lru) in numbers(&cycle["lru"]).into_iter().enumerate() {
            assert_eq!(by_size[size.min(by_size.len() - 1)], lru);
        }
    }

    /// Independent requests with probabilities 1/i^a.
    fn zipf(keys: u64, exponent: f64, n: usize, seed: u64) -> Vec<u64> {
        let mut sum = 0.0;
        let bounds: Vec<f64> = (1..=keys)
            .map(|i| {
                sum += (i as f64).powf(-exponent);
                sum
            })
            .collect();
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        (0..n)
            .map(|_| {
                let unit = (random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
                bounds.partition_point(|b| *b < unit * sum) as u64
            })
            .collect()
    }

    /// The hit rate after a warm-up of half of the requests is Che's, within a point.
    #[test]
    fn zipf_is_hit_as_che_says() {
        for case in reference()["zipf"].as_array().unwrap() {
            let number = |name: &str| case[name].as_f64().unwrap();
            let keys = case["keys"].as_u64().unwrap();
            let requests = zipf(keys, number("exponent"), 400_000, 3);
            let size = case["size"].as_u64().unwrap();
            let warm = &stack::distances(&requests)[200_000..];
            let hits = warm
                .iter()
                .flatten()
                .filter(|d| u64::from(**d) <= size)
                .count();
            let rate = hits as f64 / warm.len() as f64;
            assert!((rate - number("che")).abs() < 0.01, "{case}: {rate}");
            assert!((rate - number("simulated")).abs() < 0.005, "{case}: {rate}");
        }
    }

    /// Hits that a cache of 8,000 has more than one of 2,000, of 20,000 keys, estimated from one in eight of them: over 60
    /// samples the standard error that is stated is the one that is found, within a third, and nine of ten 90 %
    /// intervals hold, give or take a twelfth.
    #[test]
    fn the_stated_error_of_a_sample_is_the_one_that_is_found() {
        let (share, sizes, samples) = (0.125, [2_000.0, 8_000.0], 60);
        let hits = |distances: &[Option<u32>], at: usize, scale: f64| {
            distances[at].is_some_and(|d| f64::from(d) <= sizes[1] * scale)
                && distances[at].is_some_and(|d| f64::from(d) > sizes[0] * scale)
        };
        let all = zipf(20_000, 0.7, 200_000, 11);
        let whole = stack::distances(&all);
        let truth = (0..all.len()).filter(|at| hits(&whole, *at, 1.0)).count() as f64;
        let (mut squares, mut held) = (0.0, 0);
        for salt in 0..samples {
            let is_in = |key: &u64| sample::holds(key ^ (salt << 32), share);
            let part: Vec<u64> = all.iter().copied().filter(is_in).collect();
            let distances = stack::distances(&part);
            let mut of_key = std::collections::BTreeMap::<u64, f64>::new();
            for (at, key) in part.iter().enumerate() {
                *of_key.entry(*key).or_default() +=
                    f64::from(u8::from(hits(&distances, at, share)));
            }
            let estimate = of_key.values().sum::<f64>() / share;
            let error = sample::standard_error(of_key.into_values(), share);
            let z = (estimate - truth) / error;
            squares += z * z;
            held += u32::from(z.abs() <= 1.645);
        }
        let spread = f64::sqrt(squares / samples as f64);
        assert!((0.67..1.33).contains(&spread), "{spread}");
        assert!((49..=59).contains(&held), "{held}");
    }

    /// One in eight of 20,000 keys: the adjusted hit rates of a sample are those of all within two points
    /// for every size, over five seeds.
    #[test]
    fn a_sample_stands_for_all() {
        let share = 0.125;
        let mut worst: f64 = 0.0;
        for seed in 0..5 {
            let all = zipf(20_000, 0.9, 300_000, seed);
            let part: Vec<u64> = all
                .iter()
                .copied()
                .filter(|k| sample::holds(*k, share))
                .collect();
            let whole = stack::hits_by_size(&stack::distances(&all));
            let sampled = stack::hits_by_size(&stack::distances(&part));
            let expected = all.len() as f64 * share;
            for size in [500_usize, 1_000, 2_000, 5_000, 10_000] {
                let rate = whole[size.min(whole.len() - 1)] as f64 / all.len() as f64;
                let at = ((size as f64 * share).round() as usize).min(sampled.len() - 1);
                let estimate = (sampled[at] as f64 + expected - part.len() as f64) / expected;
                worst = worst.max((rate - estimate).abs());
            }
        }
        assert!(worst < 0.02, "{worst}");
    }
}
