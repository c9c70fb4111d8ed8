//! `cache show|clear`: what is kept of large inputs, so that the next run is faster.

use std::io::Write;

use super::{Context, Exit, Failure, OutputFormat};
use crate::cache::{Cache, Usage};
use crate::units::Bytes;

/// What to do with the cache.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Verb {
    /// Where it is, how much it holds and may hold
    Show,
    /// Remove all that it holds
    Clear,
}

#[derive(serde::Serialize)]
struct Shown {
    folder: String,
    files: u64,
    bytes: u64,
    most_bytes: u64,
    least_input: u64,
}

/// Shows or clears.
pub(super) fn run(verb: &Verb, context: &Context, out: &mut dyn Write) -> Result<Exit, Failure> {
    let format = context.format("the cache", &[OutputFormat::Text, OutputFormat::Json])?;
    let cache = context.cache_place()?.ok_or_else(|| {
        Failure::new("there is no place for a cache: neither XDG_CACHE_HOME nor HOME is set")
            .help("name a folder with --cache-dir")
    })?;
    let (usage, is_cleared) = match verb {
        Verb::Show => (cache.usage(), false),
        Verb::Clear => (clear(&cache)?, true),
    };
    let folder = cache.folder().display().to_string();
    match format {
        OutputFormat::Json => {
            let shown = Shown {
                folder,
                files: usage.files,
                bytes: usage.bytes,
                most_bytes: cache.most_bytes,
                least_input: cache.least_input,
            };
            serde_json::to_writer_pretty(&mut *out, &shown).map_err(std::io::Error::from)?;
            writeln!(out)?;
        }
        _ if is_cleared => writeln!(out, "removed {} from {folder}", amount(usage))?,
        _ => {
            writeln!(out, "folder  {folder}")?;
            writeln!(out, "holds   {}", amount(usage))?;
            writeln!(
                out,
                "at most {}; inputs below {} are not kept",
                size(cache.most_bytes),
                size(cache.least_input)
            )?;
        }
    }
    Ok(Exit::Done)
}

fn clear(cache: &Cache) -> Result<Usage, Failure> {
    cache.clear().map_err(|error| {
        Failure::new(format!("{}: {error}", cache.folder().display()))
            .help("remove the folder yourself; nothing but time is lost")
    })
}

fn amount(usage: Usage) -> String {
    let s = if usage.files == 1 { "" } else { "s" };
    format!("{} in {} file{s}", size(usage.bytes), usage.files)
}

/// Three digits are enough to see how much it is.
#[allow(clippy::cast_precision_loss)]
pub(super) fn size(bytes: u64) -> String {
    let exact = Bytes(bytes as f64).to_string();
    let step = 10_u64.pow(bytes.checked_ilog10().unwrap_or(0).saturating_sub(2));
    let rounded = Bytes((bytes / step * step) as f64).to_string();
    if exact.len() <= rounded.len() {
        exact
    } else {
        rounded
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_short() {
        for (bytes, text) in [
            (0, "0 B"),
            (1 << 30, "1 GiB"),
            (12_345_678, "12.3 MB"),
            (1_234, "1.23 kB"),
        ] {
            assert_eq!(size(bytes), text);
        }
    }
}
