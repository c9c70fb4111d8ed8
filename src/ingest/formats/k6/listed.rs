//! The machine-readable summary of newer versions: its metrics are a list, and its checks stand apart.

use super::super::super::document::{Node, keys};

/// The keys under which the list stands.
pub(super) const LIST: &[&str] = &["results", "metrics"];

/// Whether a summary, or its beginning, is such a one.
pub(super) fn is_listed(bytes: &[u8]) -> bool {
    let keys = keys(bytes);
    let has = |key: &str| keys.contains(&key.as_bytes());
    has("version") && has("results") && !has("metrics")
}

/// The metrics by name, in the order of the list, and the share of the checks that passed as other summaries name it.
/// An element without a name keeps its place.
pub(super) fn by_name(document: &Node) -> Node {
    let results = document.get("results");
    let mut metrics: Vec<(String, Node)> = Vec::new();
    for metric in list(results.get("metrics")) {
        let name = metric.get("name").text().unwrap_or_default();
        metrics.push((name.to_owned(), metric.clone()));
    }
    for metric in list(results.get("checks").get("metrics")) {
        if metric.get("name").text() == Some("checks_succeeded") {
            metrics.push(("checks".to_owned(), metric.clone()));
        }
    }
    Node::Map(metrics)
}

fn list(node: &Node) -> &[Node] {
    match node {
        Node::List(list) => list,
        _ => &[],
    }
}
