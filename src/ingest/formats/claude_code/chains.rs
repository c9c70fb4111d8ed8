//! Who answers whom: the main conversation and each subagent's, side by side in one file.

use std::collections::HashMap;

use super::line::Line;
use crate::record::mix;
use crate::units::Time;

/// A conversation within a file: the main one is 0.
pub(super) type Chain = usize;

/// The conversations of a file, each with the line that the next reply answers.
#[derive(Debug, bitcode::Encode, bitcode::Decode)]
pub(super) struct Chains {
    triggers: Vec<Option<Time>>,
    by_agent: HashMap<Box<[u8]>, Chain>,
    /// Old subagents stand between the lines of their parent and have no name; their lines are told
    /// apart by the line that each follows.
    by_line: HashMap<u64, Chain>,
    /// The whole file is one subagent's.
    is_agent_file: bool,
}

impl Chains {
    pub(super) fn new(is_agent_file: bool) -> Self {
        Self {
            triggers: vec![None],
            by_agent: HashMap::new(),
            by_line: HashMap::new(),
            is_agent_file,
        }
    }

    /// Which conversation a line belongs to.
    pub(super) fn of(&mut self, line: &Line<'_>) -> Chain {
        if self.is_agent_file || !line.is_sidechain {
            return 0;
        }
        if !line.agent.is_empty() {
            if let Some(chain) = self.by_agent.get(line.agent) {
                return *chain;
            }
            let chain = self.open();
            self.by_agent.insert(line.agent.into(), chain);
            return chain;
        }
        let before = line.parent.and_then(|p| self.by_line.get(&mix(p)).copied());
        let chain = before.unwrap_or_else(|| self.open());
        self.by_line.insert(mix(line.uuid), chain);
        chain
    }

    fn open(&mut self) -> Chain {
        self.triggers.push(None);
        self.triggers.len() - 1
    }

    /// A line of a user or tool came, which the next reply answers.
    pub(super) fn ask(&mut self, chain: Chain, time: Time) {
        self.triggers[chain] = Some(time);
    }

    /// The last line that a reply may answer.
    pub(super) fn trigger(&self, chain: Chain) -> Option<Time> {
        self.triggers[chain]
    }
}
