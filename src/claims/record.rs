//! What claims came to: the track record of each rule, and what follows for advice.

use std::collections::{BTreeMap, BTreeSet};

use crate::advise::{Lock, Standing};
use crate::assessment::{Claim, ClaimState, ClaimVerdict, Dismissal, TrackRecord, Verification};

/// The track record of each rule with a claim, by code.
#[must_use]
pub fn track_records(claims: &[Claim]) -> Vec<TrackRecord> {
    let rules: BTreeSet<&str> = claims.iter().map(|c| c.rule.as_str()).collect();
    rules
        .into_iter()
        .map(|rule| {
            let own: Vec<&Claim> = claims.iter().filter(|c| c.rule == rule).collect();
            of(Some(rule), &own)
        })
        .collect()
}

/// The track record of all rules together.
#[must_use]
pub fn track_record(claims: &[Claim]) -> TrackRecord {
    of(None, &claims.iter().collect::<Vec<_>>())
}

fn of(rule: Option<&str>, claims: &[&Claim]) -> TrackRecord {
    let verified: Vec<&Verification> = claims
        .iter()
        .filter(|c| c.state == ClaimState::Verified)
        .filter_map(|c| c.verification.as_ref())
        .collect();
    let mut verdicts: BTreeMap<ClaimVerdict, u64> = BTreeMap::new();
    for verification in &verified {
        *verdicts.entry(verification.verdict).or_default() += 1;
    }
    let shares: Vec<f64> = verified.iter().filter_map(|v| v.share).collect();
    let held = verified.iter().filter_map(|v| v.interval_held);
    #[allow(clippy::cast_precision_loss)]
    let n = shares.len() as f64;
    let is_open = |c: &&&Claim| c.state == ClaimState::Open;
    let is_withdrawn = |c: &&&Claim| c.state == ClaimState::Withdrawn;
    TrackRecord {
        rule: rule.map(str::to_owned),
        claims: (claims.len() - claims.iter().filter(is_withdrawn).count()) as u64,
        open: claims.iter().filter(is_open).count() as u64,
        verdicts,
        realised_to_projected: (n > 0.0).then(|| shares.iter().sum::<f64>() / n),
        intervals_held: held.clone().filter(|held| *held).count() as u64,
        intervals: held.count() as u64,
    }
}

/// What claims and dismissals mean for advice.
#[must_use]
pub fn standing(claims: &[Claim], dismissed: &[Dismissal]) -> Standing {
    let mut standing = Standing {
        dismissed: dismissed.to_vec(),
        ..Standing::default()
    };
    for record in track_records(claims) {
        if let (Some(rule), Some(share)) = (record.rule, record.realised_to_projected) {
            standing.track.insert(rule, share.clamp(0.0, 1.0));
        }
    }
    for claim in claims {
        let knob = claim.change.as_ref().map(|c| c.knob.clone());
        match claim.state {
            ClaimState::Open => standing.locked.push(Lock {
                rule: claim.rule.clone(),
                knob,
                since: claim.claimed_at,
            }),
            ClaimState::Verified => {
                let since = standing.since.entry(claim.rule.clone());
                let since = since.or_insert(claim.claimed_at);
                *since = (*since).max(claim.claimed_at);
            }
            ClaimState::Withdrawn => {}
        }
    }
    standing
}
