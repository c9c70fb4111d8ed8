//! What the values of snapshots are: lists of kinds, held once however many snapshots share one.
//!
//! A list is a path from the root of a tree, so that one that grows value by value takes a step for each.

use std::collections::HashMap;

use super::{DimsId, Flags, Measured};

/// What a value is, apart from its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, bitcode::Encode, bitcode::Decode)]
pub struct Kind {
    /// What is measured.
    pub metric: Measured,
    /// Dimensions.
    pub dims: DimsId,
    /// Marks.
    pub flags: Flags,
}

/// A list of kinds. 0 is the empty one.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    bitcode::Encode,
    bitcode::Decode,
)]
pub struct ShapeId(pub u32);

/// All lists, each one kind longer than another.
#[derive(Debug, Clone, Default, bitcode::Encode, bitcode::Decode)]
pub(super) struct Shapes {
    /// List number n + 1.
    nodes: Vec<Node>,
    /// The list that mostly follows each one, the empty one first: the last that did.
    #[bitcode(skip)]
    followers: Vec<ShapeId>,
    #[bitcode(skip)]
    index: HashMap<(ShapeId, Kind), ShapeId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, bitcode::Encode, bitcode::Decode)]
struct Node {
    /// The list without its last kind, which has a smaller number.
    before: ShapeId,
    last: Kind,
    /// The first kind of the list.
    first: Kind,
}

impl Shapes {
    /// The list that is one kind longer.
    pub(super) fn after(&mut self, shape: ShapeId, kind: Kind) -> ShapeId {
        if self.followers.len() <= self.nodes.len() {
            self.find_again();
        }
        let guess = self.followers[shape.0 as usize];
        if let Some(node) = self.node(guess)
            && node.before == shape
            && node.last == kind
        {
            return guess;
        }
        let next = match self.index.get(&(shape, kind)) {
            Some(known) => *known,
            None => self.add(shape, kind),
        };
        self.followers[shape.0 as usize] = next;
        next
    }

    fn add(&mut self, before: ShapeId, last: Kind) -> ShapeId {
        let first = self.node(before).map_or(last, |node| node.first);
        self.nodes.push(Node {
            before,
            last,
            first,
        });
        // Memory ends long before four thousand million lists.
        let new = ShapeId(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        self.index.insert((before, last), new);
        self.followers.push(ShapeId(0));
        new
    }

    /// What is not kept when lists are written.
    fn find_again(&mut self) {
        self.followers = vec![ShapeId(0); self.nodes.len() + 1];
        self.index = (1..)
            .zip(&self.nodes)
            .map(|(n, node)| ((node.before, node.last), ShapeId(n)))
            .collect();
    }

    /// The kinds of a list.
    pub(super) fn kinds(&self, shape: ShapeId) -> Vec<Kind> {
        let mut kinds = Vec::new();
        let mut at = shape;
        while let Some(node) = self.node(at) {
            kinds.push(node.last);
            at = node.before;
        }
        kinds.reverse();
        kinds
    }

    /// The first kind of a list; `None` of the empty one.
    pub(super) fn first(&self, shape: ShapeId) -> Option<Kind> {
        self.node(shape).map(|node| node.first)
    }

    /// For each list of `other`, the empty one first, the same list here, with what refers to a catalog renumbered.
    pub(super) fn append(
        &mut self,
        other: &Shapes,
        dims: impl Fn(DimsId) -> DimsId,
        metric: impl Fn(Measured) -> Measured,
    ) -> Vec<ShapeId> {
        let mut own = Vec::with_capacity(other.nodes.len() + 1);
        own.push(ShapeId(0));
        for node in &other.nodes {
            let kind = Kind {
                metric: metric(node.last.metric),
                dims: dims(node.last.dims),
                flags: node.last.flags,
            };
            let before = own[node.before.0 as usize];
            own.push(self.after(before, kind));
        }
        own
    }

    /// How many kinds each list has, the empty one first, if each is longer than one before it and `is_sound` holds
    /// for each kind: what was decoded may be anything.
    pub(super) fn lengths(&self, is_sound: impl Fn(&Kind) -> bool) -> Option<Vec<usize>> {
        let mut lengths: Vec<usize> = vec![0];
        for node in &self.nodes {
            let first = match node.before {
                ShapeId(0) => node.last,
                before => self.node(before)?.first,
            };
            let is_well = first == node.first && is_sound(&node.last);
            let before = lengths.get(node.before.0 as usize).filter(|_| is_well)?;
            lengths.push(before + 1);
        }
        Some(lengths)
    }

    fn node(&self, shape: ShapeId) -> Option<&Node> {
        self.nodes.get((shape.0 as usize).checked_sub(1)?)
    }
}
