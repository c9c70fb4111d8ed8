//! The state of a monitor, by the newest report that it left.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::units::Time;

/// Why nothing can be said.
#[derive(Debug, thiserror::Error)]
pub enum StatusError {
    /// The folder is not there, or cannot be read.
    #[error("cannot read {}: {error}", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Why.
        error: std::io::Error,
    },
}

/// The state in the shape of the orchestrator's monitor; `status` is `no_data` where the folder holds no
/// report that can be read. Beside it the files that could not be read, newest first.
///
/// # Errors
/// The folder cannot be read.
pub fn status(folder: &Path) -> Result<(Value, Vec<PathBuf>), StatusError> {
    let fault = |error| StatusError::Folder {
        folder: folder.to_path_buf(),
        error,
    };
    let mut names: Vec<(String, u32, PathBuf)> = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(fault)? {
        let path = entry.map_err(fault)?.path();
        let name = path.file_name().and_then(|n| n.to_str());
        if let Some((stamp, number)) = name.and_then(stamp_of) {
            names.push((stamp.to_owned(), number, path));
        }
    }
    names.sort();
    let mut broken = Vec::new();
    for (_, _, path) in names.into_iter().rev() {
        let report = std::fs::read(&path)
            .ok()
            .and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
        match report.as_ref().and_then(of_report) {
            Some(state) => return Ok((state, broken)),
            None => broken.push(path),
        }
    }
    Ok((no_data().0, broken))
}

/// The state where there is no report.
#[must_use]
pub fn no_data() -> (Value, Vec<PathBuf>) {
    (json!({"status": "no_data"}), Vec::new())
}

/// Time and number of a report by its name: `performance_report_20261123_172050_1.json`.
fn stamp_of(name: &str) -> Option<(&str, u32)> {
    let rest = name
        .strip_prefix("performance_report_")?
        .strip_suffix(".json")?;
    let (stamp, number) = rest.split_at_checked(15)?;
    if number.is_empty() {
        return Some((stamp, 0));
    }
    Some((stamp, number.strip_prefix('_')?.parse().ok()?))
}

fn of_report(report: &Value) -> Option<Value> {
    let latest = report["recent_snapshots"].as_array()?.last()?;
    let time = |key: &str| time_of(report["monitoring_period"][key].as_str()?);
    let minutes = time("end")
        .zip(time("start"))
        .map(|(end, start)| end.since(start).0 / 60.0);
    Some(json!({
        "status": "monitoring",
        "latest_snapshot": latest,
        "snapshots_collected": report["snapshots_count"],
        "monitoring_duration_minutes": minutes,
        "summary": report["summary"],
    }))
}

/// With a zone, or naive as the orchestrator's monitor writes it: UTC.
fn time_of(text: &str) -> Option<Time> {
    let zoned = text.parse::<jiff::Timestamp>().ok();
    let time = zoned.or_else(|| {
        let naive = text.parse::<jiff::civil::DateTime>().ok()?;
        jiff::tz::TimeZone::UTC.to_timestamp(naive).ok()
    });
    time.map(Time::from_timestamp)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::live::Reports;
    use crate::live::reports::tests::snapshot;

    #[test]
    fn names_of_reports() {
        let stamp = "performance_report_20261123_172050";
        assert_eq!(
            stamp_of(&format!("{stamp}.json")),
            Some(("20261123_172050", 0))
        );
        assert_eq!(
            stamp_of(&format!("{stamp}_12.json")),
            Some(("20261123_172050", 12))
        );
        for other in [
            "x.json",
            "performance_report_1.json",
            "performance_report_20261123_172050x.json",
        ] {
            assert_eq!(stamp_of(other), None, "{other}");
        }
    }

    #[test]
    fn the_newest_report_that_can_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let (state, _) = status(folder.path()).unwrap();
        assert_eq!(state, json!({"status": "no_data"}));
        let mut reports = Reports::new(folder.path()).unwrap();
        for second in 0..13 {
            reports.add(&snapshot(second * 30));
        }
        reports.write();
        let broken = folder
            .path()
            .join("performance_report_20261124_000000.json");
        std::fs::write(&broken, "{\"generated").unwrap();
        let (state, unread) = status(folder.path()).unwrap();
        assert_eq!(unread, [broken]);
        assert_eq!(state["status"], "monitoring");
        assert_eq!(state["snapshots_collected"], 13);
        assert_eq!(state["monitoring_duration_minutes"], 6.0);
        assert_eq!(
            state["latest_snapshot"]["timestamp"],
            "2026-11-23T12:06:00.000000Z"
        );
        assert_eq!(state["summary"]["cpu_usage"]["p95"], 25.0);
        assert!(status(&folder.path().join("none")).is_err());
    }
}
