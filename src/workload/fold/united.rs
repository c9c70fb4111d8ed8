//! What two operations know together of where they belong.

use crate::record::{Attendance, Catalog, Dimension, DimsId, IdentityId, Name};

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
pub(super) fn completed_identity(
    catalog: &mut Catalog,
    own: IdentityId,
    other: IdentityId,
) -> IdentityId {
    let united = united_identity(catalog, own, other);
    let others = catalog.identities.get(other.0).attendance;
    let mut identity = *catalog.identities.get(united.0);
    if identity.attendance == others || identity.attendance != Attendance::default() {
        return united;
    }
    identity.attendance = others;
    catalog.identity(identity)
}
