//! Records the depth of an invented queue, tagged with its name, in the folder of the first argument.
//!
//! `cargo run --example record_metric -- .orch-monitoring`

use perfadvise::recorder::{RecordError, Recorder};

fn main() -> Result<(), RecordError> {
    let folder = std::env::args().nth(1);
    let folder = folder.unwrap_or_else(|| ".orch-monitoring".to_owned());
    let mut recorder = Recorder::in_folder(folder)?.with_tag("host", "worker-1")?;
    let mut waiting = 0_u32;
    for second in 0..60 {
        // Two jobs come in each second, and three are taken in every other one.
        waiting = (waiting + 2).saturating_sub(if second % 2 == 0 { 3 } else { 0 });
        recorder.record("queue_depth", f64::from(waiting), &[("queue", "main")])?;
    }
    recorder.flush()
}
