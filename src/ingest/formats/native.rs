//! Native records (`*.jsonl`): operations, samples and events that any program can write.
//!
//! One JSON object a line; times are RFC 3339, naive ones in the zone for naive times; durations are
//! seconds, ratios 0 to 1. A record with a wrong type, a negative or impossible number, an unknown
//! kind or outcome, or a time outside 2000 to 2100 is skipped and listed. An unknown key becomes a
//! label if its value is a short string and its name is none that carries content; other unknown keys
//! are counted as ignored.

mod line;
pub(super) mod values;

use std::borrow::Cow;

use crate::ingest::content::is_label;
use crate::ingest::document::members;
use crate::ingest::scalar::{self, Scalar};
use crate::ingest::{Format, Head, Input, Likelihood, ReadError};
use crate::metrics::{Metric, Unit};
use crate::place::{Problem, ProblemKind};
use crate::record::{
    Details, Dimension, Dims, DimsId, Event, EventKind, Flags, Identity, IdentityId, Measured,
    Name, Operation, OperationKind, OutcomeKind, Records, Sample, Tokens, hash64, hash128,
};
use crate::units::Time;
use line::{EVENT, FIELDS, Field, Line, OPERATION, SAMPLE};
use values::{Reason, amount, count, id_text, nanos, share, text};

/// Native records.
#[derive(Debug, Clone, Copy)]
pub(super) struct NativeRecords;

/// Lines at the beginning of a file that are looked at to know the format.
const LOOKED_AT: usize = 8;

/// The longest name of a state or value of a knob, in characters.
const LONGEST_STATE: usize = 256;

const DIMENSION_FIELDS: &[(Field, Dimension)] = &[
    (Field::Mode, Dimension::Mode),
    (Field::Interface, Dimension::Interface),
    (Field::Purpose, Dimension::Purpose),
    (Field::Model, Dimension::Model),
    (Field::Provider, Dimension::Provider),
    (Field::Tool, Dimension::Tool),
    (Field::Agent, Dimension::Agent),
    (Field::Project, Dimension::Project),
    (Field::Host, Dimension::Host),
    (Field::Process, Dimension::Process),
];

impl Format for NativeRecords {
    fn name(&self) -> &'static str {
        "native-records"
    }

    fn about(&self) -> &'static str {
        "operations, samples and events as JSON lines, written by any program"
    }

    fn plural(&self) -> &'static str {
        "native records"
    }

    fn is_splittable(&self, _head: &Head<'_>) -> bool {
        true
    }

    fn goes_on(&self) -> bool {
        true
    }

    fn detect(&self, head: &Head<'_>) -> Likelihood {
        let is_kind = |line: &[u8]| {
            std::str::from_utf8(line)
                .ok()
                .and_then(|text| serde_json::from_str::<Line<'_>>(text).ok())
                .is_some_and(|line| kind_of(&line).is_ok())
        };
        let mut lines = head.bytes.split(|b| *b == b'\n');
        if !head.is_whole && head.bytes.contains(&b'\n') {
            // The last line may go on behind the head.
            lines.next_back();
        }
        let found = lines
            .filter(|line| !line.trim_ascii().is_empty())
            .take(LOOKED_AT)
            .any(is_kind);
        let is_cut = !head.is_whole && !head.bytes.contains(&b'\n');
        if found || is_cut && starts_like_a_record(head.bytes) {
            Likelihood::Yes
        } else {
            Likelihood::No
        }
    }

    fn read(
        &self,
        input: &mut Input<'_>,
        records: &mut Records,
        problems: &mut Vec<Problem>,
    ) -> Result<(), ReadError> {
        // Each line stands for itself.
        let _ = input.take_state();
        let mut reader = Reader {
            file: input.file,
            labels: input.labels(records),
            zone: input.naive_zone,
        };
        while let Some((number, line)) = input.next_line()? {
            if let Err(reason) = reader.line(line, records) {
                problems.push(Problem {
                    file: reader.file,
                    line: Some(number),
                    kind: ProblemKind::Skipped,
                    reason,
                });
            }
        }
        input.leave_state(|| vec![0]);
        Ok(())
    }
}

/// Whether a line of which only the beginning is there tells its kind, and what every record of that kind tells.
fn starts_like_a_record(line: &[u8]) -> bool {
    let (mut kind, mut names) = (&b""[..], Vec::new());
    for (key, value) in members(line) {
        match key {
            b"kind" => kind = value,
            b"operation" | b"metric" | b"event" if value.starts_with(b"\"") => names.push(key),
            _ => {}
        }
    }
    let kinds: [(&[u8], &[u8]); 3] = [
        (b"\"operation\"", b"operation"),
        (b"\"sample\"", b"metric"),
        (b"\"event\"", b"event"),
    ];
    kinds
        .iter()
        .any(|(of_kind, name)| kind.starts_with(of_kind) && names.contains(name))
}

/// Why a sample of a metric cannot have this value; `None`: it can.
pub(crate) fn fault_of_value(metric: &str, value: f64) -> Option<String> {
    let fault = values::check_sample(Metric::named(metric), value).err();
    fault.map(Reason::into_owned)
}

/// Why a sample cannot carry a value under this key beside its own; `None`: it can, and is told apart by it.
pub(crate) fn fault_of_tag(key: &str, value: &str) -> Option<&'static str> {
    const OWN: [&str; 5] = ["kind", "time", "id", "metric", "value"];
    if OWN.contains(&key) {
        Some("every sample has a value of its own under this name")
    } else if key.is_empty() || value.is_empty() {
        Some("a tag has a name and a value")
    } else if !is_label(key, value) {
        Some(
            "a tag is short and on one line, and its name is none under which people's words stand",
        )
    } else {
        None
    }
}

/// What holds for all lines of a file.
struct Reader<'a> {
    file: u32,
    labels: Dims,
    zone: &'a jiff::tz::TimeZone,
}

impl Reader<'_> {
    fn line(&mut self, bytes: &[u8], records: &mut Records) -> Result<(), Reason> {
        if bytes.trim_ascii().is_empty() {
            return Ok(());
        }
        let Ok(text) = std::str::from_utf8(bytes) else {
            return Err("invalid UTF-8".into());
        };
        let line: Line<'_> =
            serde_json::from_str(text).map_err(|error| scalar::reason(text, &error))?;
        match kind_of(&line)? {
            OPERATION => self.operation(&line, records),
            SAMPLE => self.sample(&line, records),
            _ => self.event(&line, records),
        }
    }

    fn operation(&self, line: &Line<'_>, records: &mut Records) -> Result<(), Reason> {
        let name = text(line, Field::Operation)?.ok_or("`operation` is missing")?;
        let kind = operation_kind(name, line)?;
        let mut operation = Operation::new(kind, self.time(line)?, self.file);
        operation.duration = nanos(line, Field::Duration)?.unwrap_or(-1);
        operation.outcome = outcome(line)?;
        operation.attempt = match count(line.field(Field::Attempt), "attempt")? {
            None => 1,
            Some(0) => return Err("`attempt` counts from 1".into()),
            Some(n) => u8::try_from(n).unwrap_or(u8::MAX),
        };
        operation.cost = match amount(line, Field::Cost)? {
            None => -1,
            Some(usd) => values::whole(usd, Unit::Usd.scale(), "cost")?,
        };
        operation.cache = match line.field(Field::CacheHit) {
            Scalar::Null => 0,
            Scalar::Bool(false) => 1,
            Scalar::Bool(true) => 2,
            _ => return Err("`cache_hit` is neither true nor false".into()),
        };
        operation.flags = Flags::LEADS;
        if let Some((tokens, is_whole)) = tokens(line)? {
            operation.tokens = tokens;
            operation.flags = operation.flags.with(Flags::HAS_TOKENS);
            // Other operations may have only one of the two.
            if kind == OperationKind::ModelRequest && !is_whole {
                operation.flags = operation.flags.with(Flags::OUTPUT_IS_LOWER_BOUND);
            }
        }
        if let Some(id) = id_text(line, Field::Id)? {
            operation.id = hash64(id.as_bytes());
            operation.key = key("operation", "", &id);
        }
        if let Some(parent) = id_text(line, Field::Parent)? {
            operation.parent = hash64(parent.as_bytes());
        }
        let details = Details {
            accuracy: share(line, Field::Accuracy)?,
            files_used: count(line.field(Field::FilesUsed), "files_used")?,
            files_considered: count(line.field(Field::FilesConsidered), "files_considered")?,
            memory: values::bytes(line, Field::MemoryUsage)?,
            tokens_budget: count(line.field(Field::TokensBudget), "tokens_budget")?,
            cache_key: text(line, Field::CacheKey)?.map(|key| hash64(key.as_bytes())),
            retry_after: values::millis(line, Field::RetryAfter)?,
        };
        let own_name = (kind == OperationKind::Other).then_some(("operation", name));
        (operation.dims, operation.identity) = self.place(line, OPERATION, own_name, records)?;
        operation.details = records.add_details(details);
        records.operations.push(operation);
        Ok(())
    }

    fn sample(&self, line: &Line<'_>, records: &mut Records) -> Result<(), Reason> {
        let name = text(line, Field::Metric)?.ok_or("`metric` is missing")?;
        let value = match line.field(Field::Value) {
            Scalar::Null => return Err("`value` is missing".into()),
            value => value.number().ok_or("`value` is not a number")?,
        };
        let time = self.time(line)?;
        let known = Metric::named(name);
        values::check_sample(known, value)?;
        let key = match id_text(line, Field::Id)? {
            Some(id) => key("sample", name, &id),
            None => 0,
        };
        let (dims, identity) = self.place(line, SAMPLE, None, records)?;
        let metric = match known {
            Some(metric) => Measured::Known(metric),
            None => Measured::Custom(records.catalog.name(name)),
        };
        records.samples.push(Sample {
            key,
            time,
            value,
            metric,
            dims,
            identity,
            file: self.file,
            flags: Flags::LEADS,
        });
        Ok(())
    }

    fn event(&self, line: &Line<'_>, records: &mut Records) -> Result<(), Reason> {
        let name = text(line, Field::Event)?.ok_or("`event` is missing")?;
        let time = self.time(line)?;
        let duration = nanos(line, Field::Duration)?.unwrap_or(-1);
        let (from, to) = (state(line, Field::From)?, state(line, Field::To)?);
        let subject = text(line, Field::Knob)?.unwrap_or_default();
        let key = match id_text(line, Field::Id)? {
            Some(id) => key("event", "", &id),
            None => 0,
        };
        let (dims, identity) = self.place(line, EVENT, None, records)?;
        let mut named = |text: &str| {
            if text.chars().count() > LONGEST_STATE {
                records.ignored += 1;
                return Name::NONE;
            }
            records.catalog.name(text)
        };
        let (subject, from, to) = (named(subject), named(&from), named(&to));
        let kind = event_kind(name).unwrap_or_else(|| EventKind::Other(named(name)));
        records.events.push(Event {
            key,
            time,
            duration,
            kind,
            subject,
            from,
            to,
            dims,
            identity,
            file: self.file,
            flags: Flags::LEADS,
        });
        Ok(())
    }

    fn time(&self, line: &Line<'_>) -> Result<Time, Reason> {
        let text = text(line, Field::Time)?.ok_or("`time` is missing")?;
        crate::ingest::time::parse(text, self.zone)
            .ok_or_else(|| "`time` is not a time between 2000 and 2100".into())
    }

    /// Dimensions, and where the record belongs.
    fn place(
        &self,
        line: &Line<'_>,
        kind: u8,
        own_name: Option<(&str, &str)>,
        records: &mut Records,
    ) -> Result<(DimsId, IdentityId), Reason> {
        // All values are judged before the first is stored: a skipped record leaves no trace.
        for (field, _) in DIMENSION_FIELDS {
            text(line, *field)?;
        }
        let [session, task, run] =
            [Field::Session, Field::Task, Field::Run].map(|field| id_text(line, field));
        let (session, task, run) = (session?, task?, run?);
        let catalog = &mut records.catalog;
        let mut dims = Dims::with_capacity(DIMENSION_FIELDS.len());
        for (field, dimension) in DIMENSION_FIELDS {
            if let Some(value) = line.field(*field).text() {
                dims.push((*dimension, catalog.name(value)));
            }
        }
        // Keys that are known in other kinds of records only count as unknown ones.
        let misplaced = FIELDS
            .iter()
            .filter(|f| f.kinds() & kind == 0)
            .map(|f| (f.name(), line.field(*f)));
        let others = line.others.iter().map(|(key, value)| (&**key, value));
        records.ignored += line.ignored;
        for (key, value) in others.chain(misplaced) {
            match value {
                Scalar::Null => {}
                Scalar::Text(value) if is_label(key, value) => {
                    let dimension = Dimension::Label(catalog.name(key));
                    dims.push((dimension, catalog.name(value)));
                }
                _ => records.ignored += 1,
            }
        }
        if let Some((key, value)) = own_name.filter(|(key, value)| is_label(key, value)) {
            let dimension = Dimension::Label(catalog.name(key));
            dims.push((dimension, catalog.name(value)));
        }
        dims.extend(&self.labels);
        let mut name = |text: Option<Cow<'_, str>>| text.map_or(Name::NONE, |t| catalog.name(&t));
        let identity = Identity {
            session: name(session),
            task: name(task),
            run: name(run),
            ..Identity::default()
        };
        Ok((catalog.dims(dims), catalog.identity(identity)))
    }
}

fn kind_of(line: &Line<'_>) -> Result<u8, Reason> {
    match line.field(Field::Kind) {
        Scalar::Null => Err("`kind` is missing".into()),
        Scalar::Text(kind) => match &**kind {
            "operation" => Ok(OPERATION),
            "sample" => Ok(SAMPLE),
            "event" => Ok(EVENT),
            _ => Err("unknown `kind`: it is operation, sample or event".into()),
        },
        _ => Err("`kind` is not a string".into()),
    }
}

fn operation_kind(name: &str, line: &Line<'_>) -> Result<OperationKind, Reason> {
    Ok(match name {
        "step" => OperationKind::Step,
        "model_request" => OperationKind::ModelRequest,
        "tool_call" => OperationKind::ToolCall,
        "context_preparation" => OperationKind::ContextPreparation,
        "task" => OperationKind::Task,
        "wait" => match text(line, Field::Reason)? {
            Some("queue") => OperationKind::WaitQueue,
            Some("backoff") => OperationKind::WaitBackoff,
            Some("approval") => OperationKind::WaitApproval,
            Some(_) => return Err("unknown `reason`: it is queue, backoff or approval".into()),
            None => return Err("a wait without `reason`".into()),
        },
        _ => OperationKind::Other,
    })
}

fn outcome(line: &Line<'_>) -> Result<OutcomeKind, Reason> {
    Ok(match text(line, Field::Outcome)? {
        None => OutcomeKind::Unknown,
        Some("ok") => OutcomeKind::Ok,
        Some("error") => OutcomeKind::Error,
        Some("timeout") => OutcomeKind::Timeout,
        Some("rate_limited") => OutcomeKind::RateLimited,
        Some("cancelled") => OutcomeKind::Cancelled,
        Some(_) => {
            return Err(
                "unknown `outcome`: it is ok, error, timeout, rate_limited or cancelled".into(),
            );
        }
    })
}

/// The tokens, and whether both input and output are told.
fn tokens(line: &Line<'_>) -> Result<Option<(Tokens, bool)>, Reason> {
    let Some(fields) = &line.tokens else {
        return match line.field(Field::Tokens) {
            Scalar::Null => Ok(None),
            _ => Err("`tokens` is not an object".into()),
        };
    };
    let counts = [
        (&fields.input, "tokens.input"),
        (&fields.output, "tokens.output"),
        (&fields.cache_read, "tokens.cache_read"),
        (&fields.cache_write, "tokens.cache_write"),
        (&fields.reasoning, "tokens.reasoning"),
    ];
    let mut numbers = [None; 5];
    for (number, (field, name)) in numbers.iter_mut().zip(counts) {
        *number = count(field, name)?;
    }
    if numbers.iter().all(Option::is_none) {
        return Ok(None);
    }
    let is_whole = numbers[..2].iter().all(Option::is_some);
    let [fresh, output, cache_read, cache_write, reasoning] =
        numbers.map(Option::unwrap_or_default);
    let tokens = Tokens {
        fresh,
        cache_read,
        cache_write,
        cache_write_1h: 0,
        output,
        reasoning,
    };
    Ok(Some((tokens, is_whole)))
}

/// The value of a knob or the name of a state, as text; empty where not known.
fn state<'a>(line: &'a Line<'_>, field: Field) -> Result<Cow<'a, str>, Reason> {
    Ok(match line.field(field) {
        Scalar::Null => Cow::Borrowed(""),
        Scalar::Bool(value) => value.to_string().into(),
        Scalar::Whole(value) => value.to_string().into(),
        Scalar::Number(value) => value.to_string().into(),
        Scalar::Text(value) => Cow::Borrowed(value),
        Scalar::Composite => {
            return Err(format!("`{}` is neither a string nor a number", field.name()).into());
        }
    })
}

fn event_kind(name: &str) -> Option<EventKind> {
    Some(match name {
        "config_change" => EventKind::ConfigChange,
        "mode_switch" => EventKind::ModeSwitch,
        "interface_switch" => EventKind::InterfaceSwitch,
        "transition" => EventKind::Transition,
        "process_start" => EventKind::ProcessStart,
        "alert" => EventKind::Alert,
        "deployment" => EventKind::Deployment,
        "prompt" => EventKind::Prompt,
        "retry" => EventKind::Retry,
        "compaction" => EventKind::Compaction,
        "subagent" => EventKind::Subagent,
        _ => return None,
    })
}

/// The key by which a record is known again, in whatever file it stands.
fn key(kind: &str, what: &str, id: &str) -> u128 {
    let mut bytes = Vec::with_capacity(kind.len() + what.len() + id.len() + 16);
    for part in ["native", kind, what, id] {
        bytes.extend_from_slice(part.as_bytes());
        bytes.push(0x1f);
    }
    hash128(&bytes)
}
