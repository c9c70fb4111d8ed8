//! What a monitor says while it runs: a line for each look.

use std::io::{self, Write};
use std::path::Path;

use super::{Address, Check, Ended, Heard, Notice, ProcessUse, Snapshot};
use crate::report::{shell, visible};

/// What a monitor was asked for.
#[derive(Debug)]
pub struct About<'a> {
    /// Time between two looks, as it was asked for.
    pub interval: &'a str,
    /// Processes.
    pub processes: &'a [String],
    /// Addresses.
    pub checks: &'a [Check],
    /// Folder of the reports.
    pub folder: &'a Path,
    /// File of the records.
    pub records: Option<&'a Path>,
    /// What is listened to for StatsD lines, and the file that they go to.
    pub statsd: Option<(&'a Address, &'a Path)>,
}

/// Says it in lines.
#[derive(Debug)]
pub struct Page {
    /// Only trouble is told.
    pub is_quiet: bool,
    /// Zone of the times.
    pub zone: jiff::tz::TimeZone,
}

impl Page {
    /// What is looked at and written, on a machine with so many cores and bytes of memory.
    ///
    /// # Errors
    /// `out` cannot be written to.
    pub fn head(
        &self,
        about: &About<'_>,
        (cores, memory): (usize, u64),
        out: &mut dyn Write,
    ) -> io::Result<()> {
        if self.is_quiet {
            return Ok(());
        }
        let memory = bytes(memory);
        let interval = about.interval;
        let reports = about.folder.join("performance_report_*.json");
        writeln!(out, "perfadvise {} · monitor\n", env!("CARGO_PKG_VERSION"))?;
        writeln!(
            out,
            "  host       {cores} cores, {memory}; a look every {interval}, a report every 10 looks"
        )?;
        for process in about.processes {
            writeln!(
                out,
                "  watches    {} with its children",
                visible(process, true)
            )?;
        }
        for check in about.checks {
            writeln!(out, "  asks       {}", visible(&check.host, true))?;
        }
        writeln!(
            out,
            "  writes     {}; none is overwritten",
            reports.display()
        )?;
        if let Some(records) = about.records {
            writeln!(out, "  appends    {}", records.display())?;
        }
        if let Some((address, file)) = about.statsd {
            let address = visible(&address.to_string(), true);
            writeln!(
                out,
                "  listens    {address} for StatsD lines; appends {}",
                file.display()
            )?;
        }
        writeln!(out)?;
        out.flush()
    }

    /// What happened; trouble on `err`.
    ///
    /// # Errors
    /// `out` cannot be written to.
    pub fn tell(
        &self,
        notice: &Notice<'_>,
        out: &mut dyn Write,
        err: &mut dyn Write,
    ) -> io::Result<()> {
        // Nothing can be done when standard error is closed.
        match notice {
            Notice::ReportFailed(error) => {
                let _ = writeln!(
                    err,
                    "warning: the report could not be written: {error}; its snapshots wait for the next"
                );
            }
            Notice::RecordsFailed(error) => {
                let _ = writeln!(
                    err,
                    "warning: records could not be written: {error}; they wait for the next look"
                );
            }
            _ if self.is_quiet => {}
            Notice::Written(path) => writeln!(out, "  written    {}", path.display())?,
            Notice::Taken(snapshot) => self.snapshot(snapshot, out)?,
        }
        out.flush()
    }

    /// How it ended.
    ///
    /// # Errors
    /// `out` cannot be written to.
    pub fn foot(&self, ended: &Ended, folder: &Path, out: &mut dyn Write) -> io::Result<()> {
        if self.is_quiet {
            return Ok(());
        }
        let looks = if ended.taken == 1 { "look" } else { "looks" };
        writeln!(out, "  stopped    after {} {looks}", ended.taken)?;
        if ended.taken > ended.unwritten {
            let folder = shell::quoted(&folder.display().to_string());
            writeln!(out, "  next       perfadvise analyze {folder}")?;
        }
        out.flush()
    }

    /// What came over the socket, and what of it told nothing. `undeclared` are names that the configuration does
    /// not know.
    ///
    /// # Errors
    /// `out` cannot be written to.
    pub fn heard(
        &self,
        heard: &Heard,
        undeclared: &[String],
        out: &mut dyn Write,
        err: &mut dyn Write,
    ) -> io::Result<()> {
        let counted = |n: u64, one: &str| format!("{n} {one}{}", if n == 1 { "" } else { "s" });
        if !self.is_quiet {
            let lines = counted(heard.lines, "line");
            let records = counted(heard.records, "record");
            writeln!(out, "  statsd     {lines}, {records}")?;
        }
        // Nothing can be done when standard error is closed.
        for (reason, n) in &heard.faults {
            let lines = counted(*n, "line");
            let _ = writeln!(err, "warning: statsd: {lines} left out: {reason}");
        }
        if heard.dropped > 0 {
            let packets = counted(heard.dropped, "packet");
            let _ = writeln!(
                err,
                "warning: statsd: {packets} dropped: they came faster than they could be taken up"
            );
        }
        if let Some(first) = undeclared.first() {
            let more = match undeclared.len() - 1 {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let _ = writeln!(
                err,
                "warning: statsd: {first}{more} not declared: analyze shows them without a unit until perfadvise.yaml \
                 says  metrics: {{{first}: {{unit: count}}}}"
            );
        }
        out.flush()
    }

    fn snapshot(&self, snapshot: &Snapshot, out: &mut dyn Write) -> io::Result<()> {
        let time = self.zone.to_datetime(snapshot.time.timestamp());
        write!(
            out,
            "  {}   CPU {:>7}   memory {:>7}   disk {:>7}",
            time.strftime("%H:%M:%S"),
            percent(Some(snapshot.cpu)),
            percent(snapshot.memory),
            percent(snapshot.disk.map(|d| d.used)),
        )?;
        for process in &snapshot.watched {
            write!(out, "   {}", of_process(process))?;
        }
        for check in &snapshot.checks {
            match check.seconds {
                Some(seconds) => write!(out, "   answer {:.0} ms", seconds * 1e3)?,
                None => write!(out, "   ! no answer of {}", visible(&check.name, true))?,
            }
        }
        writeln!(out)
    }
}

fn of_process(process: &ProcessUse) -> String {
    format!(
        "{} {} {}",
        visible(&process.name, true),
        percent(process.cpu),
        bytes(process.memory)
    )
}

fn percent(ratio: Option<f64>) -> String {
    ratio.map_or_else(|| "–".to_owned(), |ratio| format!("{:.1} %", ratio * 100.0))
}

#[allow(clippy::cast_precision_loss)]
fn bytes(n: u64) -> String {
    match n as f64 {
        n if n >= 1e9 => format!("{:.1} GB", n / 1e9),
        n => format!("{:.0} MB", n / 1e6),
    }
}
