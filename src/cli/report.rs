//! `report`: the executive summary of a day, a week, a month or any days, and its details.

use std::io::Write;
use std::path::Path;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::input::{InputArgs, exit, tell_of_gaps};
use super::progress::Progress;
use super::template::TemplateArgs;
use super::{Context, Exit, Failure, OutputFormat, alerts};
use crate::assessment::PeriodReport;
use crate::config::Config;
use crate::config::keys::nearest;
use crate::gate::Before;
use crate::notify::Message;
use crate::pipeline;
use crate::record::hash128;
use crate::report::summary::Extent;
use crate::report::{self, shell};
use crate::summary::{self, Desk, Part};
use crate::units::{CalendarPeriod, PeriodKind, Time, day_of};

/// Periods that stand before the paths.
const KINDS: [PeriodKind; 3] = [PeriodKind::Daily, PeriodKind::Weekly, PeriodKind::Monthly];

/// Arguments of `report`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  perfadvise report weekly reports/                        the last week that is over
  perfadvise report weekly reports/ --ending 2026-11-22    the week with this day
  perfadvise report monthly reports/ --format markdown -o november.md
  perfadvise report daily reports/ --format markdown --brief
  perfadvise report reports/ --from 2024-01-01 --to 2024-01-07

The first word is daily, weekly or monthly, else --from and --to name the days. Weeks are ISO weeks, from
Monday to Sunday; days begin at midnight in --timezone.")]
pub(super) struct Args {
    #[command(flatten)]
    input: InputArgs,
    /// The period with this day in it
    #[arg(long, value_name = "DATE", conflicts_with_all = ["since", "from", "to"])]
    ending: Option<String>,
    /// Only the summary, short enough for a message
    #[arg(long, conflicts_with = "full")]
    brief: bool,
    /// The summary and everything behind it
    #[arg(long)]
    full: bool,
    /// Send the summary through the notification channels too (docs/alerts.md), once for a period
    #[arg(long)]
    send: bool,
    #[command(flatten)]
    template: TemplateArgs,
    /// Print the JSON Schema of the result, and read nothing
    #[arg(long)]
    json_schema: bool,
}

/// Reports and prints.
pub(super) fn run(args: &Args, context: &Context, out: &mut dyn Write) -> Result<Exit, Failure> {
    if args.json_schema {
        let schema = schemars::schema_for!(PeriodReport).to_value();
        writeln!(out, "{schema}")?;
        return Ok(Exit::Done);
    }
    let known = [OutputFormat::TABLE, &[OutputFormat::Html]].concat();
    let format = context.format("a report", &known)?.name();
    let template = args.template.load(context)?;
    let (kind, input) = split(&args.input);
    let (config, zone) = input.settings(context)?;
    let clock = Clock {
        now: context.now()?,
        zone: zone.clone(),
    };
    let wanted = wanted(args, kind, context, &clock)?;
    let request = pipeline::Request {
        from: None,
        to: None,
        ..InputArgs {
            since: None,
            from: None,
            to: None,
            ..input.clone()
        }
        .request(context, &config, &zone)?
    };
    let progress = Progress::new(&context.globals);
    if input.record {
        // All of it, whatever days the report is of.
        input.read(&request, config.clone(), context)?;
    }
    let mut chosen = None;
    let result = pipeline::read_periods(
        &request,
        &config,
        |span| {
            chosen
                .insert(Chosen::of(&wanted, span, &clock))
                .bounds(&zone)
        },
        &|done, total| progress.show(done, total),
    );
    progress.finish();
    let materials = result.map_err(|error| context.input_failure(&error))?;
    let (Some(chosen), [current, others @ ..]) = (chosen, materials.as_slice()) else {
        return Err(Failure::new("no period was chosen"));
    };
    super::config::warn(&current.warnings, &context.globals);
    if !input.record {
        // Else reading for the history said it.
        tell_of_gaps(&current.provenance, context);
    }
    // What was recorded in the period before is what this one is held against.
    let before = others.first().filter(|m| !m.workload.is_empty());
    let before = before.map(|m| summary::apart(&m.workload, &current.workload));
    let before = before
        .as_ref()
        .map(|workload| Before::of("the period before", workload, Vec::new()));
    let assessments: Vec<_> = std::iter::once((current, before.as_ref()))
        .chain(others.iter().map(|material| (material, None)))
        .map(|(material, before)| pipeline::judge_against(material, &request, before))
        .collect();
    let part = |at: usize| {
        Some(Part {
            period: *chosen.periods.get(at)?,
            workload: &materials.get(at)?.workload,
            assessment: assessments.get(at)?,
        })
    };
    let Some(now) = part(0) else {
        return Err(Failure::new("no period was chosen"));
    };
    let desk = Desk {
        zone: zone.clone(),
        now: clock.now,
        config: &current.config,
    };
    let (mut brief, comparisons) = summary::summarise(now, part(1), part(2), &desk);
    brief.chosen = chosen.why;
    let (from, to) = now.period.bounds(&zone);
    let (before, _) = now.period.before().bounds(&zone);
    let since = super::claims::Window { before, from, to };
    (brief.actions, brief.track_record) =
        super::claims::actions(since, current, clock.now, context);
    brief.firings = super::alerts::firings((from, to), context);
    let mut assessment = now.assessment.clone();
    assessment.comparisons.extend(comparisons);
    let report = PeriodReport {
        assessment,
        summary: brief,
    };
    let command = std::iter::once("report")
        .chain(input.history.then_some("--history"))
        .map(str::to_owned)
        .chain(input.paths.iter().map(|p| shell::quoted(p)))
        .collect::<Vec<_>>()
        .join(" ");
    let extent = match (args.brief, args.full) {
        (true, _) => Extent::Brief,
        (_, true) => Extent::Full,
        _ => Extent::Usual,
    };
    let style = context.style(&command, zone, false);
    if args.send && report.assessment.provenance.records > 0 {
        send(&report, &current.config, &style, context)?;
    }
    if let Some(template) = template {
        let provenance = &report.assessment.provenance;
        return template.deliver(&report, provenance, &style, context, out);
    }
    let text = report::summary::render(&report, format, extent, &style);
    out.write_all(text.as_bytes())?;
    out.flush()?;
    exit(&report.assessment.provenance, context)
}

/// Sends the summary through the channels. What was sent of this period is not sent again.
fn send(
    report: &PeriodReport,
    config: &Config,
    style: &report::Style,
    context: &Context,
) -> Result<(), Failure> {
    if config.channels.is_empty() {
        return Err(Failure::new("no channel is configured")
            .help("write notification_channels into alerts_config.yaml (docs/alerts.md)"));
    }
    let days = &report.summary.days;
    let kind = &report.summary.kind;
    let what = format!("report {kind} {} {}", days.first, days.last);
    let message = Message {
        id: format!("{:032x}", hash128(what.as_bytes())),
        kind: "report".to_owned(),
        severity: None,
        title: format!("perfadvise: {kind} report, {} to {}", days.first, days.last),
        text: report::summary::render(report, "markdown", Extent::Brief, style),
        notice: None,
    };
    let now = context.now()?;
    alerts::end_on_signal()?;
    let _turn = alerts::turn(context)?;
    let queue = alerts::addressed(&message, &config.channels, &[]);
    let mut history = super::record::create(context)?;
    let added = history.enqueue(&queue, now);
    let added = added.map_err(|error| super::record::failure(&error))?;
    alerts::take_up(&config.channels, now, context)?;
    alerts::deliver(&config.channels, context)?;
    if added == 0 {
        context.say("this report was sent before (perfadvise alerts log)");
    }
    Ok(())
}

/// The kind of period before the paths, if one stands there, and the inputs behind it.
fn split(input: &InputArgs) -> (Option<PeriodKind>, InputArgs) {
    let first = input.paths.first().map(String::as_str);
    let kind = KINDS.into_iter().find(|kind| Some(kind.name()) == first);
    let mut input = input.clone();
    if kind.is_some() {
        input.paths.remove(0);
    }
    (kind, input)
}

/// The present, and the zone in which days begin.
struct Clock {
    now: Time,
    zone: TimeZone,
}

/// What was asked for.
enum Wanted {
    /// These days.
    Days(CalendarPeriod),
    /// The last period of this kind that is over.
    Last(PeriodKind),
}

fn wanted(
    args: &Args,
    kind: Option<PeriodKind>,
    context: &Context,
    clock: &Clock,
) -> Result<Wanted, Failure> {
    let Clock { zone, now } = clock;
    let day = |text: &str| {
        context
            .moment(text, *now, zone, false)
            .map(|time| day_of(time, zone))
    };
    let input = &args.input;
    let begin = input.since.as_deref().or(input.from.as_deref());
    match (kind, begin) {
        (Some(kind), None) if input.to.is_none() => match &args.ending {
            None => Ok(Wanted::Last(kind)),
            Some(text) => Ok(Wanted::Days(CalendarPeriod::containing(kind, day(text)?))),
        },
        (Some(kind), _) => Err(Failure::new(format!(
            "a {} report has its own days, and --from, --to or --since name others",
            kind.name()
        ))
        .help(format!(
            "perfadvise report {} PATH --ending DATE, or perfadvise report PATH --from DATE --to DATE",
            kind.name()
        ))),
        (None, Some(begin)) => {
            let first = day(begin)?;
            let last = match &input.to {
                Some(text) => day(text)?,
                None => day_of(*now, zone),
            };
            days(first, last)
        }
        (None, None) => Err(unnamed(&args.input)),
    }
}

/// No period was named; perhaps the first path was to be one.
fn unnamed(input: &InputArgs) -> Failure {
    let kinds = KINDS.iter().map(|kind| kind.name());
    let first = input.paths.first().filter(|p| !Path::new(p).exists());
    match first.and_then(|path| nearest(path, kinds)) {
        Some(near) => Failure::new("which period?").help(format!("did you mean report {near}?")),
        None => Failure::new("which period?").help(
            "perfadvise report daily, weekly or monthly PATH, or perfadvise report PATH --from DATE --to DATE",
        ),
    }
}

fn days(first: Date, last: Date) -> Result<Wanted, Failure> {
    CalendarPeriod::between(first, last)
        .map(Wanted::Days)
        .ok_or_else(|| {
            Failure::new(format!("{last} comes before {first}"))
                .help("write the first day behind --from and the last one behind --to")
        })
}

/// The period that is reported, and those it is compared with.
struct Chosen {
    periods: Vec<CalendarPeriod>,
    why: Option<String>,
}

impl Chosen {
    /// `span`: the earliest and latest time of all records.
    fn of(wanted: &Wanted, span: Option<(Time, Time)>, clock: &Clock) -> Self {
        let (period, why) = match wanted {
            Wanted::Days(period) => (*period, missed(*period, span, clock)),
            Wanted::Last(kind) => last(*kind, span, clock),
        };
        let periods = [Some(period), Some(period.before()), period.earlier()];
        Self {
            periods: periods.into_iter().flatten().collect(),
            why,
        }
    }

    fn bounds(&self, zone: &TimeZone) -> Vec<(Time, Time)> {
        self.periods.iter().map(|p| p.bounds(zone)).collect()
    }
}

/// The last period that is over; where all records are older or newer, the one with the newest.
fn last(
    kind: PeriodKind,
    span: Option<(Time, Time)>,
    clock: &Clock,
) -> (CalendarPeriod, Option<String>) {
    let over = CalendarPeriod::containing(kind, day_of(clock.now, &clock.zone)).before();
    let (from, to) = over.bounds(&clock.zone);
    match span {
        Some((earliest, latest)) if latest < from || earliest >= to => {
            let newest = CalendarPeriod::containing(kind, day_of(latest, &clock.zone));
            let why = format!(
                "the last period that is over, {} to {}, has no record; this is the newest with one",
                over.first, over.last
            );
            (newest, Some(why))
        }
        _ => (over, missed(over, span, clock)),
    }
}

/// Where the records are, if none can lie in a period.
fn missed(period: CalendarPeriod, span: Option<(Time, Time)>, clock: &Clock) -> Option<String> {
    let (earliest, latest) = span?;
    let (from, to) = period.bounds(&clock.zone);
    (latest < from || earliest >= to).then(|| {
        format!(
            "the records run from {} to {}",
            day_of(earliest, &clock.zone),
            day_of(latest, &clock.zone)
        )
    })
}
