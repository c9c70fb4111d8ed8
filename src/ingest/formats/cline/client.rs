//! Which of the family wrote a task, and what its input counts contain.

use super::super::agent::folders;
use crate::units::{NANOS, Time};

/// Clients whose tasks have one shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Client {
    Cline,
    Roo,
    Kilo,
}

/// Folders of editors in which the clients keep their tasks.
const FOLDERS: &[(&str, Client)] = &[
    ("saoudrizwan.claude-dev", Client::Cline),
    (".cline", Client::Cline),
    ("rooveterinaryinc.roo-cline", Client::Roo),
    ("kilocode.kilo-code", Client::Kilo),
];

/// Providers of Cline whose input contains what was cached; with all others it stands beside it.
const INCLUDING: &[&str] = &[
    "doubao",
    "fireworks",
    "hicap",
    "litellm",
    "lmstudio",
    "openai",
    "qwen",
    "xai",
    "zai",
];

/// From when on Roo Code (3.29.5, 2025-11-01) and Kilo Code (4.119.0, 2025-11-12) count what was cached as
/// input with every provider; before, they did not with those that speak Anthropic's protocol.
const ROO_INCLUDES: Time = Time(1_761_955_200 * NANOS);
const KILO_INCLUDES: Time = Time(1_762_905_600 * NANOS);

impl Client {
    /// By the folder; else by whether its requests name a protocol, as Cline's do not.
    pub(super) fn of(path: &str, has_protocol: bool) -> Self {
        let by_folder = folders(path).find_map(|folder| {
            let known = FOLDERS.iter().find(|(name, _)| *name == folder);
            known.map(|(_, client)| *client)
        });
        by_folder.unwrap_or(if has_protocol {
            Client::Roo
        } else {
            Client::Cline
        })
    }

    pub(super) fn interface(self) -> &'static str {
        match self {
            Client::Cline => "cline",
            Client::Roo => "roo_code",
            Client::Kilo => "kilo_code",
        }
    }

    /// The input that no cache saw. `cached` is what a cache read or wrote.
    pub(super) fn fresh(
        self,
        input: u32,
        cached: u32,
        provider: &str,
        protocol: &str,
        time: Time,
    ) -> u32 {
        let includes = match self {
            Client::Cline => INCLUDING.contains(&provider),
            Client::Roo => protocol != "anthropic" || time >= ROO_INCLUDES,
            Client::Kilo => protocol != "anthropic" || time >= KILO_INCLUDES,
        };
        // What contains something is not less than it.
        if includes && input >= cached {
            input - cached
        } else {
            input
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_input_contains() {
        let of = |client: Client, provider, protocol, second| {
            client.fresh(100, 30, provider, protocol, Time(second * NANOS))
        };
        let (before, after) = (1_761_955_199, 1_762_905_600);
        assert_eq!(of(Client::Cline, "anthropic", "", after), 100);
        assert_eq!(of(Client::Cline, "litellm", "", after), 70);
        assert_eq!(of(Client::Roo, "", "anthropic", before), 100);
        assert_eq!(of(Client::Roo, "", "openai", before), 70);
        assert_eq!(of(Client::Roo, "", "anthropic", before + 1), 70);
        assert_eq!(of(Client::Kilo, "", "anthropic", before + 1), 100);
        assert_eq!(of(Client::Kilo, "", "anthropic", after), 70);
        let less = Client::Roo.fresh(20, 30, "", "openai", Time(after * NANOS));
        assert_eq!(less, 20);
    }

    #[test]
    fn whose_a_task_is() {
        for (path, has_protocol, expected) in [
            (
                "g/saoudrizwan.claude-dev/tasks/1/ui_messages.json",
                true,
                Client::Cline,
            ),
            (
                "g/rooveterinaryinc.roo-cline/tasks/1/ui_messages.json",
                false,
                Client::Roo,
            ),
            (
                "g/kilocode.kilo-code/tasks/1/ui_messages.json",
                true,
                Client::Kilo,
            ),
            ("tasks/1/ui_messages.json", true, Client::Roo),
            ("ui_messages.json", false, Client::Cline),
        ] {
            assert_eq!(Client::of(path, has_protocol), expected, "{path}");
        }
    }
}
