//! The interface manager's status (the body of `/api/interfaces`).
//!
//! `request_count` counts successes only, and `error_count` failed connection tests too: errors ÷
//! (successes + errors) is the nearest to an error rate that it tells. Interfaces that were never
//! used tell nothing. Its `uptime` is the age of a connection in seconds, not a share, and not read.

use crate::ingest::document::{Faults, Node, Origin, Reported, is_word, keys, parse_tree};
use crate::ingest::{Format, Head, Input, Likelihood, ReadError};
use crate::metrics::Metric;
use crate::place::Problem;
use crate::record::{Dimension, Records, Statistic};

/// Reader of the interface manager's status.
#[derive(Debug)]
pub(super) struct InterfaceStatus;

impl Format for InterfaceStatus {
    fn name(&self) -> &'static str {
        "interface-status"
    }

    fn about(&self) -> &'static str {
        "status of the orchestrator's interfaces (/api/interfaces): requests and errors of each"
    }

    fn plural(&self) -> &'static str {
        "interface statuses"
    }

    fn is_orchestrator(&self) -> bool {
        true
    }

    fn detect(&self, head: &Head<'_>) -> Likelihood {
        let keys = keys(head.bytes);
        let has = |key: &[u8]| keys.contains(&key);
        if has(b"active_interface") && has(b"interfaces") {
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
        let origin = Origin::of(input, records);
        let text = input.document()?;
        let tree = parse_tree(text, 2, origin.file, problems)?;
        let mut faults = Faults::new(origin.file, text, &[], problems);
        let Node::Map(interfaces) = tree.get("interfaces") else {
            faults.skipped(0, &["interfaces"], "interfaces is not an object");
            return Ok(());
        };
        for (name, interface) in interfaces {
            let at = ["interfaces", name.as_str()];
            if !matches!(interface, Node::Map(_)) || !is_word(name) {
                faults.skipped(0, &at, "an interface is not an object, or has no name");
                continue;
            }
            let mut count = |key: &str| {
                let count = interface.get(key).number();
                match count {
                    Ok(Some(count)) if (0.0..9e15).contains(&count) => Some(count.round()),
                    Ok(None) => None,
                    _ => {
                        let at = [&at[..], &[key]].concat();
                        faults.value(0, &at, format!("{key} is not a count"));
                        None
                    }
                }
            };
            let (successes, errors) = (count("request_count"), count("error_count"));
            let Some((successes, errors)) = successes.zip(errors) else {
                continue;
            };
            let all = successes + errors;
            if all > 0.0 {
                let mut reported = Reported::default();
                // Checked to lie between 0 and 2⁵⁴.
                #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
                let n = Some(all as u64);
                reported.add(Metric::ErrorRate, Statistic::Mean, errors / all, n);
                let own = [(Dimension::Interface, name.as_str())];
                reported.finish(&origin, &own, None, records);
            }
        }
        Ok(())
    }
}
