//! Streams in a document: a request or a tool call is a list of numbers, since there are many of them.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::sparse::sparse;
use crate::record::{Attendance, Name, OutcomeKind, Stop};
use crate::units::Time;
use crate::workload::streams::Millis;
use crate::workload::{Stream, StreamCall, StreamRequest, UnitId};

sparse!(Stream, Stream {
    unit: UnitId::NONE,
    session: Name::NONE,
    agent: Name::NONE,
    is_subagent: false,
    attendance: Attendance::Unknown,
    provider: Name::NONE,
    is_cut: false,
    requests: Vec::new(),
    calls: Vec::new(),
}, { unit, session, agent, is_subagent, attendance, provider, is_cut, requests, calls });

/// Start, milliseconds (4294967295: not known), model, fresh, read, written, written for an hour,
/// output, outcome, whether the output is a lower bound, why the reply ended.
type Request = (Time, u32, Name, u32, u32, u32, u32, u32, u8, u8, u8);

/// Request, start, milliseconds, tool, outcome, hash of the arguments, tokens of the result.
type Call = (u32, Time, u32, Name, u8, u32, u32);

/// Reads a struct from a list of its fields in their order.
macro_rules! listed {
    ($type:ident, $list:ident, $value:expr) => {
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                struct Fields;
                impl<'de> Visitor<'de> for Fields {
                    type Value = $type;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str("a list of numbers")
                    }

                    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<$type, A::Error> {
                        let mut $list = List(list, PhantomData);
                        Ok($value)
                    }
                }
                d.deserialize_seq(Fields)
            }
        }
    };
}

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
            self.stop as u8,
        );
        request.serialize(s)
    }
}

listed!(
    StreamRequest,
    list,
    StreamRequest {
        start: list.next()?,
        millis: Millis(list.next()?),
        model: list.next()?,
        fresh: list.next()?,
        cache_read: list.next()?,
        cache_write: list.next()?,
        cache_write_1h: list.next()?,
        output: list.next()?,
        outcome: known(list.next()?)?,
        is_lower_bound: list.next::<u8>()? != 0,
        stop: stop(list.later()?)?,
    }
);

impl Serialize for StreamCall {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let call: Call = (
            self.request,
            self.start,
            self.millis.0,
            self.tool,
            self.outcome as u8,
            self.arguments,
            self.result,
        );
        call.serialize(s)
    }
}

listed!(
    StreamCall,
    list,
    StreamCall {
        request: list.next()?,
        start: list.next()?,
        millis: Millis(list.next()?),
        tool: list.next()?,
        outcome: known(list.next()?)?,
        arguments: list.later()?,
        result: list.later()?,
    }
);

/// The entries of a list, one after another.
struct List<'de, A>(A, PhantomData<&'de ()>);

impl<'de, A: SeqAccess<'de>> List<'de, A> {
    fn next<T: Deserialize<'de>>(&mut self) -> Result<T, A::Error> {
        let next = self.0.next_element()?;
        next.ok_or_else(|| Error::custom("a list of a stream is too short"))
    }

    /// An entry that documents of earlier versions do not have.
    fn later<T: Deserialize<'de> + Default>(&mut self) -> Result<T, A::Error> {
        Ok(self.0.next_element()?.unwrap_or_default())
    }
}

fn stop<E: Error>(number: u8) -> Result<Stop, E> {
    [Stop::Unknown, Stop::Complete, Stop::Limit]
        .into_iter()
        .find(|stop| *stop as u8 == number)
        .ok_or_else(|| E::custom("there is no end of a reply of that number"))
}

fn known<E: Error>(number: u8) -> Result<OutcomeKind, E> {
    use OutcomeKind::{Cancelled, Ok, RateLimited, Timeout, Unknown};
    [
        Ok,
        OutcomeKind::Error,
        Timeout,
        RateLimited,
        Cancelled,
        Unknown,
    ]
    .into_iter()
    .find(|outcome| *outcome as u8 == number)
    .ok_or_else(|| E::custom("there is no outcome of that number"))
}
