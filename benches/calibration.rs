//! How often the tests of `perfadvise::stats` cry wolf, how often they find what is there, and how often the intervals
//! hold what they should. Prints the tables of `docs/calibration.md`:
//!
//! ```text
//! cargo bench --bench calibration -- 2000
//! ```
//!
//! The number is that of the runs of each cell (200 where none is given; a quarter for tail quantiles). Same number, same tables.
//! A word beside it prints only the tables of that name: `stationary`, `steps`, `groups`, `pairs`, `rates`, `tails`, `units`,
//! `strata`, `newest`, `power`.
#![allow(clippy::print_stdout)] // The tables are what it is for.
#![allow(clippy::cast_precision_loss)]

use perfadvise::analysis::{Side, one};
use perfadvise::config::{Config, TargetStatistic};
use perfadvise::record::{DimsId, Name, OperationKind};
use perfadvise::stats::change::{Tolerance, changes};
use perfadvise::stats::{
    counts, location, normal, paired, power, prediction, rank_sum, rates, shape, stratified, tails,
    unpaired,
};
use perfadvise::workload::{Figure, Filter, Row, RowKey, UnitId, UnitOfInference, Workload};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

fn main() {
    let runs: usize = std::env::args()
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(200);
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| !a.starts_with('-') && a.parse::<usize>().is_err())
        .collect();
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|w| w == name);
    // A bootstrap each for tails: a quarter of the runs.
    let few = runs.div_ceil(4);
    let tables: [Table; 10] = [
        ("stationary", stationary, runs),
        ("steps", steps, runs),
        ("groups", two_groups, runs),
        ("strata", strata, runs),
        ("pairs", pairs, runs),
        ("rates", |_| rates_of_trials(), runs),
        ("tails", tail_ratios, few),
        ("units", tails_of_units, few),
        ("newest", predictions, runs),
        ("power", powers, runs),
    ];
    for (_, table, runs) in tables.iter().filter(|(name, ..)| is_wanted(name)) {
        table(*runs);
    }
}

/// Its name, what prints it, and the runs of each cell.
type Table = (&'static str, fn(usize), usize);

struct Random(ChaCha8Rng);

/// Distributions with mean or median 0.
#[derive(Clone, Copy)]
enum Shape {
    Normal,
    LogNormal,
    Student3,
}

impl Random {
    fn new(cell: usize) -> Self {
        Self(ChaCha8Rng::seed_from_u64(cell as u64))
    }

    fn share(&mut self) -> f64 {
        ((self.0.next_u64() >> 12) as f64 + 0.5) / (1_u64 << 52) as f64
    }

    fn normal(&mut self) -> f64 {
        normal::quantile(self.share()).unwrap_or(0.0)
    }

    fn draw(&mut self, shape: Shape) -> f64 {
        match shape {
            Shape::Normal => self.normal(),
            Shape::LogNormal => 2.0 * (self.normal() / 2.0).exp() - 2.0,
            Shape::Student3 => {
                let squares: f64 = (0..3).map(|_| self.normal().powi(2)).sum();
                self.normal() / (squares / 3.0).sqrt()
            }
        }
    }

    fn group(&mut self, n: usize, shape: Shape, spread: f64, shift: f64) -> Vec<f64> {
        (0..n).map(|_| shift + spread * self.draw(shape)).collect()
    }

    /// A stationary series around 0 whose neighbours correlate by `rho`.
    fn series(&mut self, n: usize, rho: f64, shape: Shape) -> Vec<f64> {
        let mut value = self.draw(shape);
        (0..n)
            .map(|_| {
                value = rho * value + (1.0 - rho * rho).sqrt() * self.draw(shape);
                value
            })
            .collect()
    }
}

/// Share of `runs` in which `is_so`.
fn share(runs: usize, mut is_so: impl FnMut(usize) -> bool) -> f64 {
    (0..runs).filter(|run| is_so(*run)).count() as f64 / runs as f64
}

fn head(title: &str, columns: &[&str]) {
    println!("\n### {title}\n");
    println!("| {} |", columns.join(" | "));
    println!("|{}", "---|".repeat(columns.len()));
}

fn row(name: &str, values: &[f64]) {
    let values: Vec<String> = values.iter().map(|v| format!("{v:.3}")).collect();
    println!("| {name} | {} |", values.join(" | "));
}

fn stationary(runs: usize) {
    head(
        "Change points: stationary histories with an alarm",
        &["history", "n = 10", "20", "40", "60", "100", "300"],
    );
    for (cell, (name, rho, shape)) in [
        ("normal", 0.0, Shape::Normal),
        ("log-normal, 0.5", 0.0, Shape::LogNormal),
        ("t, 3 degrees", 0.0, Shape::Student3),
        ("neighbours 0.3", 0.3, Shape::Normal),
        ("neighbours 0.5", 0.5, Shape::Normal),
        ("neighbours 0.7", 0.7, Shape::Normal),
    ]
    .into_iter()
    .enumerate()
    {
        let mut random = Random::new(100 + cell);
        let alarms = [10, 20, 40, 60, 100, 300].map(|n| {
            share(runs, |_| {
                let series = random.series(n, rho, shape);
                let values: Vec<f64> = series.iter().map(|v| 100.0 + 5.0 * v).collect();
                changes(&values, Tolerance::Share(0.0)).is_some_and(|found| !found.is_empty())
            })
        });
        row(name, &alarms);
    }
}

fn steps(runs: usize) {
    head(
        "Change points: a step, noise 5 %, tolerance 5 %",
        &[
            "history",
            "found",
            "of these within 3 points",
            "of these in the range",
            "width of the range",
        ],
    );
    for (cell, (n, at, percent, rho)) in [
        (40, 20, 10.0, 0.0),
        (40, 10, 10.0, 0.0),
        (40, 30, 10.0, 0.0),
        (40, 35, 10.0, 0.0),
        (40, 35, 20.0, 0.0),
        (40, 20, 10.0, 0.3),
        (20, 10, 10.0, 0.0),
        (20, 10, 15.0, 0.0),
        (10, 5, 20.0, 0.0),
        (100, 50, 5.5, 0.0),
        (100, 50, 10.0, 0.3),
    ]
    .into_iter()
    .enumerate()
    {
        let mut random = Random::new(200 + cell);
        let (mut found, mut near, mut held, mut width) = (0_usize, 0_usize, 0_usize, 0_usize);
        for _ in 0..runs {
            let mut values = random.series(n, rho, Shape::Normal);
            for (place, value) in values.iter_mut().enumerate() {
                *value = 100.0 + 5.0 * *value + if place >= at { percent } else { 0.0 };
            }
            let all = changes(&values, Tolerance::Share(0.05)).unwrap_or_default();
            let nearest = all.iter().min_by_key(|change| change.at.abs_diff(at));
            if let Some(change) = nearest {
                found += 1;
                near += usize::from(change.at.abs_diff(at) <= 3);
                held += usize::from(change.earliest <= at && at <= change.latest);
                width += change.latest - change.earliest;
            }
        }
        let of_found = |count: usize| count as f64 / found.max(1) as f64;
        let name = format!("n = {n}, +{percent} % at {at}, neighbours {rho}");
        let found_share = found as f64 / runs as f64;
        row(
            &name,
            &[found_share, of_found(near), of_found(held), of_found(width)],
        );
    }
}

fn two_groups(runs: usize) {
    head(
        "Two groups with equal medians: p < 0.05, and coverage of the 95 % interval of the difference",
        &[
            "sizes, spreads",
            "Brunner-Munzel",
            "its interval",
            "Mann-Whitney",
            "Kolmogorov-Smirnov",
        ],
    );
    let mut cell = 300;
    for (n, m) in [
        (10, 10),
        (40, 10),
        (10, 40),
        (5, 30),
        (6, 30),
        (8, 30),
        (5, 9),
    ] {
        for (s1, s2) in [(1.0, 1.0), (3.0, 1.0), (1.0, 3.0)] {
            let mut random = Random::new(cell);
            cell += 1;
            let mut counted = [0_usize; 4];
            for run in 0..runs {
                let a = random.group(n, Shape::Normal, s1, 0.0);
                let b = random.group(m, Shape::Normal, s2, 0.0);
                let test = unpaired::brunner_munzel(&a, &b, run as u64);
                let interval = location::hodges_lehmann_difference(&a, &b, 0.95);
                let is_so = [
                    test.is_some_and(|t| t.p < 0.05),
                    // No interval holds everything.
                    interval.is_none_or(|i| i.interval().contains(0.0)),
                    rank_sum::mann_whitney(&a, &b).is_some_and(|t| t.p < 0.05),
                    shape::kolmogorov_smirnov(&a, &b).is_some_and(|t| t.p < 0.05),
                ];
                for (count, is_so) in counted.iter_mut().zip(is_so) {
                    *count += usize::from(is_so);
                }
            }
            let name = format!("{n} + {m}, {s1} : {s2}");
            row(&name, &counted.map(|count| count as f64 / runs as f64));
        }
    }
}

fn pairs(runs: usize) {
    head(
        "Pairs without a difference: p < 0.05, and coverage of the 95 % interval",
        &[
            "pairs",
            "Wilcoxon, normal",
            "Walsh, normal",
            "Wilcoxon, t 3",
            "Walsh, t 3",
        ],
    );
    for n in [6, 8, 10, 20, 40] {
        let mut values = Vec::new();
        for shape in [Shape::Normal, Shape::Student3] {
            let mut random = Random::new(400 + n);
            let (mut alarms, mut held) = (0_usize, 0_usize);
            for _ in 0..runs {
                let d = random.group(n, shape, 1.0, 0.0);
                alarms += usize::from(paired::wilcoxon_signed_rank(&d).is_some_and(|t| t.p < 0.05));
                let interval = paired::walsh(&d, 0.95);
                held += usize::from(interval.is_none_or(|i| i.interval().contains(0.0)));
            }
            values.extend([alarms as f64 / runs as f64, held as f64 / runs as f64]);
        }
        row(&n.to_string(), &values);
    }
}

/// Chance of each number of hits.
fn binomial(n: u64, rate: f64) -> Vec<f64> {
    let mut chances = vec![(1.0 - rate).powi(i32::try_from(n).unwrap_or(i32::MAX))];
    for hits in 1..=n {
        let before = chances[chances.len() - 1];
        chances.push(before * (n - hits + 1) as f64 / hits as f64 * rate / (1.0 - rate));
    }
    chances
}

/// Groups that are mixed differently of three strata: like with like.
fn strata(runs: usize) {
    head(
        "Like with like: coverage of the 95 % interval of the difference within three strata",
        &["sizes, spreads", "normal", "t 3", "log-normal"],
    );
    let mut cell = 800;
    for sizes in [
        [(6, 24), (24, 6), (10, 10)],
        [(6, 6), (6, 6), (6, 6)],
        [(40, 10), (10, 40), (20, 20)],
    ] {
        for (s1, s2) in [(1.0, 1.0), (2.0, 1.0)] {
            let held = [Shape::Normal, Shape::Student3, Shape::LogNormal].map(|shape| {
                let mut random = Random::new(cell);
                cell += 1;
                share(runs, |_| {
                    let cells = sizes.map(|(n, m)| {
                        let level = 3.0 * random.normal();
                        let mut group = |n, spread, shift| -> Vec<f64> {
                            let values = random.group(n, shape, spread, shift);
                            values.iter().map(|v| v + level).collect()
                        };
                        (group(n, s1, 0.0), group(m, s2, 0.3))
                    });
                    let lists: Vec<(&[f64], &[f64])> =
                        cells.iter().map(|(a, b)| (&a[..], &b[..])).collect();
                    // The mean of the log-normal is not its median: the difference of means counts.
                    let shift = |s: f64| match shape {
                        Shape::LogNormal => s * (2.0 * 0.125_f64.exp() - 2.0),
                        _ => 0.0,
                    };
                    let truth = 0.3 + shift(s2) - shift(s1);
                    stratified::difference_of_means(&lists, 0.95)
                        .is_some_and(|e| e.interval().contains(truth))
                })
            });
            let name: Vec<String> = sizes.iter().map(|(n, m)| format!("{n} + {m}")).collect();
            row(&format!("{}, {s1} : {s2}", name.join(", ")), &held);
        }
    }
}

/// A workload of steps: for each unit a level of its own, and `values` around it.
fn workload(
    random: &mut Random,
    levels: &[f64],
    values: usize,
    within: f64,
    is_paired: bool,
) -> Workload {
    let mut workload = Workload::default();
    for (unit, level) in levels.iter().enumerate() {
        let mut time = Figure::default();
        for _ in 0..values {
            let seconds = (level + within * random.normal()).exp();
            #[allow(clippy::cast_possible_truncation)]
            time.add((1e9 * seconds) as i64);
        }
        let task = if is_paired {
            workload.catalog.name(&format!("t{unit:03}"))
        } else {
            Name::NONE
        };
        workload.rows.push(Row {
            key: RowKey {
                unit: UnitId(u32::try_from(unit).unwrap_or(u32::MAX)),
                task,
                operation: OperationKind::Step,
                is_step: true,
                dims: DimsId(0),
                cell: 1_970_000,
            },
            outcomes: [u32::try_from(values).unwrap_or(u32::MAX), 0, 0, 0, 0, 0],
            time,
            extra: None,
        });
        workload.units.push(UnitOfInference {
            name: format!("{unit}"),
        });
    }
    workload
}

/// p95 of records of units, as the gate judges it.
fn tails_of_units(runs: usize) {
    head(
        "p95 of records inside units that differ (logs: 0.3 between, 0.5 within), no difference between the groups: p < 0.05, coverage, and a regression at a tolerance of 10 %",
        &[
            "units a group, values each",
            "p < 0.05",
            "coverage",
            "regression",
        ],
    );
    let mut cell = 900;
    for is_paired in [false, true] {
        for (units, values) in [(20, 3), (20, 10), (20, 50), (30, 10), (30, 50), (60, 10)] {
            let mut random = Random::new(cell);
            cell += 1;
            let (mut alarms, mut held, mut beyond) = (0_usize, 0_usize, 0_usize);
            for _ in 0..runs {
                let levels = random.group(units, Shape::Normal, 0.3, 0.0);
                let others = if is_paired {
                    levels.clone()
                } else {
                    random.group(units, Shape::Normal, 0.3, 0.0)
                };
                let a = workload(&mut random, &levels, values, 0.5, is_paired);
                let b = workload(&mut random, &others, values, 0.5, is_paired);
                let side = |workload, label: &str| Side {
                    label: label.into(),
                    workload,
                    filter: Filter::default(),
                    files: 1,
                    skipped: 0,
                };
                let (a, b) = (side(&a, "a"), side(&b, "b"));
                let config = Config::default();
                let found = one(&a, &b, "response_time", TargetStatistic::P95, &config);
                let Some((p, effect)) = found.and_then(|c| Some((c.p?, c.effect?))) else {
                    continue;
                };
                alarms += usize::from(p < 0.05);
                held += usize::from(effect.low <= 1.0 && 1.0 <= effect.high);
                beyond += usize::from(p < 0.05 && effect.low > 1.1);
            }
            let kind = if is_paired { "pairs" } else { "units" };
            let of = |count: usize| count as f64 / runs as f64;
            row(
                &format!("{units} {kind}, {values}"),
                &[of(alarms), of(held), of(beyond)],
            );
        }
    }
}

/// Hits and trials of two groups in, p out.
type TwoRates = fn(u64, u64, u64, u64) -> Option<f64>;

fn rates_of_trials() {
    let grid: Vec<f64> = (1..100).map(|i| f64::from(i) / 100.0).collect();
    head(
        "Two rates: largest chance of p < 0.05 over common rates of 0.01 to 0.99 (exact)",
        &["trials", "Boschloo", "Fisher", "Fisher, mid-p"],
    );
    for (n, m) in [(10, 10), (20, 20), (40, 10), (30, 50)] {
        let tests: [TwoRates; 3] = [counts::boschloo, counts::fisher, counts::fisher_mid_p];
        let sizes = tests.map(|test| {
            let rejected: Vec<(u64, u64)> = (0..=n)
                .flat_map(|a| (0..=m).map(move |b| (a, b)))
                .filter(|(a, b)| test(*a, n, *b, m).is_some_and(|p| p < 0.05))
                .collect();
            grid.iter()
                .map(|rate| {
                    let (first, second) = (binomial(n, *rate), binomial(m, *rate));
                    rejected
                        .iter()
                        .map(|(a, b)| first[*a as usize] * second[*b as usize])
                        .sum()
                })
                .fold(0.0, f64::max)
        });
        row(&format!("{n} + {m}"), &sizes);
    }
    head(
        "One rate: coverage of 95 % intervals over rates of 0.01 to 0.99 (exact)",
        &["trials", "Wilson, mean", "least", "Jeffreys, mean", "least"],
    );
    for n in [10, 30, 100] {
        let mut values = Vec::new();
        for interval in [rates::wilson, rates::jeffreys] {
            let covered: Vec<f64> = grid
                .iter()
                .map(|rate| {
                    let chances = binomial(n, *rate);
                    (0..=n)
                        .filter(|x| interval(*x, n, 0.95).is_some_and(|i| i.contains(*rate)))
                        .map(|x| chances[x as usize])
                        .sum()
                })
                .collect();
            values.push(covered.iter().sum::<f64>() / covered.len() as f64);
            values.push(covered.iter().copied().fold(1.0, f64::min));
        }
        row(&n.to_string(), &values);
    }
}

fn tail_ratios(runs: usize) {
    head(
        "Ratio of tail quantiles, log-normal 0.5: coverage of the 95 % interval; p < 0.05 where there is no difference",
        &[
            "values a group",
            "coverage",
            "p < 0.05",
            "median width, as a factor",
        ],
    );
    for (cell, (n, q)) in [
        (29, 0.9),
        (40, 0.9),
        (50, 0.9),
        (100, 0.9),
        (59, 0.95),
        (100, 0.95),
        (200, 0.95),
        (299, 0.99),
        (500, 0.99),
    ]
    .into_iter()
    .enumerate()
    {
        let mut random = Random::new(500 + cell);
        let (mut alarms, mut held, mut widths) = (0_usize, 0_usize, Vec::new());
        let mut has_p = false;
        for run in 0..runs {
            let mut group =
                || -> Vec<f64> { (0..n).map(|_| (0.5 * random.normal()).exp()).collect() };
            let (a, b) = (group(), group());
            let Some(found) = tails::ratio(&a, &b, q, run as u64) else {
                continue;
            };
            has_p = found.p.is_some();
            alarms += usize::from(found.p.is_some_and(|p| p < 0.05));
            held += usize::from(found.ratio.interval().contains(1.0));
            widths.push(found.ratio.high / found.ratio.low);
        }
        widths.sort_by(f64::total_cmp);
        let alarms = if has_p {
            format!("{:.3}", alarms as f64 / runs as f64)
        } else {
            "—".into()
        };
        let width = widths.get(widths.len() / 2).copied().unwrap_or(0.0);
        let held = held as f64 / runs as f64;
        println!(
            "| {n}, p{:.0} | {held:.3} | {alarms} | {width:.2} |",
            100.0 * q
        );
    }
}

fn predictions(runs: usize) {
    head(
        "Newest points: inside the 95 % prediction limits",
        &["history", "1 new", "2 new", "4 new"],
    );
    for (n, rho, shape, name) in [
        (6, 0.0, Shape::Normal, "6, normal"),
        (12, 0.0, Shape::Normal, "12, normal"),
        (40, 0.0, Shape::Normal, "40, normal"),
        (12, 0.0, Shape::Student3, "12, t 3"),
        (40, 0.0, Shape::LogNormal, "40, log-normal of logs"),
        (40, 0.3, Shape::Normal, "40, neighbours 0.3"),
    ] {
        let mut random = Random::new(600 + n);
        let inside = [1, 2, 4].map(|newest| {
            share(runs, |_| {
                let values = random.series(n + newest, rho, shape);
                let mean = values[n..].iter().sum::<f64>() / newest as f64;
                prediction::limits_of_mean(&values[..n], newest, 0.95)
                    .is_some_and(|limits| limits.contains(mean))
            })
        });
        row(name, &inside);
    }
}

fn powers(runs: usize) {
    head(
        "Power: how often a difference is found that should be 8 times of 10 (log standard deviation 0.4)",
        &[
            "units",
            "Brunner-Munzel",
            "Wilcoxon, pairs",
            "the factor, two groups",
        ],
    );
    for n in [6, 8, 10, 20, 40] {
        let mut random = Random::new(700 + n);
        let away = power::detectable((0.4, 0.4), (n, n), 0.95, 0.8).unwrap_or(0.0);
        let of_pairs = power::detectable_of_pairs(0.4, n, 0.95, 0.8).unwrap_or(0.0);
        let two = share(runs, |run| {
            let a = random.group(n, Shape::Normal, 0.4, 0.0);
            let b = random.group(n, Shape::Normal, 0.4, away);
            unpaired::brunner_munzel(&a, &b, run as u64).is_some_and(|t| t.p < 0.05)
        });
        let pairs = share(runs, |_| {
            let d = random.group(n, Shape::Normal, 0.4, of_pairs);
            paired::wilcoxon_signed_rank(&d).is_some_and(|t| t.p < 0.05)
        });
        row(&n.to_string(), &[two, pairs, away.exp()]);
    }
}
