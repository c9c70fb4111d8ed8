//! What must always hold: the order of records and files leaves no trace, and parts that were folded
//! apart merge to the whole.

use perfadvise::metrics;
use perfadvise::record::{Flags, Measured, Records};
use perfadvise::workload::{Filter, FoldOptions, Workload, fold};
use proptest::prelude::*;

use super::read_bytes;

/// Everything of a workload, as text.
pub(super) fn whole(workload: &Workload) -> String {
    format!(
        "{:?}{:?}{:?}{:?}{:?}{:?}{:?}{:?}{:?}{:?}{:?}{:?}{:?}{:?}{:?}",
        workload.catalog.names.values(),
        workload.catalog.dims.values(),
        workload.catalog.identities.values(),
        workload.units,
        workload.rows,
        workload.samples,
        workload.lookups,
        workload.events,
        workload.event_units,
        workload.aggregates,
        workload.streams,
        workload.sequences,
        workload.counts,
        workload.period,
        workload.measured(),
    )
}

/// A line of native records, by a few small numbers.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) kind: u8,
    at: u16,
    id: Option<u8>,
    pub(super) parent: Option<u8>,
    session: u8,
    number: u16,
}

impl Line {
    fn text(&self) -> String {
        let (minute, second) = (self.at / 60 % 60, self.at % 60);
        let time = format!("2026-03-02T08:{minute:02}:{second:02}Z");
        let session = ["", "a", "b", "c"][usize::from(self.session % 4)];
        let mode = ["FANCY", "SIMPLE"][usize::from(self.number % 2)];
        let host = ["left", "right"][usize::from(self.at % 2)];
        let id = self.id.map_or("null".into(), |id| format!("\"{id}\""));
        let outcome = ["ok", "error", "timeout", "rate_limited"][usize::from(self.number % 4)];
        let operation = |name: &str, more: &str| {
            let parent = self.parent.map_or("null".into(), |id| format!("\"{id}\""));
            let dims = if self.number.is_multiple_of(3) {
                String::new()
            } else {
                format!(r#","mode":"{mode}","interface":"i{}""#, self.number % 5)
            };
            format!(
                r#"{{"kind":"operation","operation":"{name}","time":"{time}","id":{id},"parent":{parent},"session":"{session}","duration":0.{:04},"outcome":"{outcome}","host":"{host}"{dims}{more}}}"#,
                self.number
            )
        };
        let tokens = format!(
            r#","tokens":{{"input":{},"cache_read":7}},"attempt":{}"#,
            self.number,
            1 + self.number % 3
        );
        match self.kind % 8 {
            0 => operation("step", ""),
            1 | 2 => operation("model_request", &tokens),
            3 => operation(
                "context_preparation",
                r#","cache_hit":true,"cache_key":"k""#,
            ),
            4 => operation("tool_call", r#","tool":"Read""#),
            5 => format!(
                r#"{{"kind":"event","event":"mode_switch","time":"{time}","id":{id},"from":"x","to":"{mode}","host":"{host}"}}"#
            ),
            6 => format!(
                r#"{{"kind":"sample","metric":"rate_{}","time":"{time}","value":0.{:04},"host":"{host}"}}"#,
                self.number % 2,
                self.number
            ),
            _ => format!(
                r#"{{"kind":"sample","metric":"memory_usage","time":"{time}","id":{id},"value":{},"process":"p"}}"#,
                self.number
            ),
        }
    }
}

pub(super) fn lines(ids: impl Strategy<Value = Option<u8>>) -> impl Strategy<Value = Vec<Line>> {
    let line = (
        0..8_u8,
        0..3_600_u16,
        ids,
        proptest::option::of(0..12_u8),
        0..4_u8,
        0..10_000_u16,
    )
        .prop_map(|(kind, at, id, parent, session, number)| Line {
            kind,
            at,
            id,
            parent,
            session,
            number,
        });
    proptest::collection::vec(line, 0..60)
}

/// Each file's lines as records with the file's number.
pub(super) fn records_of(file: u32, lines: &[Line]) -> Records {
    let text: Vec<String> = lines.iter().map(Line::text).collect();
    let (mut records, problems) = read_bytes("native-records", text.join("\n").as_bytes());
    assert_eq!(problems, []);
    records.operations.iter_mut().for_each(|o| o.file = file);
    records.samples.set_file(file);
    records.events.iter_mut().for_each(|e| e.file = file);
    assert!(records.operations.iter().all(|o| o.flags.has(Flags::LEADS)));
    records
}

proptest! {
    /// Files are read in any order, and lines stand in any order.
    #[test]
    fn order_leaves_no_trace(
        (first, shuffled_first) in lines(proptest::option::of(0..12_u8)).prop_flat_map(|l| (Just(l.clone()), Just(l).prop_shuffle())),
        second in lines(proptest::option::of(0..12_u8)),
    ) {
        let options = FoldOptions { file_ranks: vec![5, 2], ..FoldOptions::default() };
        let mut one = records_of(0, &first);
        one.append(records_of(1, &second));
        let mut other = records_of(1, &second);
        other.append(records_of(0, &shuffled_first));
        let (one, other) = (fold(one, &options), fold(other, &options));
        prop_assert_eq!(whole(&one), whole(&other));
        // Of units that are cut in two the times of both parts are added, so this holds for no merge.
        prop_assert_eq!(one.wall_clocks, other.wall_clocks);
    }

    /// What is measured is what has a sum.
    #[test]
    fn measured_is_what_has_a_sum(lines in lines(proptest::option::of(0..12_u8))) {
        let workload = fold(records_of(0, &lines), &FoldOptions::default());
        let with_a_sum: Vec<Measured> = metrics::ALL
            .iter()
            .filter(|m| workload.figure(**m, &Filter::default()).n > 0)
            .map(|m| Measured::Known(*m))
            .collect();
        let known: Vec<Measured> = workload
            .measured()
            .into_iter()
            .filter(|m| matches!(m, Measured::Known(_)))
            .collect();
        prop_assert_eq!(known, with_a_sum);
    }

    /// Parts without ids have no duplicates and no steps across parts. Switches of mode stand in one
    /// part with the samples that they concern, so here they stand in none.
    #[test]
    fn parts_merge_to_the_whole(
        mut first in lines(Just(None)),
        mut second in lines(Just(None)),
    ) {
        for line in first.iter_mut().chain(&mut second) {
            line.parent = None;
            if line.kind == 5 {
                line.kind = 6;
            }
        }
        let options = FoldOptions::default();
        let mut all = records_of(0, &first);
        all.append(records_of(1, &second));
        let a = fold(records_of(0, &first), &options);
        let b = fold(records_of(1, &second), &options);
        let merged = a.clone().merge(b.clone());
        prop_assert_eq!(whole(&merged), whole(&fold(all, &options)));
        prop_assert_eq!(whole(&b.merge(a)), whole(&merged));
    }
}
