//! Records of a trace that name no session, while others of the trace, in another part or file, do.

use hashbrown::HashMap;

use crate::record::{Identity, IdentityId, Name, Records, hash64};

/// Hexadecimal digits of a trace's id.
const TRACE: usize = 32;

/// Gives records whose session is a trace the session that the trace belongs to.
pub(super) fn follow(records: &mut Records) {
    if records.links.is_empty() {
        return;
    }
    let text = |name: Name| records.catalog.text(name);
    let is_trace = |text: &str| text.len() == TRACE && text.bytes().all(|b| b.is_ascii_hexdigit());
    let traces: HashMap<u64, u32> = records
        .catalog
        .identities
        .values()
        .iter()
        .zip(0..)
        .filter(|(identity, _)| is_trace(text(identity.session)))
        .map(|(identity, number)| (hash64(text(identity.session).as_bytes()), number))
        .collect();
    if traces.is_empty() {
        return;
    }
    // Of several sessions that a trace names the first by name, whatever was read first.
    let mut sessions: HashMap<u32, Name> = HashMap::new();
    for (trace, session) in &records.links {
        let Some(number) = traces.get(trace).filter(|_| session.is_some()) else {
            continue;
        };
        let best = sessions.entry(*number).or_insert(*session);
        if text(*session) < text(*best) {
            *best = *session;
        }
    }
    let catalog = &mut records.catalog;
    let identities: HashMap<IdentityId, IdentityId> = sessions
        .into_iter()
        .map(|(number, session)| {
            let before = *catalog.identities.get(number);
            let identity = catalog.identity(Identity { session, ..before });
            (IdentityId(number), identity)
        })
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
