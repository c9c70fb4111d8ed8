//! Words of a command line that can be pasted.

/// An argument as a POSIX shell (and PowerShell) reads it back: as it is where it holds nothing but
/// letters, digits and signs without a meaning, else between single quotes.
///
/// ```
/// use perfadvise::report::shell::quoted;
/// assert_eq!(quoted("reports/2026"), "reports/2026");
/// assert_eq!(quoted("my reports"), "'my reports'");
/// assert_eq!(quoted("it's"), r"'it'\''s'");
/// ```
#[must_use]
pub fn quoted(argument: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "_@%+=:,./-".contains(c);
    // A leading sign of these is an expansion or a switch of its own in some shells.
    let is_safe = !argument.is_empty()
        && !argument.starts_with(['=', '@', '%'])
        && argument.chars().all(is_plain);
    if is_safe {
        argument.to_owned()
    } else {
        format!("'{}'", argument.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn what_a_shell_would_change_is_quoted() {
        for (argument, word) in [
            ("-", "-"),
            ("base=runs/a", "base=runs/a"),
            ("Ärger/日本", "Ärger/日本"),
            ("", "''"),
            ("a b", "'a b'"),
            ("~/x", "'~/x'"),
            ("$HOME", "'$HOME'"),
            ("a;rm", "'a;rm'"),
            ("*.json", "'*.json'"),
            ("a\\b", "'a\\b'"),
            ("=cmd", "'=cmd'"),
            ("two 'quotes'", r"'two '\''quotes'\'''"),
        ] {
            assert_eq!(quoted(argument), word);
        }
    }
}
