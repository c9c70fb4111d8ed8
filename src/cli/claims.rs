//! `recommend claim|verify|track-record|dismiss`: advice that is held to its word.

use std::io::Write;

use super::input::{InputArgs, tell_of_gaps};
use super::record::{create, failure, open};
use super::rules::no_rule;
use super::{Context, Exit, Failure, OutputFormat};
use crate::advise::{Library, Standing};
use crate::assessment::{Claim, ClaimState, Dismissal, Recommendation, TrackRecord};
use crate::claims;
use crate::pipeline::Material;
use crate::report;
use crate::store::history::{History, HistoryError};
use crate::units::Time;
use crate::workload::Workload;

/// What to do with a recommendation.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Verb {
    /// Freeze what a recommendation promises, when its change is made
    Claim(ClaimArgs),
    /// Hold open claims against what happened since
    Verify(VerifyArgs),
    /// How often claims came true, by rule
    TrackRecord,
    /// Silence a rule, with the reason
    Dismiss(DismissArgs),
}

/// Arguments of `recommend claim`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  perfadvise recommend claim CTX001 reports/
  perfadvise recommend claim CTX001 reports/ --knob context.mode_for.testing
  perfadvise recommend claim CTX001 --withdraw

The knob is locked until the claim is verified or withdrawn.")]
pub(super) struct ClaimArgs {
    /// Code of the rule
    code: String,
    #[command(flatten)]
    input: InputArgs,
    #[command(flatten)]
    chosen: KnobArgs,
    /// When the change was made (default: now); only what began before is the baseline
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// Take the claim back: the change was not made after all
    #[arg(long)]
    withdraw: bool,
}

/// Which of several recommendations of a rule.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct KnobArgs {
    /// The knob, where the rule recommends several changes
    #[arg(long, value_name = "KNOB")]
    pub(super) knob: Option<String>,
}

/// Arguments of `recommend verify`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  perfadvise recommend verify reports/
  perfadvise recommend verify --history

Words: came true, came true in part, no effect, made it worse, too early to say.")]
pub(super) struct VerifyArgs {
    #[command(flatten)]
    input: InputArgs,
    /// Only claims on this rule
    #[arg(long, value_name = "CODE")]
    rule: Option<String>,
}

/// Arguments of `recommend dismiss`.
#[derive(Debug, clap::Args)]
pub(super) struct DismissArgs {
    /// Code or name of the rule
    code: String,
    #[command(flatten)]
    chosen: KnobArgs,
    /// Why
    #[arg(long, value_name = "TEXT", required_unless_present = "readmit")]
    reason: Option<String>,
    /// Let it speak again
    #[arg(long, conflicts_with = "reason")]
    readmit: bool,
}

/// All that is known of claims.
#[derive(serde::Serialize)]
struct Records<'a> {
    all: &'a TrackRecord,
    rules: &'a [TrackRecord],
    claims: &'a [Claim],
    dismissals: &'a [Dismissal],
}

/// Runs the verb.
pub(super) fn run(verb: &Verb, context: &Context, out: &mut dyn Write) -> Result<Exit, Failure> {
    match verb {
        Verb::Claim(args) if args.withdraw => withdraw(args, context, out),
        Verb::Claim(args) => claim(args, context, out),
        Verb::Verify(args) => verify(args, context, out),
        Verb::TrackRecord => track_record(context, out),
        Verb::Dismiss(args) => dismiss(args, context, out),
    }
}

/// What claims and dismissals mean for advice. A history that cannot be read stops no analysis.
pub(super) fn standing(context: &Context) -> Standing {
    let read = || -> Result<Standing, HistoryError> {
        let Some(history) = History::open(&context.place())? else {
            return Ok(Standing::default());
        };
        Ok(claims::standing(&history.claims()?, &history.dismissals()?))
    };
    read().unwrap_or_else(|error| {
        context.warn(&format!("claims are left out: {error}"));
        Standing::default()
    })
}

/// The claims on a rule, oldest first. A history that cannot be read has none.
pub(super) fn of_rule(code: &str, context: &Context) -> Vec<Claim> {
    let read = || -> Result<Vec<Claim>, HistoryError> {
        let Some(history) = History::open(&context.place())? else {
            return Ok(Vec::new());
        };
        let claims = history.claims()?.into_iter();
        Ok(claims.filter(|c| c.rule == code).collect())
    };
    // That it cannot be read was said when the advice was given.
    read().unwrap_or_default()
}

/// A period, and where the one before it begins.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    pub(super) before: Time,
    pub(super) from: Time,
    pub(super) to: Time,
}

/// The claims that a report of a period tells of, with what became of them until its end; and what all
/// claims came to. Nothing is stored.
pub(super) fn actions(
    window: Window,
    material: &Material,
    now: Time,
    context: &Context,
) -> (Vec<Claim>, Option<TrackRecord>) {
    let read = || -> Result<(Vec<Claim>, Option<TrackRecord>), HistoryError> {
        let Some(history) = History::open(&context.place())? else {
            return Ok((Vec::new(), None));
        };
        let all = history.claims()?;
        let record = (!all.is_empty()).then(|| claims::track_record(&all));
        let mut told = Vec::new();
        for mut claim in all {
            let at = |time: Time| time >= window.from && time < window.to;
            let verified_at = claim.verification.as_ref().map(|v| v.verified_at);
            let is_told = match claim.state {
                ClaimState::Open => true,
                ClaimState::Verified => {
                    claim.claimed_at >= window.before || verified_at.is_some_and(at)
                }
                ClaimState::Withdrawn => false,
            };
            if !is_told || claim.claimed_at >= window.to {
                continue;
            }
            if claim.state == ClaimState::Open {
                let base = history.base_of(&claim)?;
                let (workload, config) = (&material.workload, &material.config);
                claim.verification = Some(claims::verify(&claim, &base, workload, config, now));
            }
            told.push(claim);
        }
        Ok((told, record))
    };
    read().unwrap_or_else(|error| {
        context.warn(&format!("claims are left out: {error}"));
        (Vec::new(), None)
    })
}

fn claim(args: &ClaimArgs, context: &Context, out: &mut dyn Write) -> Result<Exit, Failure> {
    let (material, recommendations) = advise(&args.input, context)?;
    let locked = locked(&args.code, &args.chosen, context);
    let recommendation = choose(
        &recommendations,
        &args.code,
        &args.chosen,
        locked,
        &material,
    )?;
    let now = context.now()?;
    let zone = context.zone(context.globals.timezone.as_deref())?;
    let at = match &args.at {
        Some(text) => context.moment(text, now, &zone, false)?,
        None => now,
    };
    if at > now {
        return Err(Failure::new("--at lies in the future")
            .help("claim a change when it is made; until then nothing can be held to it"));
    }
    let (claim, base) = freeze(recommendation, &material, at)?;
    let made = create(context)?.claim(claim, &base);
    let made = made.map_err(|error| failure(&error))?;
    show(&made, context, out, |style| {
        report::claims::claimed(&made, style)
    })
}

/// Freezes a claim: what it promises, and the workload before the change, with which it will be compared.
pub(super) fn freeze(
    recommendation: &Recommendation,
    material: &Material,
    at: Time,
) -> Result<(Claim, Workload), Failure> {
    let (claim, base) = claims::freeze(recommendation, &material.workload, &material.config, at);
    if base.is_empty() {
        return Err(Failure::new("nothing was recorded before the change")
            .help("give inputs from before, or name the time of the change with --at"));
    }
    Ok((claim, base))
}

/// Reads, and what is recommended of it.
pub(super) fn advise(
    input: &InputArgs,
    context: &Context,
) -> Result<(Material, Vec<Recommendation>), Failure> {
    let answer = input.assess(context, "recommend", false)?;
    tell_of_gaps(&answer.assessment.provenance, context);
    Ok((answer.material, answer.assessment.recommendations))
}

/// That the rule was claimed already, with what ends that.
pub(super) fn locked(code: &str, chosen: &KnobArgs, context: &Context) -> Option<Failure> {
    let library = Library::built_in();
    let code = library.find(code).map_or(code, |entry| &entry.rule.code);
    let mut claims = of_rule(&code.to_uppercase(), context);
    claims.retain(|c| c.state == ClaimState::Open && is_of(c, code, chosen));
    let claim = claims.first()?;
    let day = claim.claimed_at.timestamp().strftime("%Y-%m-%d");
    let what = claim.change.as_ref().map_or(&claim.rule, |c| &c.knob);
    let failure = Failure::new(format!(
        "{} was claimed on {day}: {what} is locked until that is verified",
        claim.rule
    ));
    Some(failure.help(format!(
        "perfadvise recommend verify shows what came of it; perfadvise recommend claim {} --withdraw takes it back",
        claim.rule
    )))
}

/// The recommendation of that code, on that knob where there are several; `locked` says that it was claimed.
pub(super) fn choose<'a>(
    all: &'a [Recommendation],
    code: &str,
    chosen: &KnobArgs,
    locked: Option<Failure>,
    material: &Material,
) -> Result<&'a Recommendation, Failure> {
    let knob = |r: &Recommendation| r.change.as_ref().map(|c| c.knob.clone());
    let of_rule: Vec<&Recommendation> = all
        .iter()
        .filter(|r| r.rule.eq_ignore_ascii_case(code) || r.name == code)
        .collect();
    let fitting: Vec<&Recommendation> = of_rule
        .iter()
        .copied()
        .filter(|r| chosen.knob.is_none() || knob(r) == chosen.knob)
        .collect();
    if let (true, Some(failure)) = (fitting.is_empty(), locked) {
        return Err(failure);
    }
    match (fitting.as_slice(), of_rule.as_slice()) {
        ([one], _) => Ok(one),
        ([], []) => {
            let known: Vec<&str> = all.iter().map(|r| r.rule.as_str()).collect();
            let failure = Failure::new(format!("{code} is not recommended for these inputs"));
            let library = Library::of(&material.config);
            Err(
                if library.find(code).is_none() && library.nearest(code).is_some() {
                    no_rule(&library, code)
                } else if material.workload.is_empty() {
                    failure.help("they hold no usable record")
                } else if known.is_empty() {
                    failure.help(
                        "nothing is; perfadvise recommend --format json says why in not_evaluated",
                    )
                } else {
                    failure.help(format!("recommended are: {}", known.join(", ")))
                },
            )
        }
        (_, several) => {
            let knobs: Vec<String> = several.iter().filter_map(|r| knob(r)).collect();
            Err(
                Failure::new(format!("{code} recommends {} changes", several.len()))
                    .help(format!("name one with --knob: {}", knobs.join(", "))),
            )
        }
    }
}

fn withdraw(args: &ClaimArgs, context: &Context, out: &mut dyn Write) -> Result<Exit, Failure> {
    let mut history = open(context)?;
    let mut claims = history.claims().map_err(|error| failure(&error))?;
    claims.retain(|c| c.state == ClaimState::Open && is_of(c, &args.code, &args.chosen));
    let [claim] = claims.as_slice() else {
        let failure = Failure::new(format!("{} claims on {} are open", claims.len(), args.code));
        return Err(failure.help("perfadvise recommend track-record lists them; --knob names one"));
    };
    let claim = Claim {
        state: ClaimState::Withdrawn,
        ..claim.clone()
    };
    history.settle(&claim).map_err(|error| failure(&error))?;
    show(&claim, context, out, |_| {
        format!("withdrew claim {} on {}\n", claim.id, claim.rule)
    })
}

fn is_of(claim: &Claim, code: &str, chosen: &KnobArgs) -> bool {
    let knob = claim.change.as_ref().map(|c| &c.knob);
    claim.rule.eq_ignore_ascii_case(code) && (chosen.knob.is_none() || knob == chosen.knob.as_ref())
}

fn verify(args: &VerifyArgs, context: &Context, out: &mut dyn Write) -> Result<Exit, Failure> {
    let mut history = open(context)?;
    let mut open_claims = history.claims().map_err(|error| failure(&error))?;
    let is_asked = |c: &Claim| {
        let rule = args.rule.as_ref();
        rule.is_none_or(|rule| c.rule.eq_ignore_ascii_case(rule))
    };
    open_claims.retain(|c| c.state == ClaimState::Open && is_asked(c));
    let now = context.now()?;
    if !open_claims.is_empty() {
        let (config, zone) = args.input.settings(context)?;
        let request = args.input.request(context, &config, &zone)?;
        let material = args.input.read(&request, config, context)?;
        for claim in &mut open_claims {
            let base = history.base_of(claim).map_err(|error| failure(&error))?;
            let found = claims::verify(claim, &base, &material.workload, &material.config, now);
            if claims::is_final(&found) {
                claim.state = ClaimState::Verified;
            }
            claim.verification = Some(found);
            history.settle(claim).map_err(|error| failure(&error))?;
        }
    }
    show(&open_claims, context, out, |style| {
        report::claims::verified(&open_claims, style)
    })
}

fn track_record(context: &Context, out: &mut dyn Write) -> Result<Exit, Failure> {
    let history = open(context)?;
    let claims = history.claims().map_err(|error| failure(&error))?;
    let dismissals = history.dismissals().map_err(|error| failure(&error))?;
    let all = claims::track_record(&claims);
    let rules = claims::track_records(&claims);
    let records = Records {
        all: &all,
        rules: &rules,
        claims: &claims,
        dismissals: &dismissals,
    };
    show(&records, context, out, |style| {
        report::claims::record(&all, &rules, &claims, &dismissals, style)
    })
}

fn dismiss(args: &DismissArgs, context: &Context, out: &mut dyn Write) -> Result<Exit, Failure> {
    let library = Library::of(&context.load_config()?.config);
    let code = match library.find(&args.code) {
        Some(entry) => entry.rule.code.clone(),
        // What was dismissed once may be gone from the library since.
        None if args.readmit => args.code.to_uppercase(),
        None => return Err(no_rule(&library, &args.code)),
    };
    if args.readmit {
        let was = open(context)?
            .readmit(&code, args.chosen.knob.as_deref())
            .map_err(|error| failure(&error))?;
        if !was {
            return Err(Failure::new(format!("{code} was not dismissed"))
                .help("perfadvise recommend track-record lists what was"));
        }
        writeln!(out, "{code} may speak again")?;
        return Ok(Exit::Done);
    }
    let reason = args.reason.clone().unwrap_or_default();
    if reason.trim().is_empty() {
        return Err(Failure::new("--reason is empty").help("say why the rule is to be silent"));
    }
    let dismissal = Dismissal {
        rule: code.clone(),
        knob: args.chosen.knob.clone(),
        dismissed_at: context.now()?,
        reason,
    };
    create(context)?
        .dismiss(&dismissal)
        .map_err(|error| failure(&error))?;
    show(&dismissal, context, out, |_| {
        format!(
            "dismissed {code}; perfadvise recommend dismiss {code} --readmit lets it speak again\n"
        )
    })
}

/// As JSON if asked for, else as text.
fn show<T: serde::Serialize>(
    value: &T,
    context: &Context,
    out: &mut dyn Write,
    text: impl FnOnce(&report::Style) -> String,
) -> Result<Exit, Failure> {
    if context.globals.format == OutputFormat::Json {
        serde_json::to_writer_pretty(&mut *out, value).map_err(std::io::Error::from)?;
        writeln!(out)?;
    } else {
        let zone = context.zone(context.globals.timezone.as_deref())?;
        let style = context.style("recommend", zone, false);
        out.write_all(text(&style).as_bytes())?;
    }
    Ok(Exit::Done)
}
