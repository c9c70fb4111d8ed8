//! The operations of a session on tracks: requests, tools, waits, and a pair of tracks for each subagent. On a lane
//! of a track nothing overlaps.

use std::collections::HashMap;

use crate::record::{Catalog, Dimension, Name, Operation, OperationKind};
use crate::workload::Trace;

use super::shown;

/// What lies on a track.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Kind {
    Steps,
    Requests,
    Tools,
    Preparations,
    Waits,
}

impl Kind {
    fn of(kind: OperationKind) -> Self {
        use OperationKind as Op;
        match kind {
            Op::ModelRequest => Kind::Requests,
            Op::ToolCall => Kind::Tools,
            Op::ContextPreparation => Kind::Preparations,
            Op::WaitQueue | Op::WaitBackoff | Op::WaitApproval => Kind::Waits,
            Op::Step | Op::Task | Op::Other => Kind::Steps,
        }
    }

    /// Name of the track, and of the category of what lies on it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Kind::Steps => "steps and tasks",
            Kind::Requests => "model requests",
            Kind::Tools => "tools",
            Kind::Preparations => "context preparation",
            Kind::Waits => "waits",
        }
    }
}

/// A lane of a track.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Lane {
    pub(super) name: String,
    pub(super) kind: Kind,
    /// In order; each begins when the one before has ended.
    pub(super) spans: Vec<Operation>,
    /// Of which only the start is known.
    pub(super) moments: Vec<Operation>,
}

/// Whose an operation is: the number of a subagent, from 1; 0: the main conversation's.
type Agent = usize;

/// The lanes of a session: the main conversation's, then each subagent's in order of their starts.
pub(super) fn lanes(catalog: &Catalog, trace: &Trace<'_>) -> Vec<Lane> {
    let mut agents: Vec<(Name, u32)> = Vec::new();
    let mut tracks: HashMap<(Agent, Kind), Vec<Operation>> = HashMap::new();
    for traced in &trace.operations {
        let operation = traced.operation;
        let agent = if traced.in_subagent {
            // Logs of subagents are files of their own; else only the name tells them apart.
            let name = catalog.dimension(operation.dims, Dimension::Agent);
            let known = agents.iter().position(|a| *a == (name, operation.file));
            known.unwrap_or_else(|| {
                agents.push((name, operation.file));
                agents.len() - 1
            }) + 1
        } else {
            0
        };
        let kind = Kind::of(operation.kind);
        tracks.entry((agent, kind)).or_default().push(operation);
    }
    let mut tracks: Vec<_> = tracks.into_iter().collect();
    tracks.sort_by_key(|(track, _)| *track);
    tracks
        .into_iter()
        .flat_map(|((agent, kind), operations)| {
            let name = match agent {
                0 => kind.name().to_owned(),
                n => {
                    let agent = shown(catalog, agents[n - 1].0, "without a name");
                    format!("subagent {n} ({agent}): {}", kind.name())
                }
            };
            laid(&name, kind, operations)
        })
        .collect()
}

/// Lays operations, sorted by their starts, on as few lanes as they need.
fn laid(name: &str, kind: Kind, operations: Vec<Operation>) -> Vec<Lane> {
    let lane = |n: usize| Lane {
        name: match n {
            1 => name.to_owned(),
            n => format!("{name}, {n}"),
        },
        kind,
        spans: Vec::new(),
        moments: Vec::new(),
    };
    let mut lanes = vec![lane(1)];
    for operation in operations {
        if operation.end().is_none() {
            lanes[0].moments.push(operation);
            continue;
        }
        let is_free = |lane: &Lane| {
            let last = lane.spans.last().and_then(Operation::end);
            last.is_none_or(|end| end <= operation.start)
        };
        let at = lanes.iter().position(is_free).unwrap_or_else(|| {
            lanes.push(lane(lanes.len() + 1));
            lanes.len() - 1
        });
        lanes[at].spans.push(operation);
    }
    lanes
}

/// The name of an operation: its tool, its model, or what it is.
pub(super) fn title(catalog: &Catalog, operation: &Operation) -> String {
    use OperationKind as Op;
    let dimension = match operation.kind {
        Op::ModelRequest => Dimension::Model,
        Op::ToolCall => Dimension::Tool,
        Op::ContextPreparation => Dimension::Mode,
        _ => return operation.kind.name().to_owned(),
    };
    let name = catalog.dimension(operation.dims, dimension);
    shown(catalog, name, operation.kind.name())
}
