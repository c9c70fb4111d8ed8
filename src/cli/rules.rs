//! `rules list|explain|lint|test`: what the advisor looks for.

use std::io::Write;
use std::path::PathBuf;

use super::input::InputArgs;
use super::output::{list, wrap};
use super::{Context, Exit, Failure};
use crate::advise::{self, Entry, Library};
use crate::assessment::{Assessment, RuleState};

/// What to do with the rules.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Verb {
    /// All rules, with what they need
    List {
        /// Only these families, such as CTX,IF
        #[arg(long, value_name = "FAMILY[,…]", value_delimiter = ',')]
        family: Vec<String>,
        /// Preview rules too
        #[arg(long)]
        preview: bool,
        /// What became of each rule on these inputs
        #[command(flatten)]
        input: Box<InputArgs>,
    },
    /// Why a rule speaks, and when it is silent
    Explain {
        /// Code or name, such as CTX003 or cache-too-small
        rule: String,
    },
    /// Check the rules' files: names, codes, texts
    Lint,
    /// Run the cases beside the rules, and turn each comparison around, which must break one
    Test,
}

#[derive(serde::Serialize)]
struct Listed<'a> {
    code: &'a str,
    name: &'a str,
    status: &'static str,
    class: crate::assessment::Class,
    title: &'a str,
    needs: &'a [String],
    source: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    here: Option<String>,
}

#[derive(serde::Serialize)]
struct Failed {
    rule: String,
    fault: String,
}

/// Lists, explains, lints or tests.
pub(super) fn run(verb: &Verb, context: &Context, out: &mut dyn Write) -> Result<Exit, Failure> {
    let config = context.load_config()?.config;
    let folder = config.rules_dir.as_ref().map(|d| PathBuf::from(&d.value));
    let library = Library::with_folder(folder.as_deref());
    match verb {
        Verb::List {
            family,
            preview,
            input,
        } => {
            let assessment = if input.paths.is_empty() {
                None
            } else {
                Some(input.assess(context, "rules list", false)?.assessment)
            };
            list_rules(
                &library,
                family,
                *preview,
                assessment.as_ref(),
                context,
                out,
            )
        }
        Verb::Explain { rule } => explain(&library, rule, out),
        Verb::Lint => {
            let undeclared = advise::undeclared(&library, &config.declared);
            let faults = advise::lint(&library).into_iter().chain(undeclared);
            let rows: Vec<Failed> = faults.map(|(rule, fault)| Failed { rule, fault }).collect();
            verdict("lint", &rows, library.entries.len(), context, out)
        }
        Verb::Test => {
            let rows: Vec<Failed> = library
                .entries
                .iter()
                .flat_map(|entry| {
                    advise::test(entry).into_iter().map(|fault| Failed {
                        rule: entry.rule.code.clone(),
                        fault,
                    })
                })
                .collect();
            verdict("test", &rows, library.entries.len(), context, out)
        }
    }
}

fn list_rules(
    library: &Library,
    family: &[String],
    preview: bool,
    assessment: Option<&Assessment>,
    context: &Context,
    out: &mut dyn Write,
) -> Result<Exit, Failure> {
    let is_wanted = |entry: &&Entry| {
        (family.is_empty()
            || family
                .iter()
                .any(|f| f.eq_ignore_ascii_case(entry.rule.family())))
            && (preview || entry.rule.status != advise::rule::Status::Preview)
    };
    let rows: Vec<Listed<'_>> = library
        .entries
        .iter()
        .filter(is_wanted)
        .map(|entry| Listed {
            code: &entry.rule.code,
            name: &entry.rule.name,
            status: entry.rule.status.name(),
            class: entry.rule.class,
            title: &entry.rule.title,
            needs: &entry.rule.needs,
            source: entry.source.to_string(),
            here: assessment.map(|a| here(a, &entry.rule.code)),
        })
        .collect();
    if rows.is_empty() {
        let families: std::collections::BTreeSet<&str> =
            library.entries.iter().map(|e| e.rule.family()).collect();
        return Err(Failure::new("no rule is of that family").help(format!(
            "families: {}",
            families.into_iter().collect::<Vec<_>>().join(", ")
        )));
    }
    list(context, out, &rows, |out| {
        let width = context
            .style("rules list", jiff::tz::TimeZone::UTC, false)
            .width;
        for row in &rows {
            let heading = format!(
                "{:<8}  {:<24} {:<8} {:<6}{}",
                row.code,
                row.name,
                row.status,
                class(row.class),
                row.here.as_deref().unwrap_or_default()
            );
            writeln!(out, "{}", heading.trim_end())?;
            for line in wrap(row.title, width.saturating_sub(10)) {
                writeln!(out, "          {line}")?;
            }
        }
        writeln!(
            out,
            "\n{} of {} rules.   One rule: perfadvise rules explain CODE",
            rows.len(),
            library.entries.len()
        )
    })?;
    Ok(Exit::Done)
}

/// What became of a rule on the inputs, in words.
fn here(assessment: &Assessment, code: &str) -> String {
    let Some(state) = assessment.rules.states.get(code) else {
        return String::new();
    };
    match state {
        RuleState::Recommended => {
            let found = assessment.recommendations.iter().find(|r| r.rule == code);
            let priority = found.map_or("", |r| match r.priority {
                crate::assessment::Priority::High => "high",
                crate::assessment::Priority::Medium => "medium",
                crate::assessment::Priority::Low => "low",
            });
            let points = found
                .and_then(|r| r.projection.as_ref()?.points)
                .map_or_else(|| "no projection".to_owned(), |p| format!("{p:+.1}"));
            format!("✗ {priority}   {points}")
        }
        RuleState::Information => "✗ for information".into(),
        RuleState::Silent => "✓ silent".into(),
        RuleState::Settled => "✓ applied, or settled by another".into(),
        RuleState::NotEvaluated => {
            let reason = assessment.not_evaluated.iter().find(|n| n.rule == code);
            format!("? {}", reason.map_or("", |n| n.reason.as_str()))
        }
        RuleState::Off => "– off".into(),
    }
}

fn class(class: crate::assessment::Class) -> &'static str {
    match class {
        crate::assessment::Class::Fix => "fix",
        crate::assessment::Class::Habit => "habit",
        crate::assessment::Class::Info => "info",
    }
}

/// That there is no rule of that code or name, and which one may have been meant.
pub(super) fn no_rule(library: &Library, wanted: &str) -> Failure {
    let failure = Failure::new(format!("there is no rule {wanted:?}"));
    match library.nearest(wanted) {
        Some(near) => failure.help(format!("did you mean {near}?")),
        None => failure.help("perfadvise rules list shows all codes and names"),
    }
}

fn explain(library: &Library, wanted: &str, out: &mut dyn Write) -> Result<Exit, Failure> {
    let Some(entry) = library.find(wanted) else {
        return Err(no_rule(library, wanted));
    };
    let rule = &entry.rule;
    writeln!(
        out,
        "{} {}   ({}, {})",
        rule.code,
        rule.name,
        rule.status.name(),
        class(rule.class)
    )?;
    writeln!(out, "{}\n", rule.title)?;
    for line in wrap(&rule.why, 96) {
        writeln!(out, "  {line}")?;
    }
    writeln!(out, "\n  speaks when")?;
    writeln!(
        out,
        "    {}",
        rule.when.split_whitespace().collect::<Vec<_>>().join(" ")
    )?;
    if let Some(satisfied) = &rule.satisfied_when {
        writeln!(out, "  is satisfied when\n    {satisfied}")?;
    }
    writeln!(out, "  looks at")?;
    for need in rule.needs.iter().chain(&rule.optional) {
        let meaning = advise::facts::catalogue::describe(need)
            .map_or("a knob of the configuration", |d| d.meaning);
        writeln!(out, "    {need}")?;
        for line in wrap(meaning, 90) {
            writeln!(out, "      {line}")?;
        }
    }
    if let Some(scenario) = &rule.scenario {
        writeln!(out, "  proposes\n    {}", scenario.knob)?;
    }
    if let Some(advice) = &rule.advice {
        writeln!(out, "  says")?;
        for line in wrap(advice, 92) {
            writeln!(out, "    {line}")?;
        }
    }
    for (title, texts) in [
        ("side effects", &rule.side_effects),
        ("sources", &rule.references),
    ] {
        if !texts.is_empty() {
            writeln!(out, "  {title}")?;
            for text in texts {
                for line in wrap(text, 92) {
                    writeln!(out, "    {line}")?;
                }
            }
        }
    }
    writeln!(out, "\n── The rule's file ──\n{}", entry.text.trim_end())?;
    if let Some(cases) = &entry.cases {
        writeln!(out, "\n── Its cases ──\n{}", cases.trim_end())?;
    }
    Ok(Exit::Done)
}

fn verdict(
    what: &str,
    rows: &[Failed],
    rules: usize,
    context: &Context,
    out: &mut dyn Write,
) -> Result<Exit, Failure> {
    list(context, out, rows, |out| {
        for row in rows {
            writeln!(out, "✗ {} {}", row.rule, row.fault)?;
        }
        match rows.len() {
            0 => writeln!(out, "✓ rules {what}: {rules} rules, nothing found"),
            n => writeln!(out, "✗ rules {what}: {n} faults in {rules} rules"),
        }
    })?;
    Ok(if rows.is_empty() {
        Exit::Done
    } else {
        Exit::Found
    })
}
