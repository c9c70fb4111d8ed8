//! `dashboard`: what is known, on a screen of its own.

mod export;
mod machine;
mod reading;
mod server;

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::sync::mpsc::TryRecvError;
use std::time::Duration;

use super::input::{InputArgs, exit};
use super::{Context, Exit, Failure, OutputFormat};
use crate::dashboard::frame::{self, View};
use crate::dashboard::screen::{self, Input, Screen};
use crate::dashboard::state::{Page, State, Wish, update};
use crate::dashboard::{Scene, once};
use crate::live::Stop;
use crate::report::Style;
use reading::{Feed, Fresh, Reader};
use server::Server;

/// Columns and rows of a frame that is printed where there is no terminal.
const PRINTED: (u16, u16) = (120, 36);

/// The shortest time between two looks at the inputs.
const SHORTEST: Duration = Duration::from_millis(200);

/// How long keys and signals may wait for each other.
const TICK: Duration = Duration::from_millis(100);

/// Arguments of `dashboard`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  perfadvise dashboard                          where known tools keep their logs, read again as they grow
  perfadvise dashboard .orch-monitoring logs/ --since 24h
  perfadvise dashboard --machine                with the processes and the load of this machine
  perfadvise dashboard --once --height 36 -o frame.txt    one frame as text
  perfadvise dashboard --server http://127.0.0.1:8080/dashboard.json    what another machine reads

Keys: 1 to 6 pages, up and down choose, Enter opens, Esc goes back, e exports, a alerts, ? all keys, q quits.

Exit codes: 0 done, 2 bad usage, unreadable input or no terminal; with --once 3 without a usable record.")]
pub(super) struct Args {
    #[command(flatten)]
    input: InputArgs,
    /// Print one frame, and end
    #[arg(long)]
    pub(super) once: bool,
    /// Rows of that frame (default: the terminal's, else 36); --width has its columns
    #[arg(long, value_name = "ROWS", requires = "once")]
    height: Option<u16>,
    /// The page of that frame (1 to 6)
    #[arg(long, value_name = "N", requires = "once", value_parser = clap::value_parser!(u8).range(1..=6))]
    page: Option<u8>,
    /// Time between two looks at the inputs
    #[arg(long, value_name = "TIME", default_value = "2s")]
    refresh: String,
    /// Show what this machine does now, beside what the inputs tell of the past
    #[arg(long)]
    machine: bool,
    /// Show what a server gives, asked at each refresh: the document that --once --format json writes
    #[arg(long, value_name = "URL", conflicts_with_all = ["paths", "machine"])]
    server: Option<String>,
}

/// Shows the screen until somebody quits; or prints a frame.
pub(super) fn run(args: &Args, context: &Context, out: &mut dyn Write) -> Result<Exit, Failure> {
    let is_document = args.once && context.globals.format == OutputFormat::Json;
    if context.globals.format != OutputFormat::Text && !is_document {
        let name = context.globals.format.name();
        return Err(
            Failure::new(format!("a dashboard is not written as {name}")).help(format!(
                "perfadvise analyze --format {name} writes what it shows"
            )),
        );
    }
    let refresh = super::monitor::time("--refresh", &args.refresh)?;
    if refresh < SHORTEST {
        return Err(
            Failure::new(format!("--refresh {} is too short", args.refresh))
                .help("200ms and more is enough for the eye"),
        );
    }
    if args.input.record {
        return Err(Failure::new("a dashboard records nothing")
            .help("perfadvise record PATH records what is there"));
    }
    let (_, zone) = args.input.settings(context)?;
    // What is exported says how to come to the same.
    let style = context.style(&args.input.command("analyze"), zone, false);
    let server = args.server.as_deref().map(Server::new).transpose()?;
    if args.once {
        let scene = match &server {
            Some(server) => server.once(context)?,
            None => reading::once(&args.input, context, args.machine)?,
        };
        if is_document {
            serde_json::to_writer(&mut *out, &server::document(&scene)).map_err(io::Error::from)?;
            writeln!(out)?;
            return exit(&scene.assessment.provenance, context);
        }
        return print(args, &scene, &style, context, out);
    }
    check_terminal(args, context)?;
    if let Some(server) = server {
        let scene = server.once(context)?;
        return show(scene, server.follow(refresh, context)?, &style);
    }
    let mut reader = Reader::new(args.input.clone(), args.machine)?;
    let scene = reader.first(context)?;
    show(scene, reader.follow(refresh, context)?, &style)
}

/// A screen needs a terminal, and inputs that can be read again.
fn check_terminal(args: &Args, context: &Context) -> Result<(), Failure> {
    let hint = "--once prints one frame as text";
    if context.globals.output.is_some() {
        return Err(Failure::new("--output goes with --once: a screen is no file").help(hint));
    }
    if !io::stdout().is_terminal() {
        return Err(
            Failure::new("the dashboard draws on a terminal, and standard output is none")
                .help(hint),
        );
    }
    if args.input.paths.iter().any(|path| path == "-") {
        return Err(Failure::new("standard input can be read only once").help(hint));
    }
    Ok(())
}

/// One frame as text.
fn print(
    args: &Args,
    scene: &Scene,
    style: &Style,
    context: &Context,
    out: &mut dyn Write,
) -> Result<Exit, Failure> {
    let terminal = terminal_size::terminal_size()
        .filter(|_| context.globals.output.is_none() && io::stdout().is_terminal());
    let (columns, rows) = terminal.map_or(PRINTED, |(w, h)| (w.0, h.0));
    let columns = context
        .globals
        .width
        .map_or(columns, |w| u16::try_from(w).unwrap_or(u16::MAX));
    let size = (
        columns.clamp(1, 500),
        args.height.unwrap_or(rows).clamp(1, 500),
    );
    let view = View {
        style,
        state: "one look",
        trouble: None,
    };
    let page = args
        .page
        .map_or(Page::Overview, |n| Page::ALL[usize::from(n - 1)]);
    out.write_all(once(scene, page, &view, size).as_bytes())?;
    out.flush()?;
    exit(&scene.assessment.provenance, context)
}

/// The screen, until somebody quits or a signal comes.
fn show(mut scene: Scene, feed: Feed, style: &Style) -> Result<Exit, Failure> {
    let stop = Stop::default();
    let stopped = stop.clone();
    ctrlc::set_handler(move || stopped.stop())
        .map_err(|error| Failure::new(format!("signals cannot be listened to: {error}")))?;
    let gone = |error: io::Error| Failure::new(format!("the terminal cannot be drawn on: {error}"));
    let overheard = screen::guard();
    let mut screen = Screen::enter().map_err(gone)?;
    let mut state = State::default();
    let mut trouble: Option<String> = None;
    let mut extent = frame::extent(&scene);
    let mut is_dirty = true;
    while !stop.wait(Duration::ZERO) {
        match feed.fresh.try_recv() {
            Ok(fresh) => {
                is_dirty = true;
                match fresh {
                    Fresh::Scene(new) => {
                        (scene, trouble) = (*new, None);
                    }
                    Fresh::Same(at) => (scene.at, trouble) = (at, None),
                    Fresh::Failed(why) => trouble = Some(why),
                }
            }
            Err(TryRecvError::Empty) => {}
            Err(TryRecvError::Disconnected) => {
                drop(screen);
                let why = overheard
                    .get()
                    .unwrap_or_else(|| "no reason is known".into());
                return Err(
                    Failure::new(format!("the inputs are not read any more: {why}"))
                        .help("this is a fault of perfadvise; please report it"),
                );
            }
        }
        if is_dirty {
            state = state.within(&frame::extent(&scene).scrolled(extent.scroll));
            let view = View {
                style,
                state: "live",
                trouble: trouble.as_deref(),
            };
            screen
                .draw(|buffer| extent = frame::draw(&scene, &state, &view, buffer))
                .map_err(gone)?;
            is_dirty = false;
        }
        match screen.wait(TICK).map_err(gone)? {
            Input::Nothing => {}
            Input::Resized => is_dirty = true,
            Input::Key(key) => {
                is_dirty = true;
                let (new, wish) = update(state, key, &extent);
                state = new;
                match wish {
                    Wish::Nothing => {}
                    Wish::Quit => break,
                    // Where nobody listens any more, the next look says so.
                    Wish::Reread => drop(feed.wake.send(())),
                    Wish::Suspend => screen.suspend().map_err(gone)?,
                    Wish::Export(format) => {
                        let told = export::write(Path::new("."), &scene, format, style);
                        state = state.telling(told);
                    }
                }
            }
        }
    }
    drop(screen);
    Ok(Exit::Done)
}
