//! The pairs of a contrast, each a mark on a scale of ratios.

use crate::assessment::{Contrast, EffectSize, PairedRatios};
use crate::report::escape::width;
use crate::report::pen::Pen;
use crate::report::words;

/// One mark for each pair, along the ratio of candidate to base.
pub(super) fn lines(c: &Contrast, pairs: &PairedRatios, pen: &Pen<'_>) -> Vec<String> {
    let found = c.comparisons.iter().find(|x| {
        x.metric == pairs.metric && x.base == pairs.base && x.candidate == pairs.candidate
    });
    let (Some(effect), Some(lowest), Some(highest)) = (
        found.and_then(|x| x.effect.as_ref()),
        pairs.ratios.first(),
        pairs.ratios.last(),
    ) else {
        return Vec::new();
    };
    let Some(axis) = Axis::of(lowest.min(0.99), highest.max(1.01), pen.width() - 8) else {
        return Vec::new();
    };
    let s = pen.signs;
    let (marks, ends): ([&str; 3], [&str; 6]) = if pen.style.unicode {
        (["·", ":", "⁝"], ["┼", "─", "├", "◆", "┤", "│"])
    } else {
        ([".", ":", "#"], ["+", "-", "[", "*", "]", "|"])
    };
    let mut counts = vec![0_usize; axis.columns];
    for ratio in &pairs.ratios {
        counts[axis.column(*ratio)] += 1;
    }
    let one = axis.column(1.0);
    let dots: String = counts
        .iter()
        .enumerate()
        .map(|(at, n)| match n {
            0 if at == one => ends[5],
            0 => " ",
            n => marks[(*n).min(3) - 1],
        })
        .collect();
    let better = pairs.ratios.iter().filter(|r| **r < 1.0).count() as u64;
    let title = format!(
        "{} per task, {} as a multiple of {} ({})",
        words::lower(&words::metric(&pairs.metric)),
        pen.name(&pairs.candidate, 20),
        pen.name(&pairs.base, 20),
        words::counted(pairs.ratios.len() as u64, "pair", "pairs")
    );
    let mut lines = vec![String::new()];
    lines.extend(pen.paragraph("  ", &title));
    lines.push(String::new());
    lines.push(format!("    {dots}"));
    lines.push(format!("    {}", axis.ruler(ends[0], ends[1])));
    lines.push(format!("    {}", axis.numbers(s.times, pen)));
    lines.push(format!("    {}", axis.interval(effect, &ends)));
    lines.extend(pen.paragraph(
        "  ",
        &format!(
            "{} one pair, {} two, {} more; {} effect, with its interval; {} equal; lower in {} of {}",
            marks[0],
            marks[1],
            marks[2],
            ends[3],
            ends[5],
            words::count(better),
            words::count(pairs.ratios.len() as u64)
        ),
    ));
    lines
}

/// A scale of ratios.
struct Axis {
    from: f64,
    step: f64,
    ticks: usize,
    /// Columns from one tick to the next.
    spacing: usize,
    columns: usize,
}

impl Axis {
    /// `None` where the ratios are too far apart for a scale.
    fn of(lowest: f64, highest: f64, room: usize) -> Option<Self> {
        let steps = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0];
        let most = (room / 7).min(12);
        steps.into_iter().find_map(|step| {
            let from = (lowest / step).floor();
            let ticks = ((highest / step).ceil() - from) as usize;
            (ticks <= most && ticks > 0).then(|| {
                let spacing = (room.min(90) / ticks).max(1);
                Self {
                    from: from * step,
                    step,
                    ticks,
                    spacing,
                    columns: ticks * spacing + 1,
                }
            })
        })
    }

    fn column(&self, ratio: f64) -> usize {
        let at = (ratio - self.from) / self.step * self.spacing as f64;
        (at.round().max(0.0) as usize).min(self.columns - 1)
    }

    fn ruler(&self, tick: &str, line: &str) -> String {
        let part = format!("{tick}{}", line.repeat(self.spacing - 1));
        format!("{}{tick}", part.repeat(self.ticks))
    }

    fn numbers(&self, times: &str, pen: &Pen<'_>) -> String {
        let decimals = if self.step < 0.1 {
            2
        } else {
            usize::from(self.step < 1.0)
        };
        let mut line = String::new();
        for tick in 0..=self.ticks {
            let at = tick * self.spacing;
            let value = self.from + self.step * tick as f64;
            let text = format!("{times}{}", words::fixed(value, decimals, pen.signs));
            if width(&line) > at {
                continue;
            }
            line.push_str(&" ".repeat(at - width(&line)));
            line.push_str(&text);
        }
        line
    }

    fn interval(&self, effect: &EffectSize, ends: &[&str; 6]) -> String {
        let [low, middle, high] =
            [effect.low, effect.estimate, effect.high].map(|v| self.column(v));
        (0..=high)
            .map(|at| match at {
                _ if at < low => " ",
                _ if at == middle => ends[3],
                _ if at == low => ends[2],
                _ if at == high => ends[4],
                _ => ends[1],
            })
            .collect()
    }
}
