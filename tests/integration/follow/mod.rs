//! Inputs that grow under the program's eyes: each look is what reading everything anew gives.

mod random;
mod tree;

use std::path::Path;
use std::sync::Arc;

use perfadvise::config::Config;
use perfadvise::ingest::{Options, Target};
use perfadvise::pipeline::{Following, Manner, Request, judge};
use perfadvise::prices::PriceTable;

/// Everything below a folder.
fn request(path: &Path) -> Request {
    Request {
        targets: vec![Target {
            path: path.to_owned(),
            labels: Vec::new(),
        }],
        searched: Vec::new(),
        options: Options {
            threads: 2,
            ..Options::default()
        },
        by: None,
        from: None,
        to: None,
        wall_clock: Default::default(),
        past: None,
        standing: Default::default(),
        only: Vec::new(),
        prices: Arc::new(PriceTable::built_in()),
    }
}

/// A look as JSON; `None`: nothing changed.
fn look(following: &mut Following, request: &Request) -> Option<String> {
    let material = following
        .look(request, Config::default(), Manner::default(), &|_, _| {})
        .unwrap()?;
    let assessment = judge(&material, request);
    Some(serde_json::to_string_pretty(&assessment).unwrap())
}

/// What reading everything anew gives, as JSON.
fn anew(request: &Request) -> String {
    let (assessment, _) =
        perfadvise::pipeline::assess(request, Config::default(), &|_, _| {}).unwrap();
    serde_json::to_string_pretty(&assessment).unwrap()
}

/// A step of a session as a native record.
fn step(second: usize, session: &str) -> String {
    format!(
        "{{\"kind\":\"operation\",\"operation\":\"step\",\"time\":\"2026-03-02T10:{:02}:{:02}Z\",\"duration\":{}.5,\"session\":\"{session}\"}}\n",
        second / 60 % 60,
        second % 60,
        second % 7,
    )
}
