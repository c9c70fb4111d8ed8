//! Reads the inputs, and again when they changed, beside the screen so that keys never wait.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use super::super::input::InputArgs;
use super::super::{Colour, Context, Failure, Globals, alerts};
use super::machine::Present;
use crate::analysis;
use crate::config::Config;
use crate::dashboard::Scene;
use crate::ingest::Survey;
use crate::pipeline::{self, Request};
use crate::record::hash64;
use crate::units::Time;

/// What does not change is read again after this time all the same: the windows of alerts move.
const AT_LEAST_EVERY: f64 = 60.0;

/// Reading takes at most this part of the time: after a long one there is a longer rest.
const REST: u32 = 4;

/// What came of a look at the inputs.
pub(super) enum Fresh {
    /// Something is new.
    Scene(Box<Scene>),
    /// Nothing changed until this time.
    Same(Time),
    /// It could not be read; what was known stays.
    Failed(String),
}

/// What the screen hears from the reading, and how it asks for more.
pub(super) struct Feed {
    /// What came in.
    pub(super) fresh: Receiver<Fresh>,
    /// Asks for a look now. Where this is dropped, the reading ends.
    pub(super) wake: Sender<()>,
}

/// Reads the inputs of a dashboard.
pub(super) struct Reader {
    input: InputArgs,
    context: Context,
    machine: Option<Present>,
    known: Option<(u64, Scene)>,
}

impl Reader {
    /// Of inputs, with this machine beside them where that is wanted.
    pub(super) fn new(
        input: InputArgs,
        globals: Globals,
        has_machine: bool,
    ) -> Result<Self, Failure> {
        Ok(Self {
            input,
            // Nothing may be printed over a screen.
            context: Context::new(Globals {
                quiet: true,
                progress: Colour::Never,
                ..globals
            }),
            machine: has_machine.then(Present::new).transpose()?,
            known: None,
        })
    }

    /// Reads for the first time, with progress and warnings as usual.
    pub(super) fn first(&mut self, loud: &Context) -> Result<Scene, Failure> {
        let (request, config) = self.request(loud)?;
        let stamp = stamp(&request, &config)?;
        let mut scene = read(&self.input, &request, config, loud)?;
        if let Some(machine) = &mut self.machine {
            machine.put(&mut scene.latest);
        }
        self.known = Some((stamp, scene.clone()));
        Ok(scene)
    }

    /// Goes on reading in a thread of its own.
    pub(super) fn follow(mut self, refresh: Duration) -> Result<Feed, Failure> {
        let (tell, fresh) = channel();
        let (wake, woken) = channel::<()>();
        let work = move || {
            let mut rest = refresh;
            loop {
                let is_asked = match woken.recv_timeout(rest) {
                    Ok(()) => true,
                    Err(RecvTimeoutError::Timeout) => false,
                    Err(RecvTimeoutError::Disconnected) => return,
                };
                let begin = Instant::now();
                let found = self
                    .again(is_asked)
                    .unwrap_or_else(|failure| Fresh::Failed(failure.text()));
                rest = refresh.max(begin.elapsed() * REST);
                if tell.send(found).is_err() {
                    return;
                }
            }
        };
        std::thread::Builder::new()
            .name("reading".into())
            .spawn(work)
            .map_err(|error| Failure::new(format!("no thread can be started: {error}")))?;
        Ok(Feed { fresh, wake })
    }

    /// Looks whether anything changed, and reads it if so or if somebody asked.
    fn again(&mut self, is_asked: bool) -> Result<Fresh, Failure> {
        let now = self.context.now()?;
        let (request, config) = self.request(&self.context)?;
        let stamp = stamp(&request, &config)?;
        let is_same = |(known, scene): &&mut (u64, Scene)| {
            *known == stamp && now.since(scene.at).0 < AT_LEAST_EVERY && !is_asked
        };
        match (self.known.as_mut().filter(is_same), &mut self.machine) {
            (Some(_), None) => return Ok(Fresh::Same(now)),
            (Some((_, scene)), Some(machine)) => {
                machine.put(&mut scene.latest);
                let mut seen = scene.clone();
                seen.at = now;
                return Ok(Fresh::Scene(Box::new(seen)));
            }
            (None, _) => {}
        }
        let mut scene = read(&self.input, &request, config, &self.context)?;
        if let Some(machine) = &mut self.machine {
            machine.put(&mut scene.latest);
        }
        self.known = Some((stamp, scene.clone()));
        Ok(Fresh::Scene(Box::new(scene)))
    }

    fn request(&self, context: &Context) -> Result<(Request, Config), Failure> {
        let (config, zone) = self.input.settings(context)?;
        let request = self.input.request(context, &config, &zone)?;
        Ok((request, config))
    }
}

/// Everything that is shown. Whoever can follow inputs as they grow belongs in this place.
fn read(
    input: &InputArgs,
    request: &Request,
    config: Config,
    context: &Context,
) -> Result<Scene, Failure> {
    let at = context.now()?;
    let material = input.read(request, config, context)?;
    let assessment = pipeline::judge(&material, request);
    let alerts = match alerts::present(input, at, context) {
        Ok(Some(report)) => Ok(report),
        Ok(None) => Err("No alert is configured: alerts_config.yaml, see docs/alerts.md.".into()),
        Err(failure) => Err(failure.text()),
    };
    Ok(Scene {
        assessment,
        alerts,
        latest: analysis::latest(&material.workload),
        at,
    })
}

/// Differs where the inputs or the configuration do.
fn stamp(request: &Request, config: &Config) -> Result<u64, Failure> {
    let survey =
        Survey::of(&request.targets, &request.options).map_err(|error| match error.help() {
            Some(help) => Failure::new(error.to_string()).help(help),
            None => Failure::new(error.to_string()),
        })?;
    let configured = hash64(format!("{config:?}").as_bytes());
    Ok(survey.stamp() ^ configured.rotate_left(1))
}
