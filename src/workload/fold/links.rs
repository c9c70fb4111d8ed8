//! Records of a trace that name no session, while others of the trace, in another part or file, do.

use hashbrown::HashMap;

use crate::record::{Identity, IdentityId, Name, Records, hash64};

/// Gives records whose session is a trace the session that the trace belongs to.
pub(super) fn follow(records: &mut Records) {
    if records.links.is_empty() {
        return;
    }
    let text = |name: Name| records.catalog.text(name);
    // Of several sessions that a trace names the first by name, whatever was read first.
    let mut sessions: HashMap<u64, Name> = HashMap::with_capacity(records.links.len());
    for (trace, session) in records.links.iter().filter(|(_, name)| name.is_some()) {
        let best = sessions.entry(*trace).or_insert(*session);
        if text(*session) < text(*best) {
            *best = *session;
        }
    }
    let followed = |identity: &Identity| {
        let trace = identity.session;
        let session = *sessions.get(&hash64(text(trace).as_bytes()))?;
        let unit = if identity.unit == trace {
            session
        } else {
            identity.unit
        };
        (trace.is_some() && session != trace).then_some(Identity {
            session,
            unit,
            ..*identity
        })
    };
    let known = records.catalog.identities.values().iter().zip(0..);
    let found: Vec<(u32, Identity)> = known
        .filter_map(|(identity, number)| Some((number, followed(identity)?)))
        .collect();
    if found.is_empty() {
        return;
    }
    let catalog = &mut records.catalog;
    let identities: HashMap<IdentityId, IdentityId> = found
        .into_iter()
        .map(|(number, identity)| (IdentityId(number), catalog.identity(identity)))
        .collect();
    let follow = |identity: &mut IdentityId| {
        if let Some(found) = identities.get(identity) {
            *identity = *found;
        }
    };
    let Records {
        operations,
        samples,
        events,
        ..
    } = records;
    operations.iter_mut().for_each(|o| follow(&mut o.identity));
    samples.each_identity(&follow);
    events.iter_mut().for_each(|e| follow(&mut e.identity));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Operation, OperationKind};
    use crate::units::Time;

    #[test]
    fn every_record_of_a_trace_follows_whatever_its_id_looks_like() {
        let mut records = Records::default();
        let [trace, first, second] =
            ["tr1", "a session", "b session"].map(|n| records.catalog.name(n));
        let of_trace = Identity {
            session: trace,
            ..Identity::default()
        };
        let of_run = Identity {
            run: trace,
            unit: trace,
            ..of_trace
        };
        for identity in [of_trace, of_run, Identity::default()] {
            let mut operation = Operation::new(OperationKind::Task, Time::EARLIEST, 0);
            operation.identity = records.catalog.identity(identity);
            records.operations.push(operation);
        }
        let hash = hash64(b"tr1");
        records.links = vec![(hash, second), (hash, first), (hash64(b""), second)];
        follow(&mut records);
        let found = records.operations.iter();
        let found: Vec<Identity> = found
            .map(|o| *records.catalog.identities.get(o.identity.0))
            .collect();
        let session = first;
        let expected = [
            Identity {
                session,
                ..of_trace
            },
            Identity {
                session,
                unit: session,
                ..of_run
            },
            Identity::default(),
        ];
        assert_eq!(found, expected);
    }
}
