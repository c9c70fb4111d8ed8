//! Streams in a document: a request or a tool call is a list of numbers, since there are many of them.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::sparse::sparse;
use crate::record::{Name, OutcomeKind};
use crate::units::Time;
use crate::workload::streams::Millis;
use crate::workload::{Stream, StreamCall, StreamRequest, UnitId};

sparse!(Stream, Stream {
    unit: UnitId::NONE,
    session: Name::NONE,
    agent: Name::NONE,
    is_subagent: false,
    provider: Name::NONE,
    is_cut: false,
    requests: Vec::new(),
    calls: Vec::new(),
}, { unit, session, agent, is_subagent, provider, is_cut, requests, calls });

/// Start, milliseconds (4294967295: not known), model, fresh, read, written, written for an hour,
/// output, outcome, whether the output is a lower bound.
type Request = (Time, u32, Name, u32, u32, u32, u32, u32, u8, u8);

/// Request, start, milliseconds, tool, outcome.
type Call = (u32, Time, u32, Name, u8);

impl Serialize for StreamRequest {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let request: Request = (
            self.start,
            self.millis.0,
            self.model,
            self.fresh,
            self.cache_read,
            self.cache_write,
            self.cache_write_1h,
            self.output,
            self.outcome as u8,
            u8::from(self.is_lower_bound),
        );
        request.serialize(s)
    }
}

impl<'de> Deserialize<'de> for StreamRequest {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let (start, millis, model, fresh, read, write, write_1h, output, outcome, is_bound) =
            Request::deserialize(d)?;
        Ok(Self {
            start,
            millis: Millis(millis),
            model,
            fresh,
            cache_read: read,
            cache_write: write,
            cache_write_1h: write_1h,
            output,
            outcome: known(outcome)?,
            is_lower_bound: is_bound != 0,
        })
    }
}

impl Serialize for StreamCall {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let call: Call = (
            self.request,
            self.start,
            self.millis.0,
            self.tool,
            self.outcome as u8,
        );
        call.serialize(s)
    }
}

impl<'de> Deserialize<'de> for StreamCall {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let (request, start, millis, tool, outcome) = Call::deserialize(d)?;
        Ok(Self {
            request,
            start,
            millis: Millis(millis),
            tool,
            outcome: known(outcome)?,
        })
    }
}

fn known<E: serde::de::Error>(number: u8) -> Result<OutcomeKind, E> {
    use OutcomeKind::{Cancelled, Error, Ok, RateLimited, Timeout, Unknown};
    [Ok, Error, Timeout, RateLimited, Cancelled, Unknown]
        .into_iter()
        .find(|outcome| *outcome as u8 == number)
        .ok_or_else(|| E::custom("there is no outcome of that number"))
}
