//! `apply` and `undo`: the change of a recommendation in the file of configuration, and back.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::claims::{KnobArgs, advise, choose, freeze, locked};
use super::input::InputArgs;
use super::record::{create, failure, open};
use super::{Context, Exit, Failure, OutputFormat};
use crate::assessment::{Change, ClaimState, Recommendation};
use crate::config::edit::{self, EditError, Edited};
use crate::config::{Config, KnobValue, Origin};
use crate::report::visible;
use crate::scenario::knobs;
use crate::store::history::{FileChange, History, Present};
use crate::store::rewrite;
use crate::units::Time;

/// Arguments of `apply`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  perfadvise apply CTX001 reports/ --dry-run       shows the change, and writes nothing
  perfadvise apply CTX001 reports/                 makes it, and claims it
  perfadvise apply CTX003 reports/ --value 100     where the rule knows no value
  perfadvise apply CTX001 reports/ --file perfadvise.yaml
  perfadvise undo

Comments, order and everything else in the file stay as they are.")]
pub(super) struct Args {
    /// Code of the rule
    code: String,
    #[command(flatten)]
    input: InputArgs,
    #[command(flatten)]
    chosen: KnobArgs,
    /// Set the knob to this value instead of the proposed one
    #[arg(long, value_name = "VALUE")]
    value: Option<String>,
    /// Where the knob is set nowhere yet: the file of configuration that shall have it; it is made where
    /// there is none
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Show the change, and write nothing
    #[arg(long)]
    dry_run: bool,
}

/// Arguments of `undo`.
#[derive(Debug, clap::Args)]
pub(super) struct UndoArgs {
    /// Show what would be taken back, and write nothing
    #[arg(long)]
    dry_run: bool,
}

/// What was done to a file.
#[derive(serde::Serialize)]
struct Done<'a> {
    file: String,
    line: u64,
    rule: &'a str,
    knob: &'a str,
    before: Option<&'a str>,
    after: &'a [String],
    claim: Option<u64>,
    is_dry_run: bool,
}

/// Makes the change of a recommendation.
pub(super) fn run(args: &Args, context: &Context, out: &mut dyn Write) -> Result<Exit, Failure> {
    let (material, recommendations) = advise(&args.input, context)?;
    let locked = locked(&args.code, &args.chosen, context);
    let recommendation = choose(
        &recommendations,
        &args.code,
        &args.chosen,
        locked,
        &material,
    )?;
    let change = change_of(recommendation)?;
    let value = value(args, change)?;
    let config = context.load_config()?.config;
    let path = file(
        args.file.as_deref(),
        &change.knob,
        &config,
        &material.config,
    )?;
    let planned = plan(path, &change.knob, &value)?;
    let (before, edited) = (planned.before(), &planned.edited);
    let mut done = Done {
        file: planned.path.display().to_string(),
        line: edited.line,
        rule: &recommendation.rule,
        knob: &change.knob,
        before: edited.before.as_deref(),
        after: &edited.after,
        claim: None,
        is_dry_run: args.dry_run,
    };
    if args.dry_run {
        return show(&done, before, context, out);
    }
    let now = context.now()?;
    let mut promised = recommendation.clone();
    promised.change = Some(Change {
        to: Some(knobs::json(&value)),
        ..change.clone()
    });
    let is_proposed = change.to.as_ref() == Some(&knobs::json(&value));
    if !is_proposed {
        // What was projected is of another value.
        promised.projection = None;
    }
    let (claim, base) = freeze(&promised, &material, now)?;
    let mut history = create(context)?;
    let about = about(&planned, &recommendation.rule, now);
    // Both before the file is written: what is locked is refused, and whatever ends the program, undo knows of it.
    let (claim, noted) = history
        .claim_with(claim, &base, about)
        .map_err(|error| failure(&error))?;
    carry_out(&planned, &noted, &mut history, context)?;
    done.claim = Some(claim.id);
    show(&done, before, context, out)
}

/// Takes the last change back.
pub(super) fn undo(
    args: &UndoArgs,
    context: &Context,
    out: &mut dyn Write,
) -> Result<Exit, Failure> {
    let mut history = open(context)?;
    let Some(last) = history.last_change().map_err(|error| failure(&error))? else {
        return Err(
            Failure::new("there is no change to take back").help("perfadvise apply CODE makes one")
        );
    };
    let path = PathBuf::from(&last.file);
    let shown = shown(&path);
    match standing(&last)? {
        Standing::AsBefore if args.dry_run => {
            writeln!(out, "{shown} is as it was before already")?;
            return Ok(Exit::Done);
        }
        Standing::AsBefore => {}
        Standing::Changed(lines) => {
            return Err(Failure::new(format!(
                "{}: changed since it was written, in {}",
                path.display(),
                named(&lines)
            ))
            .help(format!(
                "nothing was overwritten; set {} back by hand (line {} when it was written)",
                last.knob, last.line
            )));
        }
        Standing::AsWritten { now, before } => {
            if args.dry_run {
                writeln!(out, "would take back {} in {shown}", last.knob)?;
            }
            if args.dry_run || !last.is_new_file {
                difference(&now, &before, out)?;
            }
            if args.dry_run {
                return Ok(Exit::Done);
            }
            put_back(&last, &before)?;
        }
    }
    let knob = last.knob.clone();
    take_back(&mut history, last, context)?;
    writeln!(
        out,
        "took back {knob} in {shown}, and withdrew its claim if that was open"
    )?;
    Ok(Exit::Done)
}

/// `line 6`, `lines 4, 5 and 9`.
fn named(lines: &[u64]) -> String {
    let texts: Vec<String> = lines.iter().map(u64::to_string).collect();
    match texts.as_slice() {
        [] => "its end".into(),
        [one] => format!("line {one}"),
        [others @ .., last] => format!("lines {} and {last}", others.join(", ")),
    }
}

/// A file of configuration, and what it is to become.
pub(super) struct Planned {
    path: PathBuf,
    /// What it holds; `None`: it is not there.
    text: Option<String>,
    edited: Edited,
    knob: String,
}

impl Planned {
    fn before(&self) -> &str {
        self.text.as_deref().unwrap_or_default()
    }

    /// The file, below the working folder without that.
    pub(super) fn shown(&self) -> String {
        shown(&self.path)
    }
}

/// What a file becomes where a knob is set in it.
///
/// # Errors
/// The file cannot be read or edited, or the knob has that value already.
pub(super) fn plan(path: PathBuf, knob: &str, value: &KnobValue) -> Result<Planned, Failure> {
    let text = match std::fs::read(&path) {
        Ok(bytes) => Some(
            String::from_utf8(bytes)
                .map_err(|_| Failure::new(format!("{}: it is not UTF-8", path.display())))?,
        ),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(Failure::new(format!("{}: {error}", path.display()))),
    };
    let edited = edit::set(text.as_deref().unwrap_or_default(), knob, value)
        .map_err(|error| unedited(&error, &path, knob, value))?;
    Ok(Planned {
        path,
        text,
        edited,
        knob: knob.to_owned(),
    })
}

/// What is noted of a change before it is made.
pub(super) fn about(planned: &Planned, rule: &str, now: Time) -> FileChange {
    let path = &planned.path;
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.clone());
    let mut about = FileChange::of(
        absolute.display().to_string(),
        rule.to_owned(),
        planned.knob.clone(),
        planned.edited.line,
        now,
    );
    about.is_new_file = planned.text.is_none();
    FileChange::between(planned.before(), &planned.edited.text, about)
}

/// Makes a change that was noted; where that fails it is noted that it does not stand.
pub(super) fn carry_out(
    planned: &Planned,
    noted: &FileChange,
    history: &mut History,
    context: &Context,
) -> Result<(), Failure> {
    write(&planned.path, planned.before(), &planned.edited).or_else(|error| {
        take_back(history, noted.clone(), context)?;
        Err(error)
    })
}

/// How a change that was made stands now.
pub(super) enum Standing {
    /// The file is as it was before it.
    AsBefore,
    /// Somebody changed the file since, in these lines.
    Changed(Vec<u64>),
    /// The file is as it was written.
    AsWritten {
        /// What it holds.
        now: String,
        /// What it held before.
        before: String,
    },
}

/// How a change stands.
pub(super) fn standing(change: &FileChange) -> Result<Standing, Failure> {
    let path = PathBuf::from(&change.file);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && change.is_new_file => {
            return Ok(Standing::AsBefore);
        }
        Err(error) => {
            return Err(Failure::new(format!("{}: {error}", path.display()))
                .help("the change was made to that file; put it back, or change it by hand"));
        }
    };
    Ok(match change.present(&text) {
        Present::AsBefore => Standing::AsBefore,
        Present::Changed(lines) => Standing::Changed(lines),
        Present::AsWritten(before) => Standing::AsWritten { now: text, before },
    })
}

/// Puts a file back to what it held before a change; one that was made for it goes.
pub(super) fn put_back(change: &FileChange, before: &str) -> Result<(), Failure> {
    let path = Path::new(&change.file);
    let done = match change.is_new_file {
        true => std::fs::remove_file(path),
        false => rewrite(path, before),
    };
    done.map_err(|error| Failure::new(format!("{}: {error}", path.display())))
}

fn change_of(recommendation: &Recommendation) -> Result<&Change, Failure> {
    recommendation.change.as_ref().ok_or_else(|| {
        let advice = recommendation
            .advice
            .as_deref()
            .unwrap_or(&recommendation.title);
        Failure::new(format!(
            "{} changes no knob of a configuration",
            recommendation.rule
        ))
        .help(format!("do it by hand, and claim it: {advice}"))
    })
}

/// The value that the knob shall have.
fn value(args: &Args, change: &Change) -> Result<KnobValue, Failure> {
    if let Some(text) = &args.value {
        return Ok(KnobValue::of_text(text));
    }
    match &change.to {
        Some(serde_json::Value::Bool(b)) => Ok(KnobValue::Bool(*b)),
        Some(serde_json::Value::String(w)) => Ok(KnobValue::Word(w.clone())),
        Some(number) if number.is_number() => {
            Ok(KnobValue::Number(number.as_f64().unwrap_or_default()))
        }
        _ => Err(Failure::new(format!(
            "{} proposes no value for {}",
            args.code, change.knob
        ))
        .help("name one with --value VALUE")),
    }
}

/// The file in which a knob is to be set.
pub(super) fn file(
    named: Option<&Path>,
    knob: &str,
    config: &Config,
    with_inputs: &Config,
) -> Result<PathBuf, Failure> {
    let known = config.knobs.get(knob).map(|k| &k.origin);
    match (known, named) {
        (Some(Origin::File(place)), None) => return Ok(PathBuf::from(&place.file)),
        (Some(Origin::File(place)), Some(file)) if same(Path::new(&place.file), file) => {
            return Ok(file.to_owned());
        }
        (Some(Origin::File(place)), Some(file)) => {
            return Err(Failure::new(format!(
                "{knob} is set in {place}, and what {} says may count for nothing",
                file.display()
            ))
            .help("leave out --file, or take the value out there"));
        }
        (Some(Origin::Environment(variable)), _) => {
            return Err(
                Failure::new(format!("{knob} is set by the variable {variable}"))
                    .help("change it where that is set, and claim it: perfadvise recommend claim"),
            );
        }
        (Some(Origin::CommandLine(option)), _) => {
            return Err(Failure::new(format!("{knob} is set by {option}")).help("leave it out"));
        }
        (Some(Origin::Default | Origin::Profile(_)) | None, Some(file)) => {
            return Ok(file.to_owned());
        }
        (Some(Origin::Default | Origin::Profile(_)) | None, None) => {}
    }
    if let Some(Origin::File(place)) = with_inputs.knobs.get(knob).map(|k| &k.origin) {
        return Err(Failure::new(format!(
            "{knob} is set in {place}, which is among the inputs"
        ))
        .help(format!(
            "if that is the file in use, name it: --config {}",
            place.file
        )));
    }
    // A file of the family that is there may have it; a new one only by the user's word.
    let is_orchestrators = ["context.", "interfaces.", "resources."]
        .iter()
        .any(|family| knob.starts_with(family));
    let usual: &[&str] = if is_orchestrators {
        &["performance_config.yaml", "perfadvise.yaml"]
    } else {
        &["perfadvise.yaml"]
    };
    let here = usual.iter().find(|name| {
        let is_read = |file: &String| Path::new(file).file_name() == Some(name.as_ref());
        config.files.iter().any(is_read)
    });
    let there = here.and_then(|name| {
        let is_it = |file: &&String| Path::new(file).file_name() == Some(name.as_ref());
        config.files.iter().find(is_it)
    });
    there.map(PathBuf::from).ok_or_else(|| {
        Failure::new(format!(
            "{knob} is set nowhere, and no file of configuration is here"
        ))
        .help(format!(
            "it would go into {}; --file {} makes it",
            usual.join(" or "),
            usual[0]
        ))
    })
}

fn same(a: &Path, b: &Path) -> bool {
    let real = |path: &Path| std::fs::canonicalize(path).ok();
    a == b || (real(a).is_some() && real(a) == real(b))
}

fn unedited(error: &EditError, path: &Path, knob: &str, value: &KnobValue) -> Failure {
    let failure = Failure::new(format!("{}: {error}", path.display()));
    match error {
        EditError::Unusual(_) => failure.help(format!(
            "set {knob}: {value} there by hand, then perfadvise recommend claim"
        )),
        EditError::Same(_) => failure.help("there is nothing to apply; perfadvise recommend claim"),
        EditError::Value(_) => failure.help("perfadvise config schema says what each key takes"),
        EditError::Unknown(_) | EditError::Broken { .. } => {
            failure.help("perfadvise config check FILE says what is wrong with it")
        }
    }
}

/// Writes, unless somebody wrote meanwhile.
fn write(path: &Path, before: &str, edited: &Edited) -> Result<(), Failure> {
    let now = std::fs::read_to_string(path).unwrap_or_default();
    if now != before {
        return Err(
            Failure::new(format!("{}: somebody changed it just now", path.display()))
                .help("nothing was written; look at it, and try again"),
        );
    }
    rewrite(path, &edited.text).map_err(|error| {
        Failure::new(format!("{}: {error}", path.display()))
            .help("nothing was changed; check who may write there")
    })
}

/// Notes that a change does not stand, and withdraws its claim.
pub(super) fn take_back(
    history: &mut History,
    mut change: FileChange,
    context: &Context,
) -> Result<(), Failure> {
    let claims = history.claims().map_err(|error| failure(&error))?;
    let own = claims.into_iter().find(|c| Some(c.id) == change.claim);
    if let Some(mut claim) = own.filter(|c| c.state == ClaimState::Open) {
        claim.state = ClaimState::Withdrawn;
        history.settle(&claim).map_err(|error| failure(&error))?;
    }
    change.undone_at = Some(context.now()?);
    history
        .note_undone(&change)
        .map_err(|error| failure(&error))
}

fn show(
    done: &Done<'_>,
    text: &str,
    context: &Context,
    out: &mut dyn Write,
) -> Result<Exit, Failure> {
    if context.globals.format == OutputFormat::Json {
        serde_json::to_writer_pretty(&mut *out, done).map_err(std::io::Error::from)?;
        writeln!(out)?;
        return Ok(Exit::Done);
    }
    let unicode = !context.globals.ascii;
    let line = usize::try_from(done.line).unwrap_or(1);
    let width = (line + done.after.len()).to_string().len();
    writeln!(out, "{}", done.file)?;
    if let Some(above) = line.checked_sub(2).and_then(|n| text.lines().nth(n)) {
        writeln!(out, "  {:>width$}    {}", line - 1, visible(above, unicode))?;
    }
    if let Some(before) = done.before {
        writeln!(out, "  {line:>width$}  - {}", visible(before, unicode))?;
    }
    for (after, number) in done.after.iter().zip(line..) {
        writeln!(out, "  {number:>width$}  + {}", visible(after, unicode))?;
    }
    match done.claim {
        Some(id) => writeln!(
            out,
            "Applied {}, claim {id}. After 10 units: perfadvise recommend verify. Back: perfadvise undo",
            done.rule
        )?,
        None => writeln!(out, "Nothing was written.")?,
    }
    Ok(Exit::Done)
}

/// Lines that go and lines that come.
fn difference(now: &str, before: &str, out: &mut dyn Write) -> Result<(), Failure> {
    let (now, before): (Vec<&str>, Vec<&str>) = (now.lines().collect(), before.lines().collect());
    let same =
        |pairs: &mut dyn Iterator<Item = (&&str, &&str)>| pairs.take_while(|(a, b)| a == b).count();
    let head = same(&mut now.iter().zip(&before));
    let most = now.len().min(before.len()) - head;
    let tail = same(&mut now.iter().rev().zip(before.iter().rev())).min(most);
    for line in &now[head..now.len() - tail] {
        writeln!(out, "  - {}", visible(line, true))?;
    }
    for line in &before[head..before.len() - tail] {
        writeln!(out, "  + {}", visible(line, true))?;
    }
    Ok(())
}

/// A path below the working folder without that.
fn shown(path: &Path) -> String {
    let here = super::context::working_folder();
    path.strip_prefix(&here)
        .unwrap_or(path)
        .display()
        .to_string()
}
