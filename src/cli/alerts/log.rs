//! `alerts log`: what was sent, and what became of it.

use std::io::Write;

use super::super::record::{failure, open};
use super::super::{Context, Exit, Failure, output};
use crate::report::visible;

/// Arguments of `alerts log`.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// How many, newest first
    #[arg(long, value_name = "N", default_value_t = 50)]
    last: u32,
}

/// Lists the newest messages.
pub(in crate::cli) fn run(
    args: &Args,
    context: &Context,
    out: &mut dyn Write,
) -> Result<Exit, Failure> {
    let rows = open(context)?
        .deliveries(args.last)
        .map_err(|e| failure(&e))?;
    let zone = context.zone(context.globals.timezone.as_deref())?;
    output::list(context, out, &rows, |out| {
        for row in &rows {
            let at = row.made_at.timestamp().to_zoned_datetime(zone.clone());
            let tries = match row.attempts {
                0 | 1 => String::new(),
                n => format!(", {n} tries"),
            };
            let reason = row
                .reason
                .as_deref()
                .map_or_else(String::new, |r| format!(": {r}"));
            writeln!(
                out,
                "{}  {:<12} {:<10} {}{}",
                at.strftime("%Y-%m-%d %H:%M:%S"),
                visible(&row.channel, !context.globals.ascii),
                row.state,
                visible(&row.title, !context.globals.ascii),
                visible(&format!("{reason}{tries}"), !context.globals.ascii)
            )?;
        }
        if rows.is_empty() {
            writeln!(out, "Nothing was sent.")?;
        }
        Ok(())
    })?;
    Ok(Exit::Done)
}
