//! What two tellings of one operation know together.

use crate::record::{
    Attendance, Catalog, Dimension, DimsId, Flags, IdentityId, Name, Operation, Stop,
};

/// Gives an operation what only its other telling, by a worse source, knows. When it ran, how it ended and what it counts
/// tells the better one.
pub(super) fn complete(operation: &mut Operation, other: &Operation, catalog: &mut Catalog) {
    if operation.cost < 0 {
        operation.cost = other.cost;
    }
    let tells_tokens = |o: &Operation| o.flags.has(Flags::HAS_TOKENS);
    if !tells_tokens(operation) && tells_tokens(other) {
        operation.tokens = other.tokens;
        let lower_bound = other.flags.0 & Flags::OUTPUT_IS_LOWER_BOUND.0;
        operation.flags = Flags(operation.flags.0 | Flags::HAS_TOKENS.0 | lower_bound);
    } else if tells_tokens(other) {
        // Parts that the better source does not tell apart.
        let (own, others) = (&mut operation.tokens, &other.tokens);
        if own.cache_write_1h == 0 {
            own.cache_write_1h = others.cache_write_1h.min(own.cache_write);
        }
        if own.reasoning == 0 {
            own.reasoning = others.reasoning.min(own.output);
        }
    }
    fill_in(operation, other);
    place(operation, other, catalog);
}

/// Gives an operation its ids, details, sizes and stop where only the other telling knows them.
pub(super) fn fill_in(operation: &mut Operation, other: &Operation) {
    for (own, others) in [
        (&mut operation.details, other.details),
        (&mut operation.arguments, other.arguments),
        (&mut operation.result, other.result),
    ] {
        if *own == 0 {
            *own = others;
        }
    }
    for (own, others) in [
        (&mut operation.id, other.id),
        (&mut operation.parent, other.parent),
    ] {
        if *own == 0 {
            *own = others;
        }
    }
    if operation.stop == Stop::Unknown {
        operation.stop = other.stop;
    }
}

/// Gives an operation what only its other telling, by another source, knows of where it belongs: that it ran in a
/// subagent, its dimensions and identity, and whether a person waits for it.
pub(super) fn place(operation: &mut Operation, other: &Operation, catalog: &mut Catalog) {
    operation.flags = Flags(operation.flags.0 | other.flags.0 & Flags::SUBAGENT.0);
    operation.dims = united_dims(catalog, operation.dims, other.dims, |_| true);
    operation.identity = completed_identity(catalog, operation.identity, other.identity);
}

/// These dimensions, and of others what is missing and `is_wanted`.
pub(super) fn united_dims(
    catalog: &mut Catalog,
    own: DimsId,
    others: DimsId,
    is_wanted: impl Fn(Dimension) -> bool,
) -> DimsId {
    if own == others {
        return own;
    }
    let mut dims = catalog.dims.get(own.0).clone();
    let before = dims.len();
    for (dimension, value) in catalog.dims.get(others.0) {
        if is_wanted(*dimension) && !dims[..before].iter().any(|(d, _)| d == dimension) {
            dims.push((*dimension, *value));
        }
    }
    if dims.len() == before {
        own
    } else {
        catalog.dims(dims)
    }
}

/// This identity, and of another one what is missing.
pub(super) fn united_identity(
    catalog: &mut Catalog,
    own: IdentityId,
    other: IdentityId,
) -> IdentityId {
    if own == other {
        return own;
    }
    let (mut a, b) = (
        *catalog.identities.get(own.0),
        *catalog.identities.get(other.0),
    );
    let or = |a: Name, b: Name| if a.is_some() { a } else { b };
    a.session = or(a.session, b.session);
    a.task = or(a.task, b.task);
    a.run = or(a.run, b.run);
    a.unit = or(a.unit, b.unit);
    catalog.identity(a)
}

/// The same of two tellings of one operation: whether a person waits for it is told too.
fn completed_identity(catalog: &mut Catalog, own: IdentityId, other: IdentityId) -> IdentityId {
    let united = united_identity(catalog, own, other);
    let others = catalog.identities.get(other.0).attendance;
    let mut identity = *catalog.identities.get(united.0);
    if identity.attendance == others || identity.attendance != Attendance::default() {
        return united;
    }
    identity.attendance = others;
    catalog.identity(identity)
}
