//! How full the file system of a folder is, as `df` and psutil say it: of what its users may fill. What is reserved for
//! the system is neither used nor there to be used.

#[cfg(unix)]
use std::path::Path;

/// The share that is used, from 0 to 1. `None`: the system does not tell, or there is nothing to fill.
#[cfg(unix)]
pub(super) fn used(folder: &Path) -> Option<f64> {
    let known = rustix::fs::statvfs(folder).ok()?;
    share(known.f_blocks, known.f_bfree, known.f_bavail)
}

/// Of blocks in all, free ones, and those of them that users may fill.
pub(super) fn share(all: u64, free: u64, available: u64) -> Option<f64> {
    let used = all.saturating_sub(free);
    let usable = used.saturating_add(available);
    #[allow(clippy::cast_precision_loss)]
    (usable > 0).then(|| used as f64 / usable as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An ext4 of 1,000 blocks of which 50 are reserved: 200 used, 800 free, 750 available. `df` rounds 200 / 950 up
    /// to 22 %.
    #[test]
    fn what_is_reserved_is_not_used() {
        let used = share(1_000, 800, 750).expect("known");
        assert!((used - 0.210_526).abs() < 1e-6, "{used}");
        assert_eq!(share(0, 0, 0), None);
    }

    /// Against `df`, which is another program; what is written meanwhile may move it by a step.
    #[cfg(target_os = "linux")]
    #[test]
    fn it_is_what_df_says() {
        for folder in ["/", "/dev/shm", "/tmp"] {
            let Ok(output) = std::process::Command::new("df")
                .args(["--output=pcent", folder])
                .output()
            else {
                return;
            };
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            let percent = text
                .lines()
                .nth(1)
                .map(|line| line.trim().trim_end_matches('%'));
            if let (Some(used), Some(df)) = (
                used(Path::new(folder)),
                percent.and_then(|p| p.parse::<f64>().ok()),
            ) {
                assert!((used * 100.0 - df).abs() < 2.0, "{folder}: {used}, {df} %");
            }
        }
    }
}
