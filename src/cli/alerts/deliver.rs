//! What is in the queue, to its channels: all at once, each in its order.

use super::super::record::failure;
use super::super::{Context, Failure};
use crate::config::Channel;
use crate::notify::{self, Message, Outcome};
use crate::store::Place;
use crate::store::history::{History, HistoryError, Queued, Settled, ToSend};
use crate::threads;
use crate::units::Time;

/// A message for each channel that wants it, of those that are named (of none: all).
pub(in crate::cli) fn addressed(
    message: &Message,
    channels: &[Channel],
    named: &[String],
) -> Vec<ToSend> {
    channels
        .iter()
        .filter(|c| named.is_empty() || named.contains(&c.name))
        .filter(|c| message.is_for(c))
        .map(|channel| ToSend {
            key: message.id.clone(),
            channel: channel.name.clone(),
            document: serde_json::to_string(message).unwrap_or_default(),
        })
        .collect()
}

/// What a program that ended left behind. Only to be called by whoever has the turn.
pub(in crate::cli) fn take_up(
    channels: &[Channel],
    now: Time,
    context: &Context,
) -> Result<(), Failure> {
    let mut history = super::super::record::create(context)?;
    for channel in channels {
        history
            .take_up(&channel.name, channel.resends, now)
            .map_err(|error| failure(&error))?;
    }
    Ok(())
}

/// Sends what is due. A channel that fails is left alone until its next time, and holds up no other.
pub(in crate::cli) fn deliver(channels: &[Channel], context: &Context) -> Result<(), Failure> {
    let place = context.place();
    let now = context.now()?;
    let results = threads::apart(channels, |channel| one_channel(channel, &place, now));
    for result in results {
        for trouble in result.map_err(|error| failure(&error))? {
            context.warn(&trouble);
        }
    }
    Ok(())
}

/// Sends until nothing is due or something fails, and says what went wrong.
fn one_channel(channel: &Channel, place: &Place, now: Time) -> Result<Vec<String>, HistoryError> {
    let mut troubles = Vec::new();
    let Some(mut history) = History::open(place)? else {
        return Ok(troubles);
    };
    while let Some(queued) = history.next_message(&channel.name, now)? {
        let settled = settled(channel, &queued);
        history.settle_message(&queued, &settled, now)?;
        let (what, reason) = match &settled {
            Settled::Delivered => continue,
            Settled::Refused(reason) => ("refused", reason),
            Settled::Doubtful(reason) => ("it is not known whether it arrived", reason),
            Settled::Again(reason, _) => ("it is tried again", reason),
        };
        troubles.push(format!("{}: {reason}: {what}", channel.name));
        if matches!(settled, Settled::Again(..)) {
            break;
        }
    }
    Ok(troubles)
}

fn settled(channel: &Channel, queued: &Queued) -> Settled {
    let Ok(message) = serde_json::from_str::<Message>(&queued.document) else {
        return Settled::Refused("the message is damaged".to_owned());
    };
    match notify::send(channel, &message, &|name| std::env::var(name).ok()) {
        Outcome::Delivered => Settled::Delivered,
        Outcome::Refused(reason) => Settled::Refused(reason),
        Outcome::Failed { reason, after } => Settled::Again(reason, after),
        Outcome::Doubtful(reason) if channel.resends => Settled::Again(reason, None),
        Outcome::Doubtful(reason) => Settled::Doubtful(reason),
    }
}
